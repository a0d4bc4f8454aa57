"""What follows when an attempt is over: nothing, another attempt, or the end of the job.

Limits and texts are those of the gLite Workload Manager: the job's limit is tested first, then the configured
maximum, each with count >= limit; an exhausted shallow limit does not fall back to a deep retry; a deep retry
starts the shallow count anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.jobs.events import Aborted, Cancelled, Decision, Resubmitted
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, Retry, reason
from gridwms.jobs.states import DoneCode, State


@dataclass(frozen=True, slots=True)
class RetryMaxima:
    """The operator's upper limits (gLite: MaxRetryCount, MaxShallowRetryCount)."""

    deep: int = 10
    shallow: int = 10


def decide(job: Job, maxima: RetryMaxima, now: float) -> Decision | None:
    """The decision that a job asks for by itself, if any. Pure; the caller records it as the next event."""
    current = job.current
    if job.state is not State.DONE or current is None or current.over or job.done_code is DoneCode.OK:
        return None
    number = decision_id(job)
    if job.cancel_requested_at is not None:
        return Cancelled(id=number, time=now, reason=reason("cancelled_by_user", by=job.owner))
    failure = job.reason or reason("wrapper_died", site=current.site, text="no reason given")
    if failure.kind.retry is Retry.NEVER:
        return Aborted(id=number, time=now, reason=failure)
    shallow = current.payload_at is None and job.shallow_retry_count >= 0
    exhausted = _exhausted(job, maxima, failure, shallow=shallow)
    if exhausted is not None:
        return Aborted(id=number, time=now, reason=exhausted)
    return Resubmitted(id=number, time=now, attempt=current.number, shallow=shallow, reason=failure)


def decision_id(job: Job) -> str:
    """The id of the next decision about this job; sorts as text in the order of making."""
    return f"d{job.decisions:09d}"


def _exhausted(job: Job, maxima: RetryMaxima, failure: Reason, *, shallow: bool) -> Reason | None:
    count = job.shallow_count if shallow else job.deep_count
    limit = max(0, job.shallow_retry_count if shallow else job.retry_count)
    maximum = max(0, maxima.shallow if shallow else maxima.deep)
    name = "shallow" if shallow else "deep"
    if count >= limit:
        return reason(f"hit_{name}_limit", limit=limit, last=failure.sentence)
    if count >= maximum:
        return reason(f"hit_{name}_maximum", limit=maximum, last=failure.sentence)
    return None
