"""Handing over exactly once, through refusals, silence and crashes."""

from __future__ import annotations

import pytest

from gridwms.flow import deliver
from gridwms.flow.cancel import cancel
from gridwms.flow.expire import expire
from gridwms.flow.explain import why
from gridwms.flow.worker import events, take_token
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.states import DoneCode, State
from gridwms.sites.contract import Handover, Leftover, Phase, Sighting
from gridwms.store import outbox
from tests.flow.conftest import Stage, place


def test_the_ordinary_way(stage: Stage) -> None:
    (key,) = stage.submit()
    assert stage.job(key).state is State.WAITING
    stage.schedule()
    assert stage.job(key).state is State.READY
    assert stage.errands() is None
    job = stage.job(key)
    assert (job.state, job.attempts[0].receipt) == (State.SCHEDULED, f"gw-{key}-1")
    assert f"cap-gw-{key}-1" in stage.site.handovers[0].wrapper
    assert take_token(stage.world, key, 1, "i", ["type=Running&id=worker-1-1-i&time=1000&node=wn"]) is None
    assert stage.job(key).state is State.RUNNING
    assert events(stage.world, key, 1, ["type=Finished&id=worker-1-2-i&time=1000&exit_code=4&real=0.5"]) == "go on"
    job = stage.job(key)
    assert (job.state, job.done_code, job.exit_code) == (State.DONE, DoneCode.OK, 4)
    stage.site.here[f"gw-{key}-1"] = Sighting(tag=f"gw-{key}-1", phase=Phase.ENDED, time=1001.0, exit_code=0)
    assert stage.look() == 0
    stage.errands()
    assert stage.site.forgotten == [f"gw-{key}-1"]


