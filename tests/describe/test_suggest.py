from __future__ import annotations

import pytest

from gridwms.describe.suggest import distance, suggest


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("abc", "", 3),
        ("rewtry", "retry", 1),
        ("reqiurements", "requirements", 1),
        ("exe", "exec", 1),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
    ],
)
def test_distance_counts_insertions_deletions_changes_and_swaps(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == slips
    assert distance(other, one) == slips


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ShallowRewtryCount", "ShallowRetryCount"),
        ("shallowretrycuont", "ShallowRetryCount"),
        ("Requirments", "Requirements"),
        ("Rnak", "Rank"),
        ("Rankk", "Rank"),
        ("Ran", None),
        ("Rank", None),
        ("SomethingElse", None),
        ("Frank2", None),
    ],
)
def test_a_near_name_is_suggested(written: str, meant: str | None) -> None:
    assert suggest(written, ["ShallowRetryCount", "RetryCount", "Requirements", "Rank"]) == meant


def test_the_nearest_wins() -> None:
    assert suggest("StdOutputt", ["StdOutputX", "StdOutput"]) == "StdOutput"
