"""What follows when an attempt is over: nothing, another attempt, or the end of the job.

Limits and texts are those of the gLite Workload Manager: the job's limit is tested first, then the configured
maximum, each with count >= limit; an exhausted shallow limit does not fall back to a deep retry; a deep retry
starts the shallow count anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gridwms.jobs.events import Aborted, Cancelled, Decision, Resubmitted
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, Retry, reason
from gridwms.jobs.rules import DEFAULT_RULES, Rule, Then
from gridwms.jobs.states import DoneCode, State


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The operator's upper limits (gLite: MaxRetryCount, MaxShallowRetryCount), and rules.

    `memory_mb`: what an attempt is taken to have had that asked for nothing.
    """

    deep: int = 10
    shallow: int = 10
    rules: tuple[Rule, ...] = DEFAULT_RULES
    memory_mb: int = 2048


def no_demand(_job: Job) -> int:
    """Of jobs whose demands are not handed on."""
    return 0


def decide(job: Job, policy: RetryPolicy, now: float, demanded: Callable[[Job], int] = no_demand) -> Decision | None:
    """The decision that a job asks for by itself, if any. Pure; the caller records it as the next event.

    `demanded`: the megabytes that its requirements have asked for; it must be the same for all jobs of a match class.
    """
    current = job.current
    if job.state is not State.DONE or current is None or current.over or job.done_code is DoneCode.OK:
        return None
    number = decision_id(job)
    if job.cancel_requested_at is not None:
        return Cancelled(id=number, time=now, reason=reason("cancelled_by_user", by=job.owner))
    failure = job.reason or reason("wrapper_died", site=current.site, text="no reason given")
    payload = current.payload_at is not None
    rule = next((one for one in policy.rules if one.fits(current.site, failure, payload=payload)), None)
    then = rule.then if rule else Then.NEVER if failure.kind.retry is Retry.NEVER else Then.AGAIN
    if then is Then.NEVER:
        return Aborted(id=number, time=now, reason=failure)
    shallow = (not payload or then is Then.SHALLOW) and then is not Then.DEEP and job.shallow_retry_count >= 0
    exhausted = _exhausted(job, policy, failure, shallow=shallow)
    memory_mb = 0
    if rule is not None and then is Then.MORE_MEMORY:
        had = max(job.wishes.memory_mb, demanded(job)) or policy.memory_mb
        memory_mb = min(rule.most_mb, max(had + 1, round(had * rule.factor)))
        if exhausted is None and memory_mb <= had:
            exhausted = reason("hit_memory_limit", limit=rule.most_mb, last=failure.sentence)
    if exhausted is not None:
        return Aborted(id=number, time=now, reason=exhausted)
    return Resubmitted(
        id=number,
        time=now,
        attempt=current.number,
        shallow=shallow,
        reason=failure,
        avoid=current.site if then is Then.ELSEWHERE else "",
        memory_mb=memory_mb,
    )


def decision_id(job: Job) -> str:
    """The id of the next decision about this job; sorts as text in the order of making."""
    return f"d{job.decisions:09d}"


def _exhausted(job: Job, policy: RetryPolicy, failure: Reason, *, shallow: bool) -> Reason | None:
    count = job.shallow_count if shallow else job.deep_count
    limit = max(0, job.shallow_retry_count if shallow else job.retry_count)
    maximum = max(0, policy.shallow if shallow else policy.deep)
    name = "shallow" if shallow else "deep"
    if count >= limit:
        return reason(f"hit_{name}_limit", limit=limit, last=failure.sentence, cause=failure.code)
    if count >= maximum:
        return reason(f"hit_{name}_maximum", limit=maximum, last=failure.sentence, cause=failure.code)
    return None
