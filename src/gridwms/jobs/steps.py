"""The life cycle: `step(job, event) -> (job, effects)`, looked up in one table.

Decisions set the state outright. Reports are first merged into their attempt, by rules that do not depend on the
order of arrival; the state then follows from the merged attempt. A report about an attempt that a decision has
closed, or about a job that has ended, is late: it is kept as history and moves nothing. So the same set of events
gives the same job in any order of arrival (`gridwms.jobs.rebuild` is the proof used by the tests).
"""

from __future__ import annotations

from collections.abc import Callable

from gridwms.jobs.attempts import merge
from gridwms.jobs.effects import Deliver, Effect, Forget, Withdraw
from gridwms.jobs.events import (
    Aborted,
    Accepted,
    Cancelled,
    CancelRequested,
    Cleared,
    Delivered,
    Ended,
    Event,
    Finished,
    Matched,
    Noticed,
    PayloadStarted,
    Prioritized,
    Purged,
    Refused,
    Registered,
    Remark,
    Report,
    Resubmitted,
    Retried,
    Running,
)
from gridwms.jobs.job import NO_WISHES, Attempt, Job, Wishes
from gridwms.jobs.states import AT_SITE, ENDED, DoneCode, State
from gridwms.jobs.verdict import settle

Result = tuple[Job, tuple[Effect, ...]]


class UnexpectedEvent(Exception):
    """The table has no entry for this event in this state: nothing was changed."""

    def __init__(self, job: Job | None, event: Event) -> None:
        where = f"job {job.key} in state {job.state}" if job else "a job that is not registered"
        super().__init__(f"{event.type} ({event.id}) is not expected for {where}")
        self.event = event


class UnknownAttempt(Exception):
    """A report names an attempt that was never made."""

    def __init__(self, job: Job, event: Report) -> None:
        super().__init__(
            f"{event.type} ({event.id}) names attempt {event.attempt} of job {job.key}, which was never made"
        )
        self.event = event


def step(job: Job | None, event: Event) -> Result:
    """Apply one event. Raises UnexpectedEvent or UnknownAttempt; the caller has dropped events already known."""
    if isinstance(event, Report):
        return _report(job, event)
    if isinstance(event, Remark):
        if job is None:
            raise UnexpectedEvent(job, event)
        return job, ()
    handler = STEPS.get((job.state if job else None, type(event)))
    if handler is None:
        raise UnexpectedEvent(job, event)
    after, effects = handler(job, event)
    return (after._replace(decisions=after.decisions + 1) if job else after), effects


def _report(job: Job | None, event: Report) -> Result:
    if job is None:
        raise UnexpectedEvent(job, event)
    if not 1 <= event.attempt <= len(job.attempts):
        raise UnknownAttempt(job, event)
    late = is_late(job, event)
    handler = STEPS.get((job.state, type(event)))
    if not late and handler is None:
        raise UnexpectedEvent(job, event)
    before = job.attempts[event.attempt - 1]
    attempt = merge(before, event)
    attempts = _with(job.attempts, attempt)
    effects: tuple[Effect, ...] = (Forget(attempt.number, attempt.site),) if isinstance(event, Ended) else ()
    if late or handler is None:
        return job._replace(attempts=attempts), effects
    if handler is follow:
        return settle(job, attempts), effects
    job, more = handler(job._replace(attempts=attempts), event)
    return job, effects + more


def is_late(job: Job, event: Report) -> bool:
    """Whether this report can no longer move the job."""
    return job.state in ENDED or event.attempt != len(job.attempts) or job.attempts[event.attempt - 1].over


def _with(attempts: tuple[Attempt, ...], attempt: Attempt) -> tuple[Attempt, ...]:
    here = attempt.number
    return (*attempts[: here - 1], attempt, *attempts[here:]) if len(attempts) > 1 else (attempt,)


def _close(job: Job) -> Result:
    """End the current attempt by decision; what may still be alive at the site is to be withdrawn."""
    current = job.current
    if current is None or current.over:
        return job, ()
    job = job._replace(attempts=_with(job.attempts, current._replace(over=True)))
    if current.departure or current.outcome or current.refusal:
        return job, ()
    return job, (Withdraw(current.number, current.site),)


def follow(job: Job, _event: Event) -> Result:
    """The state follows from what is now known of the current attempt."""
    return settle(job), ()


def notice(job: Job, _event: Event) -> Result:
    """Worth recording, moves nothing."""
    return job, ()


