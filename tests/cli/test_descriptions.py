from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.client.running import ROOT
from tests.client.test_synchronous import ECHO

EXAMPLES = sorted((ROOT / "examples").glob("*.jdl"))


def test_findings_stand_beside_their_lines(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "x.jdl").write_text('Executable = "/bin/true";\n  ShallowRewtryCount = 3;\nRetryCount = "many";\n')
    done = gridwms("check", "x.jdl")
    assert done.code == 3
    assert done.out == "x.jdl: 1 error, 1 warning\n"
    lines = done.err.splitlines()
    assert lines[0].startswith("x.jdl:3:")
    assert lines[3].startswith("x.jdl:2:3: warning:")
    assert "ShallowRetryCount" in lines[3]
    assert lines[4] == "     2 |   ShallowRewtryCount = 3;"
    assert lines[5] == "       |   ^"
    assert gridwms("submit", "x.jdl").code == 3
    told = gridwms("check", "--json", "x.jdl")
    assert told.err == ""
    assert [problem["line"] for problem in told.json["descriptions"][0]["problems"]]


def test_match_shows_where_and_why_not(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "here.jdl").write_text(ECHO)
    (tmp_path / "nowhere.jdl").write_text('Executable = "/bin/true"; Requirements = other.GlueCEInfoTotalCPUs > 99999;')
    here = gridwms("match", "here.jdl")
    assert here.code == 0
    assert "RANK" in here.out
    assert "local" in here.out
    nowhere = gridwms("match", "nowhere.jdl")
    assert nowhere.code == 9
    assert "GlueCEInfoTotalCPUs > 99999" in nowhere.out
    assert gridwms("match", "--json", "here.jdl", "nowhere.jdl").code == 9
    assert gridwms("match", "-", input="x =").code == 3


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b'Executable = "\x1b[2J";', b"a" * 2_000, b"["])
def test_strange_text_cannot_steer_the_terminal(gridwms: Command, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x.jdl").write_bytes(text)
    done = gridwms("check", "x.jdl")
    assert done.code == 3
    assert "\x1b" not in done.err
    assert max(map(len, done.err.splitlines())) < 1000


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_right(gridwms: Command, path: Path) -> None:
    done = gridwms("check", path)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.stem != "countdown"], ids=lambda path: path.stem)
def test_the_examples_run(gridwms: Command, path: Path, tmp_path: Path) -> None:
    done = gridwms("submit", "--wait", path)
    assert done.code == (10 if path.stem == "retry" else 0), done
    fetched = gridwms("output", "--dir", "home", done.out.splitlines()[0])
    assert fetched.code == 0
    if path.stem == "hello":
        assert (tmp_path / "home/hello.out").read_text() == "Good day, world!\nGood day, and all its clusters!\n"
    if path.stem == "prepare-and-finish":
        assert (tmp_path / "home/summary.txt").read_text() == "20 numbers, the smallest is 28\n"
