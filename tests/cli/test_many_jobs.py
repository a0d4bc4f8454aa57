"""Descriptions of many jobs from files of this machine to their output, in each way that brings files along."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command


def _run(gridwms: Command, home: Path, *arguments: object) -> dict[str, str]:
    """Submit, wait, fetch: the output files by their paths."""
    done = gridwms("submit", "--wait", *arguments)
    assert done.code == 0, done
    assert gridwms("output", "--dir", home, done.out.splitlines()[0]).code == 0
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


def test_files_by_parameter_and_by_pattern(gridwms: Command, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"in{number}.txt").write_text(f"hello {number}\n")
    (tmp_path / "sweep.jdl").write_text(
        'JobType = "Parametric"; Parameters = 2; Executable = "/bin/cat"; Arguments = "in_PARAM_.txt";'
        'InputSandbox = { "in_PARAM_.txt" }; StdOutput = "out"; OutputSandbox = { "out" };'
    )
    swept = _run(gridwms, tmp_path / "one", "sweep.jdl")
    assert swept == {"Node_0/out": "hello 0\n", "Node_1/out": "hello 1\n"}
    (tmp_path / "queue.sub").write_text(
        "executable = /bin/cat\ntransfer_executable = false\narguments = $(f)\ntransfer_input_files = $(f)\n"
        "output = out\ntransfer_output_files = out\nqueue f matching in*.txt\n"
    )
    queued = _run(gridwms, tmp_path / "two", "queue.sub")
    assert sorted(queued.values()) == ["hello 0\n", "hello 1\n"]


def test_node_files_and_the_output_of_a_node(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes/make.jdl").write_text(
        'Executable = "/bin/echo";\nArguments = "made";\nStdOutput = "x"; OutputSandbox = { "x" };\n'
    )
    (tmp_path / "dag.jdl").write_text(
        'Type = "dag"; Nodes = [ a = [ File = "nodes/make.jdl" ]; b = [ Description = [ Executable = "/bin/cat"; '
        'Arguments = "x"; InputSandbox = { root.Nodes.a.Description.OutputSandbox[0] }; StdOutput = "y"; '
        'OutputSandbox = { "y" } ] ] ]; Dependencies = { {a, b} };'
    )
    assert _run(gridwms, tmp_path / "home", "dag.jdl") == {"a/x": "made\n", "b/y": "made\n"}
    assert _run(gridwms, tmp_path / "all", "--collection", "nodes") == {"make/x": "made\n"}
