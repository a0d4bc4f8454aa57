"""OutputData in JDL: where it may go, what is refused at submit (gLite reference §1.2, §5.6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.describe.data import KnownCatalogue, KnownStorage, OutputFile
from gridwms.describe.jdl.output_data import REPORT
from tests.describe.jdl.given import BARE, PLAIN, accepted, the_error

HERE = replace(
    BARE,
    catalogues=(
        KnownCatalogue(name="dli", type="DLI"),
        KnownCatalogue(name="r", type="RUCIO", vos=("local",), registers=True),
    ),
    storage=(
        KnownStorage(name="cms.example.org", url="https://cms.example.org/", vos=("cms",)),
        KnownStorage(name="se.example.org", url="https://se.example.org/dav/{vo}"),
        KnownStorage(name="odd.example.org", url="ftp://odd.example.org/"),
    ),
)


def test_all_forms() -> None:
    text = """OutputSandbox = { "o" }; OutputData = {
        [ OutputFile = "a" ],
        [ OutputFile = "d/b"; LogicalFileName = "lfn:user:b"; StorageElement = "SE.example.org" ] };"""
    job = accepted(PLAIN + text, HERE)
    assert job.output_data == (
        OutputFile(path="a"),
        OutputFile(path="d/b", name="lfn:user:b", storage="SE.example.org"),
    )
    assert job.outputs == ("o", REPORT)


def test_one_entry_and_output_se() -> None:
    job = accepted(PLAIN + 'OutputSE = "se.example.org"; OutputData = [ OutputFile = "a" ];', HERE)
    assert job.output_data == (OutputFile(path="a", storage="se.example.org"),)
    assert accepted(PLAIN).output_data == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[ ]", "OutputFile is missing"),
        ("[ OutputFile = 5 ]", "no text"),
        ('[ OutputFile = "/etc/x" ]', "absolute path"),
        ('[ OutputFile = "*.x" ]', "wildcard"),
        ('[ OutputFile = "a"; LogicalFileName = "b" ]', "LogicalFileName"),
        ('[ OutputFile = "a"; StorageElement = "elsewhere" ]', "does not write to the storage element 'elsewhere'"),
        ('[ OutputFile = "a"; StorageElement = "cms.example.org" ]', "for the VO local"),
        ('[ OutputFile = "a"; StorageElement = "odd.example.org" ]', "cannot write to 'ftp:"),
        ('{ [ OutputFile = "a" ], [ OutputFile = "a" ] }', "twice"),
    ],
)
def test_mistakes(text: str, words: str) -> None:
    problem = the_error(PLAIN + f"OutputData = {text};", HERE)
    assert words in problem.message
    assert problem.attribute == "OutputData"


def test_without_a_catalogue_that_takes_files_no_name_can_be_given() -> None:
    nowhere = replace(HERE, catalogues=(KnownCatalogue(name="dli", type="DLI"),))
    text = PLAIN + 'OutputData = [ OutputFile = "a"; LogicalFileName = "lfn:b" ];'
    assert "no catalogue takes new files of the VO local" in the_error(text, nowhere).message
