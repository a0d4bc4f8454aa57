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


def test_check_tells_of_all_files_and_where_they_could_run(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "here.yaml").write_text("run: {executable: /bin/true}\n")
    (tmp_path / "many.jdl").write_text(
        'JobType = "Parametric"; Executable = "/bin/true"; Parameters = 3;'
        "Requirements = other.GlueCEInfoTotalCPUs > 99999 * _PARAM_;"
    )
    (tmp_path / "bad.sub").write_text("executable = /bin/true\nuniverse = docker\nqueue\n")
    done = gridwms("check", "here.yaml", "many.jdl", "bad.sub", "none.jdl")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines.pop(3).startswith("  1 of 3 nodes could run now; Node_1 could not: BrokerHelper: no compatible")
    assert lines == [
        "here.yaml: ok",
        "  it could run now",
        "many.jdl: ok",
        "  - none of 1 resource meets other.GlueCEInfoTotalCPUs > 99999",
        "  - none of 1 resource meets other.GlueCEInfoTotalCPUs > 199998",
        "bad.sub: 1 error",
    ]
    assert "bad.sub:2:" in done.err
    assert "none.jdl" in done.err
    told = gridwms("check", "--json", "many.jdl", "bad.sub")
    assert told.code == 3
    assert [(each["ok"], bool(each["feasible"])) for each in told.json["descriptions"]] == [
        (True, True),
        (False, False),
    ]


def test_check_without_a_service(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "x.jdl").write_text('Executable = "/bin/true"; RetryCount = "x";')
    done = gridwms("check", "--offline", "x.jdl", GRIDWMS_SERVICE="http://127.0.0.1:9")
    assert (done.code, done.out) == (3, "x.jdl: 1 error\n")


def test_a_directory_is_submitted_as_a_collection(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes/a.jdl").write_text('Executable = "/bin/true";')
    (tmp_path / "nodes/b.jdl").write_text('Executable = "/bin/true";\nRetryCount = -2;')
    done = gridwms("submit", "--collection", "nodes")
    assert done.code == 3
    assert "b.jdl:2:1: error: node b: RetryCount" in done.err
    assert gridwms("submit").code == 2


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
    assert done.code == {"retry": 10, "broken-dag": 11}.get(path.stem, 0), done
    fetched = gridwms("output", "--dir", "home", done.out.splitlines()[0])
    assert fetched.code == 0
    if path.stem == "hello":
        assert (tmp_path / "home/hello.out").read_text() == "Good day, world!\nGood day, and all its clusters!\n"
    if path.stem == "prepare-and-finish":
        assert (tmp_path / "home/summary.txt").read_text() == "20 numbers, the smallest is 28\n"
