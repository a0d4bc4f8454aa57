"""The sample documents: JSAGA's own collections are refused by name, the JSDL inside them is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.describe.jsdl.given import read

DATA = Path(__file__).parent / "data"
COLLECTIONS = ("jsaga-default.jsdl", "test_sandbox__job.xml", "test_simple__job.xml", "test_staging__job.xml")


def inner(name: str) -> str:
    """The JobDefinition inside a collection, at its lines."""
    text = (DATA / name).read_text()
    found = re.search(r"<JobDefinition.*</JobDefinition>", text, re.DOTALL)
    assert found
    declared = found[0].replace("<JobDefinition", '<JobDefinition xmlns:ext="http://www.in2p3.fr/jsdl-extension"', 1)
    return "\n" * text[: found.start()].count("\n") + declared


def test_every_sample_is_expected() -> None:
    assert {path.name for path in DATA.iterdir()} == {*COLLECTIONS, "JobDefinition.jsdl"}


def test_a_plain_document() -> None:
    description = read((DATA / "JobDefinition.jsdl").read_bytes()).description
    assert description is not None
    assert (description.executable, description.std_output, description.std_error) == (
        "/bin/date",
        "stdout.txt",
        "stderr.txt",
    )


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collections_are_refused(name: str) -> None:
    (found,) = read((DATA / name).read_bytes()).problems
    assert (found.code, found.attribute, found.line) == ("unsupported", "JobCollection", 2)
    assert "submit the JobDefinition inside" in found.message


def test_the_job_inside_a_simple_collection() -> None:
    description = read(inner("test_simple__job.xml").lstrip()).description
    assert description is not None
    assert description.std_output == "stdout_@{INDEX}.txt"


def test_the_job_inside_a_staging_collection() -> None:
    reading = read(inner("test_staging__job.xml").lstrip())
    assert {lost.what for lost in reading.lost} >= {
        "Source/Process",
        "FileSystem/ParentFilesystemName",
        "FilesystemName",
    }
    wrong = {(problem.attribute, problem.found) for problem in reading.errors}
    assert ("Executable", "$E") not in wrong
    assert ("Source/URI", "srb:///grid/config1.cfg#OpenPlast-CCIN2P3") in wrong
    assert ("FileName", "bin/executable.exe") in wrong


def test_a_job_without_anything_to_run() -> None:
    assert {problem.code for problem in read(inner("jsaga-default.jsdl").lstrip()).errors} == {"missing"}
