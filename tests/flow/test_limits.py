"""The time limit that sites are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl
from gridwms.flow.limits import wall_seconds
from tests.flow.conftest import Stage, place

LIMIT = "other.GlueCEPolicyMaxWallClockTime"


def asked(requirements: str, *, allowed: int | None = 2880, extra: str = "") -> int | None:
    """What is asked for at a queue that allows so many minutes."""
    text = f'[Executable = "/bin/true"; {extra} Requirements = {requirements};]'
    description = read_jdl(text, JdlDefaults(vo="dteam"), now=0.0).description
    assert description is not None
    resource = place(1, **({} if allowed is None else {"GlueCEPolicyMaxWallClockTime": allowed})).ad
    return wall_seconds(description, resource, 600.0)


@pytest.mark.parametrize(
    ("requirements", "minutes"),
    [
        (f"{LIMIT} >= 90", 90),
        (f"{LIMIT} > 90", 90),
        (f"90 <= {LIMIT}", 90),
        (f"({LIMIT} >= 60 && true) && (({LIMIT} >= 90))", 90),
        (f"{LIMIT} >= 1.5 * Hours", 180),
        ("other.GlueCEPolicyMaxObtainableWallClockTime =?= undefined && TARGET.gluecepolicymaxwallclocktime >= 90", 90),
        (f"{LIMIT} >= 2875", 2870),
        (f"{LIMIT} >= 2880", 2870),
    ],
)
def test_what_must_be_is_handed_on_with_the_margin_but_no_more_than_the_queue_allows(
    requirements: str, minutes: int
) -> None:
    assert asked(requirements, extra="Hours = 120;") == 60 * minutes + 600


@pytest.mark.parametrize(
    "requirements",
    [
        "true",
        f"{LIMIT} <= 2880",
        f"{LIMIT} >= 0",
        f"{LIMIT} >= 90 || other.GlueCEStateFreeJobSlots > 0",
        f"!({LIMIT} < 90)",
        "other.GlueCEStateFreeJobSlots > 0",
    ],
)
def test_nothing_is_asked_for_that_need_not_be(requirements: str) -> None:
    assert asked(requirements) is None


def test_queues_without_a_limit() -> None:
    assert asked(f"{LIMIT} >= 2000000", allowed=2147483647) is None
    assert asked(f"{LIMIT} >= 5000", allowed=999999) == 60 * 5000 + 600
    assert asked(f"{LIMIT} =?= undefined || true && {LIMIT} >= 90", allowed=None) is None
    assert asked(f"{LIMIT} >= 90", allowed=None) == 60 * 90 + 600


def test_sites_are_told_unless_they_are_not_to_be(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEPolicyMaxWallClockTime=100))
    for margin in (600.0, None):
        stage.world.settings = replace(stage.world.settings, wall_margin_seconds=margin)
        stage.submit(f"Requirements = {LIMIT} >= 80;")
        stage.schedule()
        stage.errands()
    assert [one.wall_seconds for one in stage.site.handovers] == [5400, None]
