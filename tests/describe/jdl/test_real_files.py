"""JDL files of the gLite certification tests and of JSAGA, as they were found."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.describe.compound import node_text
from gridwms.describe.jdl import read_stored, write_jdl
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

COMPOUNDS = {
    "31669.jdl": ("collection", 3, 0),
    "dag.jdl": ("dag", 3, 2),
    "set_parametric_jdl.jdl": ("parametric", 5, 0),
}
"""Compounds: kind, number of nodes and of edges."""

REFUSED = {
    "35250.jdl": {"File": "node_file"},
    "jsaga.jdl": {
        "InputSandbox": "unsupported",
        "OutputSandboxDestURI": "unsupported",
    },
}
"""What is not served yet, or lacks a file, with some of the attributes that say so."""


def test_every_file_is_expected_to_be_one_or_the_other() -> None:
    assert {path.name for path in DATA.glob("*.jdl")} == JOBS.keys() | COMPOUNDS.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", JOBS)
def test_a_single_job_is_accepted(name: str) -> None:
    reading = read((DATA / name).read_bytes())
    assert reading.errors == ()
    assert tuple(problem.code for problem in reading.warnings) == JOBS[name]
    assert reading.description is not None
    assert read(write_jdl(reading.description)).description == reading.description


@pytest.mark.parametrize("name", COMPOUNDS)
def test_a_compound_is_accepted(name: str) -> None:
    reading = read((DATA / name).read_bytes())
    assert reading.problems == ()
    compound = reading.compound
    assert compound is not None
    assert (compound.kind, len(compound.nodes), len(compound.edges)) == COMPOUNDS[name]
    for node in compound.nodes:
        assert read_stored(node_text(compound.templates[node.template].jdl, node.value)) is not None


def test_defaults_of_retry_counts_reach_every_node() -> None:
    compound = read((DATA / "31669.jdl").read_bytes()).compound
    assert compound is not None
    for node in compound.nodes:
        job = read_stored(node_text(compound.templates[node.template].jdl, node.value))
        assert job is not None
        assert (job.retry_count, job.shallow_retry_count, job.fuzzy_rank) == (17, 13, True)
    assert compound.user_tags == (("bug", "31669"),)


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
