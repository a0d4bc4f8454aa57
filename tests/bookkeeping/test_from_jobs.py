"""Our own events as L&B events: the state machine of L&B comes to the state of our job."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.access.acl import acl_of
from gridwms.bookkeeping.event import missing
from gridwms.bookkeeping.from_jobs import lb_events
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.ulm import parse_line, write_line
from gridwms.jobs.events import AccessChanged, Tagged
from gridwms.jobs.events import Event as Own
from gridwms.jobs.job import Job
from gridwms.jobs.states import DoneCode, State
from gridwms.jobs.steps import step
from gridwms.store.remarks import access_of
from tests.bookkeeping.streams import JOB, Event, arrived, disturbed
from tests.jobs.histories import run


def converted(log: list[Own]) -> list[Event]:
    return lb_events(
        log, JOB, host="wms.example.org", user="/CN=wms", endpoint="https://wms.example.org:7443", jdl="[]"
    )


def agree(job: Job, status: JobStatus, events: list[Event]) -> bool:
    if job.state is State.PURGED:
        return any(event.type == "Purge" for event in events)
    if job.state is State.DONE and job.done_code is DoneCode.CANCELLED:
        return status.state is StateCode.CANCELLED
    same = status.state.name == job.state.name
    if job.state is State.DONE and job.done_code is not None:
        same = same and status.done_code is not None and status.done_code.name == job.done_code.name
        if job.done_code is DoneCode.OK:
            same = same and status.exit_code == (job.exit_code or 0)
    return same


@pytest.mark.parametrize("seed", range(400))
def test_same_state_as_our_job(seed: int) -> None:
    job, log = run(random.Random(seed))
    events = converted(log)
    assert agree(job, replay(events).status, events), (job, replay(events).status)


@pytest.mark.parametrize("seed", range(60))
def test_at_every_moment_and_in_any_arrival(seed: int) -> None:
    rng = random.Random(seed)
    _, log = run(rng)
    job: Job | None = None
    for count, event in enumerate(log, start=1):
        job, _ = step(job, event)
        events = converted(log[:count])
        status = replay(events).status
        assert agree(job, status, events), (job, status)
    assert arrived(disturbed(rng, events)).memory == replay(events)


def test_the_events_are_whole_and_can_be_written() -> None:
    for seed in range(50):
        for event in converted(run(random.Random(seed))[1]):
            assert parse_line(write_line(event)) == event
            assert missing(event) == ()


def test_what_users_look_for() -> None:
    shallow = deep = False
    for seed in range(200):
        for event in converted(run(random.Random(seed))[1]):
            if event.type == "Resubmission":
                shallow |= (event.data["result"], event.data["reason"]) == ("SHALLOW", "token still exists")
                deep |= (event.data["result"], event.data["reason"]) == ("WILLRESUB", "token was grabbed")
    assert shallow
    assert deep


def test_remarks_arrive_there_too() -> None:
    compared = 0
    for seed in range(200):
        _, log = run(random.Random(seed))
        said = sorted((one for one in log if isinstance(one, Tagged)), key=lambda one: (one.time, one.id))
        events = converted(log)
        tags = {one.name: one.value for one in said}
        assert tags.items() <= dict(replay(events).status.user_tags).items()
        changes = [one for one in log if isinstance(one, AccessChanged) and one.permission != "STATUS"]
        assert set(acl_of(events).entries) == set(access_of(changes).entries)
        compared += bool(said) + bool(changes)
    assert compared > 100


def test_nothing_of_nothing() -> None:
    assert converted([]) == []
