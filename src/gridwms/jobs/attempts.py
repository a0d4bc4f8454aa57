"""How reports are merged into an attempt: each rule gives the same result in any order and any repetition."""

from __future__ import annotations

from gridwms.jobs.events import (
    Delivered,
    Ended,
    Finished,
    PayloadStarted,
    Refused,
    Report,
    Running,
    Source,
)
from gridwms.jobs.job import Attempt, Departure, Outcome


def is_first(attempt: Attempt, event: Report) -> bool:
    """Whether no report of this type has been merged yet, so that this one cannot be a repeated one."""
    match event:
        case Delivered():
            return attempt.delivered_at is None
        case Refused():
            return attempt.refused_at is None
        case Running():
            return attempt.running_at is None
        case PayloadStarted():
            return attempt.payload_at is None
        case Finished():
            return attempt.outcome is None
        case Ended():
            return attempt.departure is None
        case _:
            return False


def merge(attempt: Attempt, event: Report) -> Attempt:
    """The attempt with what this report tells."""
    match event:
        case Delivered():
            return attempt._replace(
                receipt=_least(attempt.receipt, event.receipt),
                delivered_at=_earliest(attempt.delivered_at, event.time),
            )
        case Refused():
            if attempt.refused_at is not None and attempt.refused_at <= event.time:
                return attempt
            return attempt._replace(refusal=event.reason, refused_at=event.time)
        case Running():
            return _seen_running(attempt, event)
        case PayloadStarted():
            if attempt.payload_at is not None and attempt.payload_at <= event.time:
                return attempt
            return attempt._replace(payload_at=event.time, instance=event.instance)
        case Finished():
            outcome = Outcome(exit_code=event.exit_code, failure=event.failure, time=event.time)
            if attempt.outcome is not None and _weight(attempt.outcome) <= _weight(outcome):
                return attempt
            return attempt._replace(outcome=outcome)
        case Ended():
            departure = Departure(kind=event.kind, exit_code=event.exit_code, reason=event.reason, time=event.time)
            if attempt.departure is not None and attempt.departure.time <= departure.time:
                return attempt
            return attempt._replace(departure=departure)
        case _:
            return attempt


def _seen_running(attempt: Attempt, event: Running) -> Attempt:
    seen = (0 if event.source is Source.WORKER else 1, event.time)
    attempt = attempt._replace(running_at=_earliest(attempt.running_at, event.time))
    if not event.node or (attempt.node_seen is not None and attempt.node_seen <= seen):
        return attempt
    return attempt._replace(node=event.node, node_seen=seen)


def _weight(outcome: Outcome) -> tuple[float, int, str]:
    """Of two last words the earlier counts; ties are broken by content, so that the order cannot matter."""
    return outcome.time, outcome.exit_code or 0, outcome.failure.code if outcome.failure else ""


def _earliest(old: float | None, new: float) -> float:
    return new if old is None else min(old, new)


def _least(old: str | None, new: str) -> str:
    return new if old is None else min(old, new)
