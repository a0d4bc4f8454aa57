"""How many nodes of a compound are in which state, and what state of their parent follows (gLite reference §6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import DoneCode, State


class Bucket(NamedTuple):
    """Nodes that count as equal. `failed`: they are done, and their payload's exit code is not 0."""

    state: State
    done_code: DoneCode | None = None
    failed: bool = False


Histogram = Mapping[Bucket, int]

_DONE = frozenset({State.DONE, State.CLEARED})
_BAD = frozenset({State.ABORTED, State.CANCELLED})
IN_FLIGHT = frozenset({State.WAITING, State.READY, State.SCHEDULED, State.RUNNING, State.DONE})
"""With DONE only as long as it is not OK: then a decision follows."""


def bucket_of(job: Job) -> Bucket:
    """Where a node is counted."""
    return Bucket(job.state, job.done_code, bool(job.state in _DONE and job.exit_code))


class Verdict(Enum):
    """What a node is to those that wait for it."""

    OPEN = "open"
    GOOD = "good"
    BAD = "bad"


def verdict_of(bucket: Bucket) -> Verdict:
    """A payload that ends with another exit code than 0 has failed: nobody can rely on its output."""
    if bucket.state in _BAD:
        return Verdict.BAD
    if bucket.state in _DONE and bucket.done_code is DoneCode.OK:
        return Verdict.BAD if bucket.failed else Verdict.GOOD
    return Verdict.OPEN


def in_flight(histogram: Histogram) -> int:
    """How many nodes were let go and have not ended."""
    return sum(
        count for bucket, count in histogram.items() if bucket.state in IN_FLIGHT and verdict_of(bucket) is Verdict.OPEN
    )


def failures(histogram: Histogram) -> int:
    """How many nodes failed, were given up or cancelled."""
    return sum(count for bucket, count in histogram.items() if verdict_of(bucket) is Verdict.BAD)


class Condition(NamedTuple):
    """What the nodes make of their parent."""

    state: State
    done_code: DoneCode | None = None
    reason: Reason | None = None


def condition(histogram: Histogram, *, kind: str, started: bool, cancelled: bool) -> Condition:
    """The rules of L&B for collections, tested in their order, for every kind of compound.

    L&B counts a cancelled node as cleared, so a cancelled collection is Cleared there; here it is CANCELLED when its
    user asked for that, or when nothing else is left. The end of a DAG has the words of gLite's (§1.6).
    """
    total = sum(histogram.values())
    by_state: dict[State, int] = {}
    for bucket, count in histogram.items():
        by_state[bucket.state] = by_state.get(bucket.state, 0) + count
    failed = failures(histogram)
    why = None
    if failed:
        why = reason("dag_failed" if kind == "dag" else "nodes_failed", failed=failed, nodes=total)
    done = sum(n for b, n in histogram.items() if b.state is State.DONE and b.done_code is DoneCode.OK)
    cleared, ended = by_state.get(State.CLEARED, 0), by_state.get(State.CANCELLED, 0)
    aborted = by_state.get(State.ABORTED, 0)
    if by_state.get(State.RUNNING, 0):
        return Condition(State.RUNNING)
    if done + cleared + ended + aborted < total:
        return Condition(State.WAITING if started else State.SUBMITTED)
    if aborted:
        return Condition(State.ABORTED, None, why)
    if ended and (cancelled or ended == total):
        return Condition(State.CANCELLED, None, why)
    if done:
        end = reason("dag_completed") if kind == "dag" else None
        return Condition(State.DONE, DoneCode.OK, why or end)
    return Condition(State.CLEARED, DoneCode.OK, why)
