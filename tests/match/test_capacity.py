from __future__ import annotations

import pytest

from gridwms.match import Capacity, capacities
from tests.match.resources import Places, place


@pytest.mark.parametrize(
    ("ad", "promised", "limit", "room"),
    [
        ("GlueCEStateFreeJobSlots = 5", 0, None, Capacity(5, None)),
        ("GlueCEStateFreeJobSlots = 5", 2, None, Capacity(3, None)),
        ("GlueCEStateFreeJobSlots = 5", 7, None, Capacity(0, None)),
        ("GlueCEStateFreeJobSlots = 5", 7, 10, Capacity(0, 8)),
        ("GlueCEStateFreeJobSlots = 5", 2, 10, Capacity(3, 10)),
        ("GlueCEStateFreeCPUs = 4", 0, None, Capacity(4, None)),
        ("", 0, None, Capacity(0, None)),
        ("GlueCEStateFreeJobSlots = 444444", 0, None, Capacity(0, None)),
        ('GlueCEStateFreeJobSlots = "5"', 0, None, Capacity(0, None)),
        ("GlueCEStateFreeJobSlots = -1", 0, None, Capacity(0, None)),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 10",
            0,
            None,
            Capacity(2, 0),
        ),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 20",
            6,
            None,
            Capacity(0, 6),
        ),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 0",
            0,
            None,
            Capacity(5, None),
        ),
        (
            "GlueCEStateFreeJobSlots = 0; GlueCEStateWaitingJobs = 8; GlueCEPolicyMaxWaitingJobs = 10",
            1,
            None,
            Capacity(0, 1),
        ),
        (
            "GlueCEStateFreeJobSlots = 0; GlueCEStateWaitingJobs = 8; GlueCEPolicyMaxWaitingJobs = 999999999",
            0,
            3,
            Capacity(0, 3),
        ),
    ],
)
def test_room(ad: str, promised: int, limit: int | None, room: Capacity) -> None:
    assert capacities(Places((place("a", ad),)), {"a": promised}, limit) == {"a": room}


def test_what_no_site_leads_to_has_none() -> None:
    assert capacities(Places((place("a", site=None),))) == {}
