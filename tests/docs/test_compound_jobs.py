"""What docs/user/compound-jobs.md shows, typed as it stands there."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_tour import ROOT, plain
from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner

PAGE = (ROOT / "docs/user/compound-jobs.md").read_text()
_KEY = re.compile(r"[0-9A-Za-z]{22}")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    started = Runner(tmp_path_factory.mktemp("compounds"))
    started.start()
    yield started
    started.stop()


def test_the_page(runner: Runner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    user = User(runner, tmp_path)
    keys: dict[str, str] = {}
    steps = [
        step
        for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]
    assert len(steps) == 5
    for step in steps:
        line, _, shown = step.partition("\n")
        words = [keys.get(word, word) for word in shlex.split(line)]
        said = user(*words[1:])
        assert said.status in (0, 11), (line, said.err)
        if words[1] == "submit":
            keys |= dict(zip(_KEY.findall(shown), _KEY.findall(said.out), strict=True))
        expected, printed = plain(shown), plain(said.out)
        if words[1] == "wait":  # which states are seen on the way depends on who is faster
            expected, printed = expected[-1:], printed[-1:]
        assert printed == expected, line


def test_the_first_example_is_the_one_that_is_submitted() -> None:
    jdl = re.findall(r"^```jdl\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert jdl[0] == (ROOT / "examples/sweep.jdl").read_text()
