"""What the state of a job is, given all that is known of its current attempt."""

from __future__ import annotations

from gridwms.jobs.events import EndKind
from gridwms.jobs.job import Attempt, Departure, Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import DoneCode, State

_STOPPED = frozenset({"withdrawn", "terminated"})
"""What a wrapper says when it was told to end: a cancelled job when the user asked for it."""


def settle(job: Job) -> Job:
    """The job with the state that follows from its current attempt.

    The wrapper's word outranks the site's: a site sees a process end, the wrapper knows how.
    """
    attempt = job.current
    if attempt is None:
        return job
    cancelling = job.cancel_requested_at is not None
    if attempt.outcome is not None:
        failure = attempt.outcome.failure
        if failure is None:
            return _done(job, DoneCode.OK, None, attempt.outcome.time)
        stopped = cancelling and failure.code in _STOPPED
        return _done(job, DoneCode.CANCELLED if stopped else DoneCode.FAILED, failure, attempt.outcome.time)
    if attempt.refused_at is not None:
        return _done(job, DoneCode.FAILED, attempt.refusal, attempt.refused_at)
    if attempt.departure is not None:
        code = DoneCode.CANCELLED if cancelling else DoneCode.FAILED
        return _done(job, code, _why_departed(attempt, attempt.departure), attempt.departure.time)
    return _on_the_way(job, attempt)


def _on_the_way(job: Job, attempt: Attempt) -> Job:
    started = [time for time in (attempt.running_at, attempt.payload_at) if time is not None]
    if started:
        state, since = State.RUNNING, min(started)
    elif attempt.delivered_at is not None:
        state, since = State.SCHEDULED, attempt.delivered_at
    else:
        state, since = State.READY, attempt.matched_at
    return _in_state(job, state, since, None, None)


def _done(job: Job, code: DoneCode, why: Reason | None, time: float) -> Job:
    return _in_state(job, State.DONE, time, code, why)


def _in_state(job: Job, state: State, since: float, code: DoneCode | None, why: Reason | None) -> Job:
    if job.state is state and job.state_since == since and job.done_code is code and job.reason == why:
        return job
    return job._replace(state=state, state_since=since, done_code=code, reason=why)


def _why_departed(attempt: Attempt, departure: Departure) -> Reason:
    if departure.reason is not None:
        return departure.reason
    match departure.kind:
        case EndKind.GONE:
            return reason("site_lost", site=attempt.site)
        case EndKind.COMPLETED:
            return reason("wrapper_died", site=attempt.site, text=f"status {departure.exit_code}")
        case EndKind.KILLED | EndKind.CANCELLED:
            return reason("killed_at_site", site=attempt.site, text=f"{departure.kind}, status {departure.exit_code}")