def accepted(job: Job, event: Accepted) -> Result:
    job = job._replace(state=State.WAITING, state_since=event.time, reason=None)
    return (job if event.expires_at is None else job._replace(expires_at=event.expires_at)), ()


def matched(job: Job, event: Matched) -> Result:
    attempt = Attempt(event.attempt, event.site, event.ce, event.time, slots=event.slots)
    return settle(job, (*job.attempts, attempt)), (Deliver(attempt.number, attempt.site),)


def resubmitted(job: Job, event: Resubmitted) -> Result:
    job, effects = _close(job)
    job = job._replace(
        state=State.WAITING,
        state_since=event.time,
        done_code=None,
        reason=event.reason,
        deep_count=job.deep_count + (not event.shallow),
        shallow_count=job.shallow_count + event.counted if event.shallow else 0,
        wishes=_wishes(job.wishes, event) if event.avoid or event.memory_mb else job.wishes,
    )
    return job, effects


def retried(job: Job, event: Retried) -> Result:
    """All over again: what earlier attempts used up of its retries is given back."""
    job, effects = _close(job)
    job = job._replace(
        state=State.WAITING if event.ready else State.SUBMITTED,
        state_since=event.time,
        expires_at=event.expires_at,
        done_code=None,
        reason=None,
        deep_count=0,
        shallow_count=0,
        cancel_requested_at=None,
        wishes=NO_WISHES,
    )
    return job, effects


def _wishes(before: Wishes, event: Resubmitted) -> Wishes:
    known = not event.avoid or event.avoid in before.sites
    return Wishes(event.memory_mb or before.memory_mb, before.avoids if known else f"{before.avoids}{event.avoid}\n")


def cancel_requested(job: Job, event: CancelRequested) -> Result:
    first = job.cancel_requested_at is None
    job = job._replace(cancel_requested_at=event.time if first else job.cancel_requested_at)
    current = job.current
    if current is None or current.over:
        return job, ()
    job = settle(job)
    return job, (Withdraw(current.number, current.site),) if job.state in AT_SITE else ()


def prioritized(job: Job, event: Prioritized) -> Result:
    return job._replace(priority=event.priority), ()


def ended(state: State, done_code: DoneCode | None = None) -> Callable[..., Result]:
    """A handler for the decisions that end a job in `state`."""

    def handler(job: Job, event: Cancelled | Aborted | Cleared | Purged) -> Result:
        job, effects = _close(job)
        job = job._replace(state=state, state_since=event.time, reason=event.reason, done_code=done_code)
        return job, effects

    return handler


def registered(_job: None, event: Registered) -> Result:
    job = Job(
        key=event.key,
        owner=event.owner,
        vo=event.vo,
        description=event.description,
        match_class=event.match_class,
        retry_count=event.retry_count,
        shallow_retry_count=event.shallow_retry_count,
        submitted_at=event.time,
        expires_at=event.expires_at,
        state=State.SUBMITTED,
        state_since=event.time,
        parent=event.parent,
        node=event.node,
        node_name=event.node_name,
        value=event.value,
        fqan=event.fqan,
        priority=event.priority,
        delegation=event.delegation,
    )
    return job, ()


_LIVE = (State.READY, State.SCHEDULED, State.RUNNING, State.DONE)
_OPEN = (State.SUBMITTED, State.WAITING, *_LIVE)
_MOVING: tuple[type[Report], ...] = (Delivered, Refused, Running, PayloadStarted, Finished, Ended)

STEPS: dict[tuple[State | None, type[Event]], Callable[..., Result]] = {
    (None, Registered): registered,
    (State.SUBMITTED, Accepted): accepted,
    (State.WAITING, Matched): matched,
    **{(state, report): follow for state in _LIVE for report in _MOVING},
    **{(state, Noticed): notice for state in _LIVE},
    **{(state, Resubmitted): resubmitted for state in _LIVE},
    **{(state, CancelRequested): cancel_requested for state in _OPEN},
    **{(state, Prioritized): prioritized for state in _OPEN},
    **{(state, Cancelled): ended(State.CANCELLED) for state in _OPEN},
    **{(state, Aborted): ended(State.ABORTED) for state in _OPEN},
    (State.DONE, Cleared): ended(State.CLEARED, DoneCode.OK),
    **{(state, Retried): retried for state in (State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED)},
    **{
        (state, Purged): ended(State.PURGED)
        for state in (State.SUBMITTED, State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED)
    },
}
"""(state, event type) -> handler. An absent pair is an error with a name, never a default."""
