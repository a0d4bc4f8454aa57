"""What accounts hold and have used: by events, in any order, the same as the integral that it stands for."""

from __future__ import annotations

import math

import pytest

from gridwms.jobs.charges import Charge, Charges, Holding, charged, faded, grown, no_charges, note
from gridwms.jobs.events import (
    Accepted,
    Cancelled,
    CancelRequested,
    Ended,
    EndKind,
    Event,
    Finished,
    Matched,
    Refused,
    Registered,
    Running,
)
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.steps import step

H = 100.0
BEGIN: list[Event] = [
    Registered(
        key="k",
        time=0.0,
        owner="ann",
        vo="v",
        description="d",
        match_class="c",
        retry_count=0,
        shallow_retry_count=0,
        fqan="/v/g",
    ),
    Accepted(id="d000000001", time=0.0),
    Matched(id="d000000002", time=10.0, attempt=1, site="s", ce="ce", rank=None, considered=1, matching=1, slots=4),
]
RUNS = Running(id="r", time=20.0, attempt=1)
DONE = Finished(id="f", time=50.0, attempt=1, exit_code=0)
GONE = Ended(id="e", time=70.0, attempt=1, kind=EndKind.COMPLETED)


def history(*events: Event) -> Charges:
    """The charges of a job that has these events after its match."""
    charges, job = no_charges(), None
    for event in (*BEGIN, *events):
        was: Job | None = job
        job, _effects = step(was, event)
        if was is not None and job.attempts is not was.attempts:
            note(charges, was, job, event)
    return charges


def holding(*told: tuple[float, Event]) -> Holding:
    """The holding after events that were recorded at these times."""
    kept = Holding(at=10.0)
    for place, (arrived, _event) in enumerate(told):
        before = sum(map(len, history(*(event for _time, event in told[:place])).values()))
        [charges] = history(*(event for _time, event in told[: place + 1])).values()
        kept = charged(kept, charges[before:] if place else charges, arrived, H)
    return kept


def test_usage_is_the_integral_of_slots_that_fade() -> None:
    after = faded(holding((20.0, RUNS), (50.0, DONE), (70.0, GONE)), 200.0, H)
    steps = 100_000
    width = 30.0 / steps
    summed = sum(4 * 2 ** (-(200.0 - (20.0 + (n + 0.5) * width)) / H) * width for n in range(steps))
    assert after.usage == pytest.approx(summed, rel=1e-6)
    assert (after.queued, after.running, after.slots) == (0, 0, 0)


def test_what_runs_is_charged_without_any_event() -> None:
    after = holding((20.0, RUNS))
    assert (after.queued, after.running, after.slots) == (0, 1, 4)
    assert faded(after, 20.0 + 1000 * H, H).usage == pytest.approx(4 * H / math.log(2))
    assert faded(after, 5.0, H) == after, "a clock that was set back takes nothing away"


def test_what_is_heard_late_or_together_counts_the_same() -> None:
    prompt = faded(holding((20.0, RUNS), (50.0, DONE), (70.0, GONE)), 300.0, H)
    together = faded(holding((90.0, RUNS), (90.0, DONE), (90.0, GONE)), 300.0, H)
    backwards = faded(holding((90.0, GONE), (91.0, DONE), (99.0, RUNS)), 300.0, H)
    for other in (together, backwards):
        assert other._replace(usage=0) == prompt._replace(usage=0)
        assert other.usage == pytest.approx(prompt.usage)


def test_slots_are_free_when_the_payload_ends_and_the_place_when_the_site_says_so() -> None:
    after = holding((20.0, RUNS), (50.0, DONE))
    assert (after.queued, after.running, after.slots) == (0, 1, 0)


def test_a_cancelled_job_is_charged_until_the_decision_and_no_late_word_changes_that() -> None:
    asked = CancelRequested(id="d000000003", time=55.0, by="ann")
    cancelled = Cancelled(id="d000000004", time=60.0, reason=reason("cancelled_by_user", by="ann"))
    late = Ended(id="e", time=65.0, attempt=1, kind=EndKind.CANCELLED)
    after = holding((20.0, RUNS), (55.0, asked), (60.0, cancelled), (80.0, late))
    assert (after.queued, after.running, after.slots) == (0, 0, 0)
    assert after.usage == pytest.approx(4 * grown(40.0, H) * 2 ** (-20.0 / H))


def test_refused_and_never_run_costs_nothing() -> None:
    after = holding((11.0, Refused(id="x", time=11.0, attempt=1, reason=reason("site_refused", site="s", text="no"))))
    assert (after.queued, after.running, after.slots, after.usage) == (0, 0, 0, 0.0)


def test_a_payload_that_ended_before_it_began_costs_nothing() -> None:
    after = charged(Holding(at=0.0), [Charge(0, 0, 0, ((4, 50.0), (-4, 50.0)))], 100.0, H)
    assert after.usage == 0.0
