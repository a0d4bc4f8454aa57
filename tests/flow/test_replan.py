from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.classad import EvaluationContext, Literal, parse_ad, parse_expression
from gridwms.flow.measures import Measures
from gridwms.flow.replan import replan
from gridwms.flow.schedule import Scheduler
from gridwms.flow.worker import take_token
from gridwms.flow.world import FlowSettings
from gridwms.jobs.ids import tag_of
from gridwms.jobs.states import State
from gridwms.market.snapshot import Snapshot
from gridwms.match import match
from tests.flow.conftest import Stage, place

PATIENCE = 600.0


@pytest.fixture
def queued(stage: Stage) -> tuple[Stage, str]:
    """A job in the queue of ce1, which is full; ce2 is in the market and free."""
    settings: FlowSettings = stage.world.settings
    stage.world.settings = replace(settings, replan_seconds=PATIENCE, max_replans=2)
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    assert stage.job(key).state is State.SCHEDULED
    stage.market.put(place(1, GlueCEStateFreeJobSlots=0), place(2))
    return stage, key


def moved(stage: Stage) -> int:
    return replan(stage.world, Scheduler(stage.world))


def test_a_job_that_waits_too_long_is_moved(queued: tuple[Stage, str]) -> None:
    stage, key = queued
    stage.time[0] += PATIENCE - 1
    assert moved(stage) == 0
    stage.time[0] += 1
    assert moved(stage) == 1
    job = stage.job(key)
    assert (job.state, job.shallow_count, job.deep_count) == (State.WAITING, 0, 0)
    assert job.reason is not None and job.reason.code == "replanned"
    stage.schedule()
    assert [attempt.ce[:3] for attempt in stage.job(key).attempts] == ["ce1", "ce2"]


def test_nothing_is_moved_without_a_free_place_elsewhere(queued: tuple[Stage, str]) -> None:
    stage, _key = queued
    stage.time[0] += PATIENCE
    stage.market.put(place(1), place(2, GlueCEStateFreeJobSlots=0))
    assert moved(stage) == 0
    stage.market.put(place(1))
    assert moved(stage) == 0


def test_free_slots_are_not_promised_twice(queued: tuple[Stage, str]) -> None:
    stage, _key = queued
    stage.market.put(place(1), place(2, GlueCEStateFreeJobSlots=0))
    stage.submit(count=4)
    stage.schedule()
    stage.errands()
    stage.market.put(place(1, GlueCEStateFreeJobSlots=0), place(2, GlueCEStateFreeJobSlots=3))
    stage.time[0] += PATIENCE
    assert moved(stage) == 3


def test_a_job_is_moved_so_often_and_no_more(queued: tuple[Stage, str]) -> None:
    stage, key = queued
    stage.time[0] += PATIENCE
    for number in (3, 4, 5):
        moved(stage)
        stage.market.put(*(place(n, GlueCEStateFreeJobSlots=0) for n in range(1, number - 1)), place(number))
        stage.schedule()
        stage.errands()
        stage.time[0] += PATIENCE
    assert len(stage.job(key).attempts) == 3


def test_off_by_default(stage: Stage) -> None:
    assert stage.world.settings.replan_seconds == 0


def test_what_was_measured_can_be_asked_for(stage: Stage) -> None:
    measures = Measures()
    context = EvaluationContext(success_fraction=measures.success_fraction, response_time=measures.response_time)
    stage.submit()
    stage.site.refusing = True
    stage.schedule()
    stage.errands()
    stage.feedback()
    stage.time[0] += 10
    measures.count(stage.world)
    one, other = place(1), place(2)
    snapshot = Snapshot(1, 0.0, (one, other), context=context)
    wanted = parse_expression("successFraction(other.GlueCEUniqueID) > 0.5")
    verdict = match(parse_ad("[]"), wanted, Literal(1), snapshot)
    assert [candidate.ce_id for candidate in verdict.candidates] == [other.ce_id]
    assert measures.response_time(one.ce_id, "", 0) is None


def test_of_the_copies_of_a_moved_job_only_one_can_start(queued: tuple[Stage, str]) -> None:
    stage, key = queued
    stage.time[0] += PATIENCE
    assert moved(stage) == 1
    assert take_token(stage.world, key, 1, "late", []) == f"attempt 1 of job {key} is closed"
    stage.errands()
    assert stage.site.cancelled == [tag_of(key, 1)], "the copy that waits is asked to go"
    stage.schedule()
    stage.errands()
    assert take_token(stage.world, key, 2, "new", []) is None
    assert take_token(stage.world, key, 1, "late", []) is not None


def test_one_that_has_just_started_is_left_where_it_is(queued: tuple[Stage, str]) -> None:
    stage, key = queued
    stage.time[0] += PATIENCE
    assert take_token(stage.world, key, 1, "i", []) is None
    assert moved(stage) == 0
    assert stage.job(key).state is State.RUNNING
