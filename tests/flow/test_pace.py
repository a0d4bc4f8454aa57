"""How fast a site is given attempts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.flow.cancel import cancel
from gridwms.flow.pace import Pace
from gridwms.flow.world import SitePolicy
from gridwms.jobs.states import State
from tests.flow.conftest import Stage, place


@pytest.mark.parametrize(("per_minute", "seconds", "portion"), [(60, 10, 10), (6, 10, 1), (2, 30, 1), (600, 10, 100)])
def test_portions(per_minute: int, seconds: float, portion: int) -> None:
    pace, given = Pace(per_minute), []
    for second in range(1000, 1000 + 3 * 60):
        some = pace.allowed(second)
        pace.given += some
        given += [second] * some
    assert len(given) == 3 * per_minute
    assert (pace.seconds, pace.portion) == (seconds, portion)
    assert given.count(1000) == portion


def paced(stage: Stage, per_minute: int) -> None:
    policy = SitePolicy(max_per_minute=per_minute)
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": policy})
    stage.market.put(place(GlueCEStateFreeJobSlots=1000))


def test_a_site_is_given_so_many_a_minute(stage: Stage) -> None:
    paced(stage, 60)
    keys = stage.submit(count=100)
    sent = []
    for _ in range(6):
        stage.schedule()
        due = stage.errands()
        sent.append(len(stage.site.handovers))
        assert due == stage.time[0] + 10
        stage.pass_time(10)
    assert sent == [10, 20, 30, 40, 50, 60]
    assert sum(stage.job(key).state is State.WAITING for key in keys) < 40


def test_other_errands_do_not_wait_for_that(stage: Stage) -> None:
    paced(stage, 6)
    keys = stage.submit(count=5)
    stage.schedule()
    stage.errands()
    (first,) = [one.tag for one in stage.site.handovers]
    cancel(stage.world, "ann", [key for key in keys if key in first])
    stage.errands()
    assert stage.site.cancelled == [first]


def test_what_waits_for_its_turn_is_no_more_than_a_minutes_worth(stage: Stage) -> None:
    paced(stage, 6)
    keys = stage.submit(count=50)
    stage.schedule()
    assert [stage.job(key).state for key in keys].count(State.READY) == 6
