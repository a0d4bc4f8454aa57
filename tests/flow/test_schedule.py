"""Placing jobs: classes, room, retries elsewhere, and the reason why a class waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gridwms.classad import ClassAd, Expr, unparse
from gridwms.flow import schedule
from gridwms.flow.explain import why
from gridwms.flow.schedule import Scheduler
from gridwms.flow.status import status
from gridwms.flow.world import SitePolicy
from gridwms.jobs.states import State
from gridwms.match.matching import Matching
from gridwms.store import verdicts
from tests.flow.conftest import Stage, place


def test_the_best_rank_wins_and_the_event_says_among_how_many(stage: Stage) -> None:
    stage.market.put(place(3), place(1), place(2, GlueCEStateStatus="Draining"))
    (key,) = stage.submit()
    stage.schedule()
    job = stage.job(key)
    assert job.attempts[0].ce.startswith("ce1.")


def test_a_burst_fills_free_slots_before_it_queues(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=3), place(2, GlueCEStateFreeJobSlots=4))
    keys = stage.submit(count=9)
    stage.schedule()
    chosen = Counter(stage.job(key).attempts[0].ce[:3] for key in keys)
    assert chosen == {"ce1": 5, "ce2": 4}


def test_promised_slots_are_not_given_twice(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=3), place(2, GlueCEStateFreeJobSlots=4))
    first, second = stage.submit(count=3), []
    stage.schedule()
    second = stage.submit(count=4)
    stage.schedule()
    assert {stage.job(key).attempts[0].ce[:3] for key in first} == {"ce1"}
    assert {stage.job(key).attempts[0].ce[:3] for key in second} == {"ce2"}


def test_promised_slots_are_processors_and_not_jobs(stage: Stage) -> None:
    cpus = {"GlueCEInfoTotalCPUs": 8}
    stage.market.put(place(1, GlueCEStateFreeJobSlots=8, **cpus), place(2, GlueCEStateFreeJobSlots=4, **cpus))
    wide = stage.submit(extra="CPUNumber = 3;", count=2)
    stage.schedule()
    narrow = stage.submit(count=3)
    stage.schedule()
    assert {stage.job(key).attempts[0].ce[:3] for key in wide} == {"ce1"}
    assert Counter(stage.job(key).attempts[0].ce[:3] for key in narrow) == {"ce1": 2, "ce2": 1}


def test_a_site_gets_no_more_than_it_may_hold(stage: Stage) -> None:
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": SitePolicy(max_jobs=2)})
    keys = stage.submit(count=5)
    stage.schedule()
    states = Counter(stage.job(key).state for key in keys)
    assert states == {State.READY: 2, State.WAITING: 3}
    assert [stage.job(key).state for key in keys[:2]] == [State.READY] * 2
    waiting = status(stage.world, keys[4:])[0]
    assert waiting.reason is not None and waiting.reason.code == "all_full"


def test_a_class_without_a_match_says_why_and_since_when(stage: Stage) -> None:
    keys = stage.submit("Requirements = other.GlueHostMainMemoryRAMSize > 4000", count=3)
    stage.schedule()
    stage.pass_time(50)
    stage.schedule()
    answer = why(stage.world, keys[2])
    assert answer.reason is not None and answer.reason.code == "no_match"
    assert answer.since == 1000
    assert "GlueHostMainMemoryRAMSize" in str(answer.clauses)
    job = stage.job(keys[0])
    rows = stage.world.database.read(lambda c: verdicts.history(c, job.match_class, 10))
    assert len(rows) == 1, "a verdict is written when it changes, not at each round"


def test_jobs_go_when_the_market_gets_what_they_need(stage: Stage) -> None:
    (key,) = stage.submit("Requirements = other.GlueHostMainMemoryRAMSize > 4000")
    scheduler = Scheduler(stage.world)
    scheduler.round()
    stage.market.put(place(1), place(2, GlueHostMainMemoryRAMSize=8000))
    scheduler.round()
    assert stage.job(key).attempts[0].ce.startswith("ce2")


def test_submit_to_goes_there_or_waits(stage: Stage) -> None:
    stage.market.put(place(1), place(2))
    (there,) = stage.submit(f'SubmitTo = "{place(2).ce_id}"')
    (nowhere,) = stage.submit('SubmitTo = "ce9.example.org:2119/jobmanager-test-default"')
    stage.schedule()
    assert stage.job(there).attempts[0].ce == place(2).ce_id
    assert stage.job(nowhere).state is State.WAITING
    assert "ce9" in why(stage.world, nowhere).sentence


def test_a_resource_without_a_site_is_no_place_to_go(stage: Stage) -> None:
    stage.market.put(place(1, site=None))
    (key,) = stage.submit()
    stage.schedule()
    answer = why(stage.world, key)
    assert answer.reason is not None and answer.reason.code == "not_deliverable"


def test_a_retry_goes_back_when_there_is_no_other_place(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.site.refusing = True
    stage.schedule()
    stage.errands()
    stage.site.refusing = False
    stage.schedule()
    stage.errands()
    job = stage.job(key)
    assert (job.state, len(job.attempts)) == (State.SCHEDULED, 2)


def test_retries_and_new_jobs_together_overfill_no_place(stage: Stage) -> None:
    stage.market.put(place(1))
    tried = stage.submit(count=3)
    stage.site.refusing = True
    stage.schedule()
    stage.errands()
    stage.site.refusing = False
    stage.market.put(
        place(1, GlueCEPolicyMaxTotalJobs=10, GlueCEStateTotalJobs=0),
        place(2, GlueCEStateFreeJobSlots=4, GlueCEPolicyMaxTotalJobs=4, GlueCEStateTotalJobs=0),
    )
    new = stage.submit(count=11)
    stage.schedule()
    where = {key: [attempt.ce[:3] for attempt in stage.job(key).attempts] for key in (*tried, *new)}
    assert all(where[key] == ["ce1", "ce2"] for key in tried)
    assert Counter(places[0] for places in (where[key] for key in new) if places) == {"ce1": 10, "ce2": 1}


def test_a_job_takes_as_many_slots_as_it_asks_for(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=5, GlueCEInfoTotalCPUs=8), place(2, GlueCEInfoTotalCPUs=8))
    keys = stage.submit("CPUNumber = 2;", count=4)
    stage.schedule()
    assert Counter(stage.job(key).attempts[0].ce[:3] for key in keys) == {"ce1": 2, "ce2": 2}


def test_a_class_that_cannot_be_matched_keeps_no_other_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (bad,) = stage.submit("Rank = other.GlueCEStateFreeJobSlots;")
    (good,) = stage.submit()

    class Fragile(Matching):
        def __init__(self, ad: ClassAd, requirements: Expr, rank: Expr, policies: Mapping[str, Expr]) -> None:
            if "FreeJobSlots" in unparse(rank):
                raise RecursionError("too deep")
            super().__init__(ad, requirements, rank, policies)

    monkeypatch.setattr(schedule, "Matching", Fragile)
    stage.schedule()
    assert stage.job(good).state is State.READY
    assert stage.job(bad).state is State.WAITING
    assert "too deep" in why(stage.world, bad).sentence
