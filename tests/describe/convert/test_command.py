"""`gridwms convert`, as it is typed; no service runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwms.cli.main import app

JDL = 'Executable = "/bin/ls";\nRank = 1;\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jdl"
    path.write_text(JDL)
    return path


def test_text_and_losses(file: Path) -> None:
    done = CliRunner().invoke(app, ["convert", "--to", "jsdl", str(file)])
    assert done.exit_code == 0
    assert done.stdout.startswith("<?xml")
    assert f"{file}:2:1: lost: Rank: JSDL has no word for it" in done.stderr


def test_strict(file: Path) -> None:
    assert CliRunner().invoke(app, ["convert", "--strict", "--to", "jsdl", str(file)]).exit_code == 1
    assert CliRunner().invoke(app, ["convert", "--strict", "--to", "native", str(file)]).exit_code == 0


def test_json(file: Path) -> None:
    done = CliRunner().invoke(app, ["convert", "--json", "--to", "jsdl", str(file)])
    document = json.loads(done.stdout)
    assert document.keys() == {"name", "from", "to", "text", "problems", "lost"}
    assert (document["from"], document["to"]) == ("jdl", "jsdl")
    assert document["lost"][0].keys() == {"what", "why", "line", "column"}


def test_standard_input_and_a_file_to_write(tmp_path: Path) -> None:
    target = tmp_path / "out.yaml"
    done = CliRunner().invoke(app, ["convert", "--to", "native", "-o", str(target), "-"], input=JDL)
    assert (done.exit_code, done.stdout) == (0, "")
    assert target.read_text() == "run:\n  executable: /bin/ls\nprefer: '1'\n" or "prefer" in target.read_text()


def test_what_is_refused(file: Path) -> None:
    file.write_text('Executable = "x";\n')
    done = CliRunner().invoke(app, ["convert", "--to", "native", str(file)])
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"{file}:1:1: error: Executable: 'x' is not in InputSandbox" in done.stderr
    assert CliRunner().invoke(app, ["convert", "--from", "jsdl", "--to", "native", str(file)]).exit_code == 3
    assert CliRunner().invoke(app, ["convert", "--to", "cwl", str(file)]).exit_code == 2
