"""The tour of the README, typed as it stands there: what is printed is what the README shows."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner

ROOT = Path(__file__).parents[2]
_BLANKS = [
    (r"https?://[^/\s]+/jobs/[0-9A-Za-z]{22}", "JOB"),
    (r"gridwms-[0-9A-Za-z]{22}", "DIRECTORY"),
    (r"gw-[0-9A-Za-z]{22}-1", "TAG"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d\d:\d\d:\d\d", "TIME"),
    (r"\S+:2119/", "HOST:2119/"),
    (r"\((?!OK)[\w.-]+\)|on [\w.-]+$", "NODE"),
    (r"by \w+", "by USER"),
    (r"\d+\.\d s", "SECONDS"),
    (r"\((just now|\d+ s ago)\)", "AGO"),
    (r" +", " "),
]


def plain(text: str) -> list[str]:
    """The lines without what differs from run to run."""
    lines = []
    for line in text.strip().splitlines():
        for pattern, name in _BLANKS:
            line = re.sub(pattern, name, line)
        lines.append(line.strip())
    return lines


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    started = Runner(tmp_path_factory.mktemp("tour"))
    started.start()
    yield started
    started.stop()


def test_the_tour(runner: Runner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    found = re.search(r"^```console\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    steps = re.split(r"^\$ ", found[1], flags=re.MULTILINE)[1:]
    assert len(steps) >= 8
    user = User(runner, tmp_path)
    for step in steps:
        line, _, shown = step.partition("\n")
        words = shlex.split(line)
        assert words[0] == "gridwms"
        said = user(*words[1:])
        assert said.status == 0, (line, said.err)
        expected, printed = plain(shown), plain(said.out)
        if words[1] == "wait":  # which states are seen on the way depends on who is faster
            expected, printed = expected[-1:], printed[-1:]
        # Site and wrapper report at the same time: either may be heard first, and the site may tell of the start too.
        printed = [one for one in printed if one != "TIME site 1 Running NODE"]
        if words[1] == "log":
            expected, printed = sorted(expected), sorted(printed)
        assert printed == expected, line
