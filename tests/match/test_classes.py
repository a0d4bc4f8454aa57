from __future__ import annotations

import pytest
from hypothesis import given, settings

from gridwms.classad import ClassAd, parse_ad, parse_expression, unparse
from gridwms.match import match, match_class_key, matching_ad
from tests.match.resources import place, snapshot_of
from tests.match.test_matching import CONDITIONS, RESOURCES


def seen(text: str) -> ClassAd:
    """The matching ad of a job; Requirements and Rank are in its text."""
    ad = parse_ad(f"[ {text} ]")
    return matching_ad(ad, ad.get("Requirements", parse_expression("true")), ad.get("Rank", parse_expression("0")))


def key(text: str) -> str:
    return match_class_key(seen(text))


SAME = "Requirements = other.x > 2 * m; m = 4; Rank = other.y"


@pytest.mark.parametrize(
    "text",
    [
        SAME,
        'Executable = "/bin/other"; Arguments = "17"; ' + SAME,
        "Rank = other.y; M = 4; REQUIREMENTS = other.x > 2 * m",
        "Requirements = other.x > 8; Rank = other.y",
        "Requirements = true && other.x > 2 * (1 + 3); Rank = z; z = other.y",
    ],
)
def test_jobs_of_one_class(text: str) -> None:
    assert key(text) == key(SAME)


@pytest.mark.parametrize(
    "text",
    [
        "Requirements = other.x > 2 * m; m = 5; Rank = other.y",
        "Requirements = other.x > 8; Rank = other.z",
        'Requirements = other.x > 8; Rank = other.y; VirtualOrganisation = "atlas"',
        "Requirements = other.x > 8; Rank = other.y; CPUNumber = 2",
        'Requirements = other.x > 8; Rank = other.y; SubmitTo = "a"',
        "Requirements = other.x > 8; Rank = other.y; FuzzyRank = true",
        'Requirements = other.x > 8; Rank = other.y; SignificantAttributes = {"Colour"}; Colour = 1',
        "Requirements = other.x >= 8; Rank = other.y",
        'Requirements = other.x > 8 && other.z == "a"; Rank = other.y',
    ],
)
def test_jobs_of_another_class(text: str) -> None:
    assert key(text) != key(SAME)


def test_what_matching_cannot_read_is_left_out() -> None:
    ad = seen('Executable = "/bin/ls"; Requirements = other.x == colour; colour = other.c; Other = 1')
    assert {name.lower() for name in ad} <= {"requirements", "rank", "colour", "other"}
    assert "Executable" not in ad


def test_a_clause_that_is_never_true_keeps_its_words() -> None:
    assert unparse(seen("Requirements = other.x > 1 && m > 5; m = 4")["Requirements"]) == "other.x > 1 && m > 5"
    assert "m" in seen("Requirements = other.x > 1 && m > 5; m = 4")


def test_an_expression_that_reads_anything_keeps_everything() -> None:
    assert "Executable" in seen('Executable = "/bin/ls"; Requirements = my["Executable"] == other.x')


def test_the_key_is_short_text() -> None:
    assert len(key(SAME)) == 32
    assert key(SAME).isalnum()


@settings(deadline=None)
@given(CONDITIONS, CONDITIONS, RESOURCES)
def test_the_matching_ad_matches_as_the_whole_ad_does(requirements: str, rank: str, places: tuple) -> None:  # type: ignore[type-arg]
    whole = parse_ad(f'[ k = 1; m = other.x; Executable = "a"; Requirements = {requirements}; Rank = {rank} ]')
    # What a resource reads of a job must be public: `k` is what the resources of this test read.
    public = whole.with_({"SignificantAttributes": ["k"]})
    small = matching_ad(public, whole["Requirements"], whole["Rank"])
    one = match(whole, whole["Requirements"], whole["Rank"], snapshot_of(*places))
    other = match(small, small["Requirements"], small["Rank"], snapshot_of(*places))
    assert list(one.candidates) == list(other.candidates)
    assert one.unranked == other.unranked


def test_a_resource_reads_public_attributes_only() -> None:
    places = snapshot_of(place("a", 'Requirements = other.VirtualOrganisation == "atlas" && isUndefined(other.Secret)'))
    ad = seen('VirtualOrganisation = "atlas"; Secret = 1')
    assert match(ad, ad["Requirements"], ad["Rank"], places).matching == 1
