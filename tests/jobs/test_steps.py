"""The life cycle: single steps, and the law that order does not matter."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.jobs.effects import Deliver, Forget, Withdraw
from gridwms.jobs.events import (
    Accepted,
    CancelRequested,
    Delivered,
    Ended,
    EndKind,
    Finished,
    Matched,
    PayloadStarted,
    Running,
)
from gridwms.jobs.job import Job
from gridwms.jobs.rebuild import rebuild
from gridwms.jobs.states import DoneCode, State
from gridwms.jobs.steps import UnexpectedEvent, UnknownAttempt, step
from tests.jobs.histories import registered, run

MATCHED = Matched(id="d000000002", time=2, attempt=1, site="s", ce="ce", rank=1, considered=3, matching=2)


def after(*events: object) -> Job:
    job = None
    for event in (registered(), Accepted(id="d000000001", time=1), *events):
        job, _ = step(job, event)  # type: ignore[arg-type]
    assert job is not None
    return job


def test_the_ordinary_way() -> None:
    seen = []
    job = None
    for event in (
        registered(),
        Accepted(id="d000000001", time=1),
        MATCHED,
        Delivered(id="site-1-delivered", time=3, attempt=1, receipt="7"),
        Running(id="w1", time=4, attempt=1, node="wn"),
        PayloadStarted(id="w2", time=5, attempt=1, instance="i"),
        Finished(id="w3", time=6, attempt=1, exit_code=3),
    ):
        job, _ = step(job, event)
        seen.append(job.state)
    assert job is not None
    assert seen == [
        State.SUBMITTED,
        State.WAITING,
        State.READY,
        State.SCHEDULED,
        State.RUNNING,
        State.RUNNING,
        State.DONE,
    ]
    assert (job.done_code, job.exit_code, job.state_since) == (DoneCode.OK, 3, 6)


def test_effects_follow_decisions() -> None:
    assert step(after(), MATCHED)[1] == (Deliver(1, "s"),)
    job = after(MATCHED)
    assert step(job, CancelRequested(id="x", time=3, by="ann"))[1] == (Withdraw(1, "s"),)
    assert step(job, Ended(id="x", time=3, attempt=1, kind=EndKind.GONE))[1] == (Forget(1, "s"),)


def test_running_may_overtake_delivered() -> None:
    job = after(MATCHED, Running(id="w1", time=4, attempt=1, node="wn"))
    job, _ = step(job, Delivered(id="s1", time=3, attempt=1, receipt="7"))
    assert (job.state, job.state_since) == (State.RUNNING, 4)


def test_the_site_alone_cannot_say_how_it_went() -> None:
    job = after(MATCHED, Ended(id="s", time=4, attempt=1, kind=EndKind.COMPLETED, exit_code=0))
    assert (job.done_code, job.reason and job.reason.code) == (DoneCode.FAILED, "wrapper_died")
    job, _ = step(job, Finished(id="w", time=5, attempt=1, exit_code=0))
    assert job.done_code is DoneCode.OK


def test_a_site_that_lost_a_wrapper_and_started_it_again_is_told_of() -> None:
    """The second one gets no token (16), and says nothing: the first one's payload had begun."""
    over = Ended(id="s", time=6, attempt=1, kind=EndKind.COMPLETED, exit_code=16)
    job = after(MATCHED, PayloadStarted(id="w2", time=5, attempt=1, instance="i"), over)
    assert job.reason is not None
    assert "lost it and started it again" in job.reason.sentence


def test_an_absent_pair_is_an_error_with_a_name() -> None:
    with pytest.raises(UnexpectedEvent, match=r"Matched .* not expected .* SUBMITTED"):
        step(step(None, registered())[0], MATCHED)
    with pytest.raises(UnexpectedEvent, match="not registered"):
        step(None, MATCHED)
    with pytest.raises(UnknownAttempt, match="attempt 2"):
        step(after(MATCHED), Running(id="w", time=4, attempt=2))


@settings(max_examples=1500, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_the_same_events_give_the_same_job_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    job, log = run(rng, retries=True)
    assert rebuild(log) == job
    shuffled = log * 2
    rng.shuffle(shuffled)
    assert rebuild(shuffled) == job
