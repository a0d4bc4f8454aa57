"""Descriptions of many jobs on the client's side: node files, directories, and which files a service may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.client import offline
from gridwms.client.answers import Problem, Upload
from gridwms.client.errors import LocalFile, Refused
from gridwms.client.submission import find_inputs, read, read_collection


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes/one.jdl").write_text('Executable = "run.sh";\nInputSandbox = { "*.sh" };\n')
    (tmp_path / "nodes/two.jdl").write_text('[\n  Executable = "/bin/ls";\n  RetryCount = -4;\n]\n')
    (tmp_path / "nodes/run.sh").write_text("")
    (tmp_path / "dag.jdl").write_text(
        'Type = "dag";\nNodes = [\n  a = [ File = "nodes/one.jdl" ];\n  b = [ File = "nodes/two.jdl" ];\n'
        '  c = [ File = "nodes/three.jdl" ];\n];\nDependencies = { {a, b} };\nRank = 1 +;\n'
    )
    return tmp_path


def test_findings_are_told_where_the_user_has_them(here: Path) -> None:
    found = offline.check(read(here / "dag.jdl"))
    assert {(p.file, p.line, p.column, p.code) for p in found.problems if p.is_error} == {
        ("", 5, 9, "node_file"),
        ("", 8, 11, "syntax"),
        ("nodes/two.jdl", 3, 3, "out_of_range"),
    }
    (missing,) = (p for p in found.problems if p.code == "node_file")
    assert f"is no file in {here}" in missing.message


def test_paths_in_a_node_file_may_count_from_it(here: Path) -> None:
    description = read(here / "dag.jdl")
    assert b'"run.sh"' in description.text
    [(_, path)] = find_inputs(description, [Upload(index=0, name="run.sh", local="run.sh")])
    assert path == here / "nodes/run.sh"


def test_a_directory_is_a_collection(here: Path) -> None:
    (here / "nodes/two.jdl").write_text('Executable = "/bin/ls";')
    (here / "nodes/run.sh").rename(here / "run.sh")
    (here / "nodes/one.jdl").write_text('Executable = "/bin/ps";')
    (here / "nodes/.hidden").write_text("x")
    description = read_collection(here / "nodes")
    assert offline.check(description).problems == ()
    assert b'NodeName = "one"' in description.text
    (here / "nodes/one.yaml").write_text("x")
    assert b'NodeName = "one.yaml"' in read_collection(here / "nodes").text


def test_an_empty_directory_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LocalFile, match="There is no file in"):
        read_collection(tmp_path)


def test_files_that_a_parameter_names_may_be_asked_for_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "in7.txt").write_text("")
    (tmp_path / "in9.txt").write_text("")
    (tmp_path / "job.jdl").write_text(
        'JobType = "Parametric"; Parameters = 8; Executable = "/x"; InputSandbox = { "in_PARAM_.txt" };'
    )
    description = read(tmp_path / "job.jdl")
    [(_, path)] = find_inputs(description, [Upload(index=0, name="in7.txt", local="in7.txt")])
    assert path == tmp_path / "in7.txt"
    for other in ("in9.txt", "in../../etc/passwd.txt", "/etc/passwd"):
        with pytest.raises(Refused):
            find_inputs(description, [Upload(index=0, name="x", local=other)])


def test_files_that_a_macro_names(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("")
    (tmp_path / "job.sub").write_text("base = a\nexecutable = $(base).sh\nqueue\n")
    description = read(tmp_path / "job.sub")
    assert description.dialect == "submit"
    [(_, path)] = find_inputs(description, [Upload(index=0, name="a.sh", local="a.sh")])
    assert path == tmp_path / "a.sh"


def test_problems_of_a_plain_description_stay_where_they_are(tmp_path: Path) -> None:
    description = read('Executable = "/x";')
    problem = Problem(severity="error", code="x", message="x", line=1, column=2)
    assert description.placed([problem]) == (problem,)
