"""What the state of a job is, given all that is known of its current attempt."""

from __future__ import annotations

from gridwms.jobs.events import EndKind
from gridwms.jobs.job import Attempt, Departure, Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import DoneCode, State

STOPPED = frozenset({"withdrawn", "terminated"})
"""What a wrapper says when it was told to end: a cancelled job when the user asked for it."""
_NO_TOKEN = 16
"""Exit status of a wrapper that did not get the token (docs/worker-protocol.md)."""

# Looking a member of an enumeration up costs as much as the rest of a rule.
_READY, _SCHEDULED, _RUNNING, _DONE = State.READY, State.SCHEDULED, State.RUNNING, State.DONE
_OK, _FAILED, _CANCELLED = DoneCode.OK, DoneCode.FAILED, DoneCode.CANCELLED


def settle(job: Job, attempts: tuple[Attempt, ...] | None = None) -> Job:
    """The job with the state that follows from its current attempt. `attempts`: they take the place of those it has.

    The wrapper's word outranks the site's: a site sees a process end, the wrapper knows how.
    """
    if attempts is None:
        attempts = job.attempts
    if not attempts:
        return job
    attempt = attempts[-1]
    outcome, departure = attempt.outcome, attempt.departure
    cancelling = job.cancel_requested_at is not None
    if outcome is not None:
        failure = outcome.failure
        if failure is None:
            return _in_state(job, attempts, _DONE, outcome.time, _OK)
        stopped = cancelling and failure.code in STOPPED
        return _in_state(job, attempts, _DONE, outcome.time, _CANCELLED if stopped else _FAILED, failure)
    if attempt.refused_at is not None:
        return _in_state(job, attempts, _DONE, attempt.refused_at, _FAILED, attempt.refusal)
    if departure is not None:
        code = _CANCELLED if cancelling else _FAILED
        return _in_state(job, attempts, _DONE, departure.time, code, why_departed(attempt, departure))
    running, payload = attempt.running_at, attempt.payload_at
    if running is not None or payload is not None:
        return _in_state(job, attempts, _RUNNING, _earlier(running, payload))
    if attempt.delivered_at is not None:
        return _in_state(job, attempts, _SCHEDULED, attempt.delivered_at)
    return _in_state(job, attempts, _READY, attempt.matched_at)


def _earlier(one: float | None, other: float | None) -> float:
    """Of two times of which one at least is known."""
    if one is None or other is None:
        return other or one or 0.0
    return min(one, other)


def _in_state(
    job: Job,
    attempts: tuple[Attempt, ...],
    state: State,
    since: float,
    code: DoneCode | None = None,
    why: Reason | None = None,
) -> Job:
    if job.state is state and job.state_since == since and job.done_code is code and job.reason == why:
        return job if attempts is job.attempts else job._replace(attempts=attempts)
    return job._replace(attempts=attempts, state=state, state_since=since, done_code=code, reason=why)


def why_departed(attempt: Attempt, departure: Departure) -> Reason:
    """Why an attempt ended of which the wrapper has said nothing."""
    if departure.reason is not None:
        return departure.reason
    match departure.kind:
        case EndKind.GONE:
            return reason("site_lost", site=attempt.site)
        case EndKind.COMPLETED if departure.exit_code == _NO_TOKEN and attempt.payload_at is not None:
            text = "the site lost it and started it again; its payload, which had begun, runs once only"
            return reason("wrapper_died", site=attempt.site, text=text)
        case EndKind.COMPLETED:
            return reason("wrapper_died", site=attempt.site, text=f"status {departure.exit_code}")
        case EndKind.KILLED | EndKind.CANCELLED:
            return reason("killed_at_site", site=attempt.site, text=f"{departure.kind}, status {departure.exit_code}")
