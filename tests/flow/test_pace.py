"""How fast a site is given attempts."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gridwms.flow.cancel import cancel
from gridwms.flow.pace import Pace
from gridwms.flow.world import SitePolicy
from gridwms.jobs.states import State
from tests.flow.conftest import Stage, place


@pytest.mark.parametrize(("per_minute", "seconds", "portion"), [(60, 10, 10), (6, 10, 1), (2, 30, 1), (600, 10, 100)])
def test_portions(per_minute: int, seconds: float, portion: int) -> None:
    pace, given = Pace(per_minute), []
    for second in range(1000, 1000 + 4 * 60):
        some = pace.allowed(second)
        pace.give(second, some)
        given += [second] * some
    assert len([second for second in given if 1060 <= second < 1240]) == 3 * per_minute
    assert (pace.seconds, pace.portion) == (seconds, portion)
    assert given[0] == 1000 + seconds, "what went before the start is not known"
    assert given.count(given[0]) == portion


@pytest.mark.parametrize("per_minute", [1, 7, 60, 100, 1000])
def test_no_minute_has_more(per_minute: int) -> None:
    """Wherever it begins, however the wishes come, and over restarts."""
    chance, now, given = Random(per_minute), 1000.0, list[tuple[float, int]]()
    pace = Pace(per_minute)
    for _ in range(1500):
        now += chance.random() * chance.choice((0.1, 2, 15))
        if chance.random() < 0.01:
            pace = Pace(per_minute)
        some = min(pace.allowed(now), chance.randrange(per_minute + 1))
        pace.give(now, some)
        given.append((now, some))
    busiest = max(sum(count for time, count in given if begin <= time < begin + 60) for begin, _ in given)
    assert per_minute * 0.4 < busiest <= per_minute


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    pace = Pace(60)
    pace.allowed(5000)
    assert pace.allowed(100) == 10


def paced(stage: Stage, per_minute: int) -> None:
    policy = SitePolicy(max_per_minute=per_minute)
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": policy})
    stage.world.pace("scripted").allowed(stage.time[0] - 60)  # it has been running for a minute
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