def test_a_site_that_takes_and_then_falls_silent_gets_it_once(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.site.down_after_taking = True
    due = stage.errands()
    assert due is not None and due > 1000
    assert stage.job(key).state is State.READY
    stage.site.down_after_taking = False
    stage.pass_time(due - 1000)
    stage.errands()
    assert stage.job(key).state is State.SCHEDULED
    assert stage.site.calls == ["submit", "find"]


def test_a_crash_after_sending_is_found_out(stage: Stage) -> None:
    """What a SIGKILL between the site's answer and our commit leaves: the row is begun, the receipt is lost."""
    (key,) = stage.submit()
    stage.schedule()
    (task,) = stage.world.database.read(lambda c: outbox.due(c, "scripted", 1000, 10))
    stage.world.database.write(lambda c: outbox.begin(c, [task.number]))
    stage.errands()
    assert stage.site.calls == ["find", "submit"]
    assert stage.job(key).state is State.SCHEDULED


def test_a_refusal_is_tried_elsewhere_until_the_count_is_used_up(stage: Stage) -> None:
    stage.market.put(place(1), place(2), place(3))
    (key,) = stage.submit()
    stage.site.refusing = True
    for _ in range(3):
        stage.schedule()
        stage.errands()
    job = stage.job(key)
    assert job.state is State.ABORTED
    assert job.reason is not None
    assert job.reason.sentence == "hit job shallow retry count (2)"
    assert len({attempt.ce for attempt in job.attempts}) == 3


def test_a_site_that_stays_silent_loses_the_job_to_another(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.site.down = True
    stage.errands()
    stage.pass_time(599)
    assert expire(stage.world) == 0
    stage.pass_time(2)
    assert expire(stage.world) == 1
    job = stage.job(key)
    assert (job.state, job.shallow_count) == (State.WAITING, 1)
    stage.site.down = False
    stage.errands()
    assert stage.site.handovers == []
    assert stage.job(key).attempts[0].departure is not None


def test_cancel_before_delivery_never_sends(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    (answer,) = cancel(stage.world, "ann", [key])
    assert answer.done
    stage.errands()
    assert stage.site.handovers == []
    assert stage.job(key).state is State.CANCELLED


def test_cancel_at_the_site_waits_for_its_word(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    cancel(stage.world, "ann", [key])
    stage.errands()
    assert stage.site.cancelled == [f"gw-{key}-1"]
    assert stage.job(key).state is State.SCHEDULED
    assert cancel(stage.world, "ann", [key])[0].sentence == "Cancel has already been requested"
    tag = f"gw-{key}-1"
    stage.site.here[tag] = stage.site.here[tag]._replace(phase=Phase.ENDED, cancelled=True)
    stage.look()
    assert stage.job(key).state is State.CANCELLED


def test_a_site_that_never_confirms_does_not_hold_the_user(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    cancel(stage.world, "ann", [key])
    stage.errands()
    stage.pass_time(121)
    assert expire(stage.world) == 1
    assert stage.job(key).state is State.CANCELLED
    assert take_token(stage.world, key, 1, "i", []) is not None
    stage.look()
    assert stage.site.cancelled.count(f"gw-{key}-1") >= 2


def test_what_the_wrapper_left_at_the_site_counts(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    tag = f"gw-{key}-1"
    assert take_token(stage.world, key, 1, "i", []) is None
    line = "type=Finished&id=worker-1-7-i&time=1000&exit_code=0"
    stage.site.leftovers[tag] = Leftover(tag=tag, events=("type=Running&id=worker-1-", line))
    stage.site.here[tag] = Sighting(tag=tag, phase=Phase.ENDED, time=1000.0, exit_code=0)
    stage.look()
    job = stage.job(key)
    assert (job.state, job.done_code, job.exit_code) == (State.DONE, DoneCode.OK, 0)


def test_a_site_that_loses_a_job_before_its_payload_is_a_shallow_retry(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    stage.site.here.clear()
    stage.look()
    job = stage.job(key)
    assert (job.state, job.shallow_count, job.deep_count) == (State.WAITING, 1, 0)
    assert take_token(stage.world, key, 1, "i", []) == f"attempt 1 of job {key} is closed"


def test_a_lost_payload_is_a_deep_retry(stage: Stage) -> None:
    (key,) = stage.submit()
    for attempt in (1, 2):
        stage.schedule()
        stage.errands()
        assert take_token(stage.world, key, attempt, "i", []) is None
        stage.site.here.clear()
        stage.look()
    job = stage.job(key)
    assert (job.state, job.reason and job.reason.sentence) == (State.ABORTED, "hit job retry count (1)")


def test_only_one_instance_gets_the_token(stage: Stage) -> None:
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    assert take_token(stage.world, key, 1, "first", []) is None
    assert take_token(stage.world, key, 1, "first", []) is None
    assert "another instance" in (take_token(stage.world, key, 1, "second", []) or "")


def test_nothing_is_sent_for_jobs_that_expired(stage: Stage) -> None:
    stage.market.put()
    (key,) = stage.submit("ExpiryTime = 1500")
    stage.schedule()
    stage.pass_time(500)
    assert expire(stage.world) == 1
    job = stage.job(key)
    assert (job.state, job.reason and job.reason.sentence) == (State.ABORTED, "request expired")


def test_an_adaptor_that_breaks_is_the_sites_trouble(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (key,) = stage.submit()
    stage.schedule()
    monkeypatch.setattr(stage.site, "submit", lambda _handovers: 1 / 0)
    due = stage.errands()
    assert due is not None and due > 1000
    assert "ZeroDivisionError" in stage.world.troubles["scripted"]
    assert "ZeroDivisionError" in why(stage.world, key).sentence
    monkeypatch.undo()
    stage.pass_time(due - 1000)
    stage.errands()
    assert stage.job(key).state is State.SCHEDULED
    assert stage.world.troubles == {}


def test_a_job_that_cannot_be_written_down_holds_up_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = stage.submit(count=2)
    stage.schedule()

    def handover(world: World, job: Job, *rest: object) -> Handover:
        if job.key == bad:
            raise ValueError("a NUL byte cannot be handed to a program")
        return real(world, job, *rest)  # type: ignore[arg-type]

    real = deliver.handover
    monkeypatch.setattr(deliver, "handover", handover)
    stage.errands()
    assert (stage.job(bad).state, stage.job(good).state) == (State.ABORTED, State.SCHEDULED)
    assert "NUL byte" in why(stage.world, bad).sentence
