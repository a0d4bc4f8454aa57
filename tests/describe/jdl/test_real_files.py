"""JDL files of the gLite certification tests and of JSAGA, as they were found."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.describe.jdl import write_jdl
from tests.describe.jdl.given import read

DATA = Path(__file__).parent.parent / "data"

JOBS = {
    "100176.jdl": (),
    "30900.jdl": (),
    "brokerinfo.jdl": ("empty_name",),
    "hostname.jdl": (),
    "script.jdl": ("did_you_mean",),
    "set_gang_jdl.jdl": ("did_you_mean", "no_effect"),
    "set_mpi_jdl.jdl": (),
    "set_prologue_epilogue_jdl.jdl": (),
    "test35250.jdl": (),
}
"""Single jobs, with the codes of their warnings."""

REFUSED = {
    "31669.jdl": {"Nodes": "unsupported", "Type": "unsupported"},
    "35250.jdl": {"Nodes": "unsupported", "Type": "unsupported"},
    "dag.jdl": {"Nodes": "unsupported", "Type": "unsupported"},
    "set_parametric_jdl.jdl": {"JobType": "unsupported", "Parameters": "unsupported"},
    "jsaga.jdl": {
        "InputSandbox": "unsupported",
        "OutputSandboxDestURI": "unsupported",
        "MyProxyServer": "unsupported",
    },
}
"""What is not served yet, with some of the attributes that say so."""


def test_every_file_is_expected_to_be_one_or_the_other() -> None:
    assert {path.name for path in DATA.glob("*.jdl")} == JOBS.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", JOBS)
def test_a_single_job_is_accepted(name: str) -> None:
    reading = read((DATA / name).read_bytes())
    assert reading.errors == ()
    assert tuple(problem.code for problem in reading.warnings) == JOBS[name]
    assert reading.description is not None
    assert read(write_jdl(reading.description)).description == reading.description


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_served_is_refused_by_name(name: str) -> None:
    reading = read((DATA / name).read_bytes())
    assert reading.description is None
    errors = {problem.attribute.lower(): problem.code for problem in reading.errors}
    expected = {attribute.lower(): code for attribute, code in REFUSED[name].items()}
    assert expected.items() <= errors.items()
    assert all(problem.line and problem.column for problem in reading.errors)


def test_a_misspelt_attribute_is_told_with_its_place() -> None:
    (warning,) = read((DATA / "script.jdl").read_bytes()).problems
    assert (warning.line, warning.column, warning.attribute) == (5, 1, "ShallowRewtryCount")
    assert "did you mean ShallowRetryCount?" in warning.message


def test_lower_case_names_and_user_tags() -> None:
    description = read((DATA / "30900.jdl").read_bytes()).description
    assert description is not None
    assert description.user_tags == (("bug", "30900"),)
    assert description.peek
    assert description.std_output == "perusal.out"
    assert [(file.name, file.local) for file in description.inputs] == [("perusal.sh", "data/perusal.sh")]


def test_prologue_and_epilogue() -> None:
    description = read((DATA / "set_prologue_epilogue_jdl.jdl").read_bytes()).description
    assert description is not None
    assert (description.prologue, description.prologue_arguments) == ("prologue.sh", "Prologue Arguments")
    assert (description.epilogue, description.epilogue_arguments) == ("epilogue.sh", "Epilogue Arguments")
    assert description.environment == (("VAR", "TestVariable"),)
