"""Input data in JDL: names, catalogues and protocols (gLite reference §1.2, §2.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.classad import parse_ad, unparse
from gridwms.describe.data import DataNeed, DataSet, KnownCatalogue
from gridwms.describe.jdl.data import data_of
from tests.describe.jdl.given import BARE, PLAIN, accepted, read, the_error, the_warning

READS = 'DataAccessProtocol = { "gsiftp", "HTTPS" };'
HERE = replace(
    BARE,
    vo="atlas",
    catalogues=(
        KnownCatalogue(name="cms", type="RUCIO", vos=("cms",)),
        KnownCatalogue(name="index", type="SI", url="https://si.example.org/", kinds=frozenset({"lfn", "guid"})),
        KnownCatalogue(name="dli", type="DLI", url="https://lfc.example.org:8085", vos=("atlas",)),
    ),
)


def needs(text: str) -> tuple[DataNeed, ...]:
    data = accepted(PLAIN + READS + text, BARE).data
    assert data is not None
    assert data.protocols == ("gsiftp", "https")
    return data.needs


def test_names_of_all_kinds() -> None:
    names = '{ "lfn:/grid/a", "guid:1-2", "lds:set", "query:run=1&type=raw", "LFN:/grid/a" }'
    (need,) = needs(f"InputData = {names};")
    assert need == DataNeed(names=("lfn:/grid/a", "guid:1-2", "lds:set", "query:run=1&type=raw"))


def test_one_name_may_stand_alone() -> None:
    assert needs('InputData = "lfn:a"; DataCatalog = "mine";') == (DataNeed(names=("lfn:a",), catalogue="mine"),)


def test_names_of_the_storage_index_have_a_catalogue_of_their_own() -> None:
    found = needs('InputData = { "lfn:a", "si-lfn:b", "si-guid:c" }; StorageIndex = "https://h/";')
    assert found == (
        DataNeed(names=("lfn:a",)),
        DataNeed(names=("lfn:b", "guid:c"), type="SI", catalogue="https://h/"),
    )


def test_data_requirements_name_their_catalogues() -> None:
    text = """DataRequirements = {
        [ DataCatalogType = "DLI"; DataCatalog = "https://h/"; InputData = { "lfn:a", "lds:b" } ],
        [ DataCatalogType = "si"; InputData = "guid:c" ] };"""
    assert needs(text) == (
        DataNeed(names=("lfn:a", "lds:b"), type="DLI", catalogue="https://h/"),
        DataNeed(names=("guid:c",), type="SI"),
    )


def test_what_was_stored_gives_the_same_data() -> None:
    job = accepted(PLAIN + READS + 'VirtualOrganisation = "atlas"; InputData = "lfn:a";', BARE)
    assert job.data is not None
    assert (
        data_of(parse_ad(unparse(job.ad)))
        == job.data
        == DataSet(vo="atlas", needs=(DataNeed(names=("lfn:a",)),), protocols=("gsiftp", "https"))
    )
    assert data_of(accepted(PLAIN).ad) is None


@pytest.mark.parametrize(
    ("text", "code", "attribute"),
    [
        ('InputData = "a";', "bad_name", "InputData"),
        ('InputData = "lfn:";', "bad_name", "InputData"),
        ('InputData = { "lfn:a", "srm://se/x" };', "bad_name", "InputData"),
        ('InputData = "lfn:a\\n";', "bad_name", "InputData"),
        ("InputData = 5;", "wrong_type", "InputData"),
        (
            'InputData = "lfn:a"; DataRequirements = [ InputData = "lfn:a"; DataCatalogType = "DLI" ];',
            "exclusive",
            "InputData",
        ),
        ('DataRequirements = [ DataCatalogType = "DLI" ];', "missing", "DataRequirements"),
        ('DataRequirements = [ InputData = "lfn:a" ];', "bad_value", "DataRequirements"),
        ('DataRequirements = [ InputData = "lfn:a"; DataCatalogType = "RLS" ];', "bad_value", "DataRequirements"),
        ('DataRequirements = [ InputData = "x"; DataCatalogType = "SI" ];', "bad_name", "DataRequirements"),
        ('InputData = "lfn:a"; Rank = other.DataAccessCost + 1;', "unsupported", "Rank"),
        ("Rank = other.DataAccessCost;", "missing", "Rank"),
    ],
)
def test_mistakes(text: str, code: str, attribute: str) -> None:
    problem = the_error(PLAIN + (READS if "nput" in text else "") + text, BARE)
    assert (problem.code, problem.attribute) == (code, attribute)


def test_without_a_protocol_no_copy_could_be_read() -> None:
    assert the_error(PLAIN + 'InputData = "lfn:a";', BARE).message.startswith("InputData: needs DataAccessProtocol")


@pytest.mark.parametrize("text", [READS, 'DataCatalog = "x";', 'StorageIndex = "x";'])
def test_what_only_matters_with_data(text: str) -> None:
    assert the_warning(PLAIN + text, BARE).code == "no_effect"


def test_the_cost_of_access_may_rank() -> None:
    accepted(PLAIN + READS + 'InputData = "lfn:a"; Rank = other.DataAccessCost;', BARE)


@pytest.mark.parametrize(
    "text",
    [
        'InputData = "lds:a";',
        'InputData = "si-lfn:a";',
        'InputData = "lfn:a"; DataCatalog = "https://lfc.example.org:8085/";',
        'InputData = "lfn:a"; DataCatalog = "index";',
        'DataRequirements = [ InputData = "lfn:a"; DataCatalogType = "DLI" ];',
    ],
)
def test_catalogues_that_are_here(text: str) -> None:
    accepted(PLAIN + READS + text, HERE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('InputData = "lfn:a"; DataCatalog = "http://169.254.169.254/";', "called 'http://169.254.169.254/' for lfn:"),
        ('DataRequirements = [ InputData = "lfn:a"; DataCatalogType = "RUCIO" ];', "of type RUCIO"),
        ('DataRequirements = [ InputData = "lds:a"; DataCatalogType = "SI" ];', "of type SI for lds:"),
    ],
)
def test_a_catalogue_that_is_not_here_is_refused_at_submit(text: str, words: str) -> None:
    problem = the_error(PLAIN + READS + text, HERE)
    assert problem.code == "unsupported"
    assert words in problem.message
    assert problem.accepted == "index (SI), dli (DLI)"


def test_nodes_that_differ_in_their_data_differ_in_matching() -> None:
    text = f'JobType = "Parametric"; Parameters = 3; {READS} InputData = "lfn:a_PARAM_";'
    compound = read(PLAIN + text, BARE).compound
    assert compound is not None
    assert compound.templates[0].matching_varies
