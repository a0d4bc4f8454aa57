from __future__ import annotations

import math

import pytest

from gridwms.match import room_of
from tests.match.resources import place, snapshot_of


@pytest.mark.parametrize(
    ("ad", "promised", "limit", "room"),
    [
        ("GlueCEStateFreeJobSlots = 5", 0, None, (5, math.inf)),
        ("GlueCEStateFreeJobSlots = 5", 2, None, (3, math.inf)),
        ("GlueCEStateFreeJobSlots = 5", 7, None, (0, math.inf)),
        ("GlueCEStateFreeJobSlots = 5", 7, 10, (0, 8)),
        ("GlueCEStateFreeJobSlots = 5", 2, 10, (3, 10)),
        ("GlueCEStateFreeCPUs = 4", 0, None, (4, math.inf)),
        ("", 0, None, (0, math.inf)),
        ("GlueCEStateFreeJobSlots = 444444", 0, None, (0, math.inf)),
        ('GlueCEStateFreeJobSlots = "5"', 0, None, (0, math.inf)),
        ("GlueCEStateFreeJobSlots = -1", 0, None, (0, math.inf)),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 10",
            0,
            None,
            (2, 0),
        ),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 20",
            6,
            None,
            (0, 6),
        ),
        (
            "GlueCEStateFreeJobSlots = 5; GlueCEStateTotalJobs = 8; GlueCEPolicyMaxTotalJobs = 0",
            0,
            None,
            (5, math.inf),
        ),
        (
            "GlueCEStateFreeJobSlots = 0; GlueCEStateWaitingJobs = 8; GlueCEPolicyMaxWaitingJobs = 10",
            1,
            None,
            (0, 1),
        ),
        (
            "GlueCEStateFreeJobSlots = 0; GlueCEStateWaitingJobs = 8; GlueCEPolicyMaxWaitingJobs = 999999999",
            0,
            3,
            (0, 3),
        ),
    ],
)
def test_room(ad: str, promised: int, limit: int | None, room: tuple[float, float]) -> None:
    found = room_of(snapshot_of(place("a", ad)), {"a": promised}, queue_limit=limit)
    assert (found.free[0], found.queue[0]) == room


def test_what_is_taken_is_no_longer_there() -> None:
    room = room_of(
        snapshot_of(place("a", "GlueCEStateFreeJobSlots = 3")), {"elsewhere": 5}, queue_limit=4, site_room={"here": 9}
    )
    for free, queue, site in ((1, 4, 8), (0, 3, 7), (0, 2, 6)):
        room.take(0, 2)
        assert (room.free[0], room.queue[0], room.site_room) == (free, queue, [site])


def test_numbers_that_have_to_be_worked_out() -> None:
    room = room_of(snapshot_of(place("a", "GlueCEStateFreeJobSlots = base + 1; base = 3")))
    assert room.free[0] == 4
