"""What became of attempts: counted once, by place and class of jobs, and what follows for the choice of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gridwms.flow import sites
from gridwms.flow.breaker import TRIAL, BreakerSettings, Position
from gridwms.flow.errors import NotFound
from gridwms.flow.explain import why
from gridwms.flow.feedback import Feedback
from gridwms.flow.quarantine import quarantine
from gridwms.flow.record import record
from gridwms.flow.replan import quantile, replan
from gridwms.flow.schedule import Scheduler
from gridwms.flow.silence import tell_silences
from gridwms.jobs.events import Finished, Running
from gridwms.jobs.reasons import reason
from gridwms.jobs.states import State
from gridwms.store import figures
from gridwms.store.figures import HOUR, MINUTE, Group, Tally
from tests.flow.conftest import Stage, place


def run(stage: Stage, keys: Sequence[str], *, code: int = 0, fault: bool = False, seconds: float = 10.0) -> None:
    """The current attempts of these jobs start now, and end so many seconds later."""
    begun, ended = stage.time[0], stage.time[0] + seconds
    numbers = {key: len(stage.job(key).attempts) for key in keys}
    record(
        stage.world,
        [(key, Running(id=f"w-{n}-running", time=begun, attempt=n, node="n1")) for key, n in numbers.items()],
    )
    failure = reason("work_dir", text="no space left") if fault else None
    record(
        stage.world,
        [
            (key, Finished(id=f"w-{n}-end", time=ended, attempt=n, exit_code=None if fault else code, failure=failure))
            for key, n in numbers.items()
        ],
    )
    stage.feedback()


def sent(stage: Stage, count: int, extra: str = "") -> list[str]:
    keys = stage.submit(extra, count)
    stage.schedule()
    stage.errands()
    return keys


def counted(stage: Stage, span: int = MINUTE) -> dict[str, Tally]:
    return stage.world.database.read(lambda c: figures.of_places(c, span, 0.0))


def resting(stage: Stage) -> set[str]:
    return {ce.split(".")[0] for ce in stage.world.database.read(lambda c: quarantine(stage.world, c)).resting}


def test_each_attempt_counts_once_whoever_reads(stage: Stage) -> None:
    one, other = Feedback(stage.world), Feedback(stage.world)
    good, bad = sent(stage, 3), sent(stage, 2)
    assert one.read_on() is False and other.read_on() is False
    stage.time[0] += 40
    run(stage, good)
    run(stage, bad, fault=True)
    for reader in (one, other, Feedback(stage.world)):
        while reader.read_on():
            pass
    [tally] = counted(stage).values()
    assert (tally.good, tally.zero, tally.bad, tally.other, tally.started) == (3, 3, 2, 0, 5)
    assert (tally.queued, tally.queue_seconds, tally.run_seconds) == (5, 200.0, 30.0)
    [waits] = stage.world.database.read(lambda c: figures.waits(c, 0.0)).values()
    assert waits == {60: 5}
    assert counted(stage, HOUR) == counted(stage)


def test_figures_are_kept_by_class_of_jobs(stage: Stage) -> None:
    mpi = {"GlueCEInfoLRMSType": "pbs", "GlueHostApplicationSoftwareRunTimeEnvironment": ["MPICH"]}
    stage.market.put(place(1, GlueCEInfoTotalCPUs=8, GlueCEStateFreeCPUs=8, **mpi))
    run(stage, sent(stage, 2))
    run(stage, sent(stage, 1, 'JobType = "MPICH"; CPUNumber = 2; VirtualOrganisation = "cms"'), code=3)
    [state] = sites.site(stage.world, "scripted").elements
    by_class = {(group.vo, group.owner, group.kind): tally for group, tally in state.figures.items()}
    assert {key: (tally.good, tally.zero, tally.quick) for key, tally in by_class.items()} == {
        ("local", "ann", "normal"): (2, 2, 0),
        ("cms", "ann", "mpich"): (1, 0, 1),
    }


def test_what_the_user_did_wrong_speaks_against_no_place(stage: Stage) -> None:
    for _ in range(3):
        run(stage, sent(stage, 10), code=1)
    assert resting(stage) == set()


def test_a_place_where_payloads_fail_that_go_well_elsewhere_rests(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12), place(2, GlueCEStateFreeJobSlots=12))
    keys = sent(stage, 24)
    here = [key for key in keys if stage.job(key).attempts[0].ce.startswith("ce1.")]
    elsewhere = [key for key in keys if key not in here]
    run(stage, elsewhere)
    run(stage, here, code=127, seconds=1.0)
    assert resting(stage) == {"ce1"}
    [text] = [one.why for one in sites.site(stage.world, "scripted").elements if one.ce.startswith("ce1.")]
    assert "payloads that go well elsewhere fail there at once" in text


def test_never_more_than_a_share_of_the_market_rests(stage: Stage) -> None:
    stage.world.settings = replace(stage.world.settings, breaker=BreakerSettings(share=0.3))
    stage.market.put(*(place(n, GlueCEStateFreeJobSlots=12) for n in range(10)))
    run(stage, sent(stage, 120), fault=True)
    assert len(resting(stage)) == 3
    left_alone = stage.world.database.read(lambda c: quarantine(stage.world, c))
    assert len(left_alone.spared) == 7
    assert set(left_alone.trial.values()) == {TRIAL}
    fresh = sent(stage, 60)
    got = [stage.job(key).attempts for key in fresh]
    assert sum(1 for attempts in got if attempts) <= 7 * TRIAL
    stage.market.put(*(place(n, GlueCEStateFreeJobSlots=12) for n in range(4)))
    assert len(resting(stage)) == 1
    stage.world.settings = replace(stage.world.settings, breaker=BreakerSettings(share=0.0))
    assert resting(stage) == set()


def test_an_operator_believes_a_place_again(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12))
    keys = sent(stage, 12)
    ce = stage.job(keys[0]).attempts[0].ce
    run(stage, keys, fault=True)
    assert resting(stage) == {"ce1"}
    assert sites.release(stage.world, ce) == 1
    assert resting(stage) == set()
    stage.schedule()
    assert stage.job(keys[0]).state is State.READY
    assert sites.release(stage.world, "scripted") == 0
    with pytest.raises(NotFound, match="no site and no computing element 'elsewhere'"):
        sites.release(stage.world, "elsewhere")


def test_after_its_rest_a_place_gets_a_few_to_try(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12))
    run(stage, sent(stage, 12), fault=True)
    stage.time[0] += BreakerSettings().pause
    fresh = sent(stage, 30)
    tried = [
        key for key in stage.world.database.read(lambda c: _all_keys(c)) if stage.job(key).state is State.SCHEDULED
    ]
    assert len(tried) == TRIAL
    waiting = [key for key in fresh if stage.job(key).state is State.WAITING]
    assert "a few jobs at a time" in why(stage.world, waiting[0]).sentence
    run(stage, tried)
    stage.schedule()
    assert all(stage.job(key).state is State.READY for key in fresh if key not in tried)


def _all_keys(connection):  # type: ignore[no-untyped-def]
    from gridwms.store.tables import jobs

    return list(connection.scalars(jobs.select().with_only_columns(jobs.c.key)))


def test_what_waits_in_the_queue_of_a_place_that_rests_is_taken_out(stage: Stage) -> None:
    stage.market.put(
        place(1, GlueCEStateFreeJobSlots=12), place(2, GlueCEStateFreeJobSlots=0, GlueCEPolicyMaxWaitingJobs=5)
    )
    keys = sent(stage, 40)
    run(stage, keys[:12], fault=True)
    assert resting(stage) == {"ce1"}
    queued = [key for key in keys[12:] if stage.job(key).current.ce.startswith("ce1.")]  # type: ignore[union-attr]
    assert replan(stage.world, Scheduler(stage.world)) == len(queued) > 0
    job = stage.job(queued[0])
    assert (job.state, job.shallow_count, job.deep_count) == (State.WAITING, 0, 0)
    assert job.reason is not None and job.reason.code == "rests"
    assert replan(stage.world, Scheduler(stage.world)) == 0
    stage.errands()
    assert len(stage.site.cancelled) == len(queued), "the copies are asked to go"


def test_a_site_that_does_not_answer_gets_nothing_new_until_it_does(stage: Stage) -> None:
    stage.world.has_failed("scripted", "no route to host")
    tell_silences(stage.world, ["scripted"])
    (key,) = stage.submit()
    stage.schedule()
    assert stage.job(key).state is State.READY, "a short silence is nothing"
    stage.time[0] += 61
    tell_silences(stage.world, ["scripted"])
    (late,) = stage.submit()
    stage.schedule()
    assert stage.job(late).state is State.WAITING
    assert "scripted does not answer since 1970-01-01 00:16:40 UTC: no route to host" in why(stage.world, late).sentence
    assert not sites.site(stage.world, "scripted").accepts
    tell_silences(stage.world, [])
    stage.world.troubles.clear()
    tell_silences(stage.world, ["scripted"])
    assert resting(stage) == {"ce1"}, "a service that has just started has not asked yet"
    stage.world.has_answered("scripted")
    tell_silences(stage.world, ["scripted"])
    stage.schedule()
    assert stage.job(late).state is State.READY


def test_patience_is_learned_from_queue_times(stage: Stage) -> None:
    settings = replace(stage.world.settings, replan_seconds=7200.0, replan_least_seconds=60.0)
    stage.world.settings = settings
    stage.market.put(place(1, GlueCEStateFreeJobSlots=25), place(2, GlueCEStateFreeJobSlots=0))
    seen = sent(stage, 24)
    stage.time[0] += 100
    run(stage, seen)
    (stuck,) = sent(stage, 1)
    stage.market.put(place(1, GlueCEStateFreeJobSlots=0), place(2))
    stage.time[0] += 200
    assert replan(stage.world, Scheduler(stage.world)) == 0
    stage.time[0] += 41
    stage.world.settings = replace(settings, replan_learned=False)
    assert replan(stage.world, Scheduler(stage.world)) == 0
    stage.world.settings = settings
    assert replan(stage.world, Scheduler(stage.world)) == 1, "twice the 120 s up to which it usually takes"
    assert stage.job(stuck).state is State.WAITING


def test_quantiles() -> None:
    assert quantile({1: 90, 60: 9, 3600: 1}, 0.95) == 60
    assert quantile({5: 1}, 0.95) == 5
    assert quantile({}, 0.95) == 0


def test_an_attempt_after_which_the_job_was_given_up_counts_too(stage: Stage) -> None:
    keys = sent(stage, 10, "ShallowRetryCount = 0; RetryCount = 0")
    run(stage, keys, fault=True)
    assert stage.job(keys[0]).state is State.ABORTED
    [tally] = counted(stage).values()
    assert (tally.bad, tally.other) == (10, 0)
    assert sites.site(stage.world, "scripted").breaker is Position.OPEN


def test_old_figures_are_forgotten(stage: Stage) -> None:
    run(stage, sent(stage, 2))
    stage.time[0] += 2 * 3600
    Feedback(stage.world).tidy()
    assert counted(stage) == {} and counted(stage, HOUR)
    stage.time[0] += 31 * 86400
    Feedback(stage.world).tidy()
    assert counted(stage, HOUR) == {}
    assert Group("a", "b", "c", "d", "e").ce == "b"


def test_a_retry_does_not_wait_for_a_host_that_is_left_alone(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12))
    run(stage, sent(stage, 12, "ShallowRetryCount = 0"), fault=True)
    assert resting(stage) == {"ce1"}
    stage.market.put(place(1), place(2, GlueCEStateFreeJobSlots=1))
    (key,) = sent(stage, 1)
    run(stage, [key], fault=True)
    assert len(stage.job(key).attempts) == 1
    stage.market.put(place(1), place(2))
    stage.schedule()
    assert [attempt.ce.split(".")[0] for attempt in stage.job(key).attempts] == ["ce2", "ce2"]
