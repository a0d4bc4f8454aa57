"""Which nodes of a compound are to be let go, given up or taken up again: decided here, recorded by the caller."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from gridwms.flow.compound.progress import Progress
from gridwms.jobs.events import Aborted, Accepted, Event, Retried
from gridwms.jobs.histogram import Histogram, in_flight
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.store import compounds, nodes
from gridwms.store import jobs as rows

MOST = 1000
"""How many nodes one transaction lets go or gives up; the rest is a task for later."""
_SWEEPS = frozenset({"cancel", "abort", "retry"})
"""While one of these is under way, nodes are not decided about one by one."""

Stored = dict[str, tuple[int, Job]]
Decisions = list[tuple[str, Event]]


def decide_nodes(
    connection: Connection, progress: Progress, now: float, expiry_seconds: float
) -> tuple[Stored, Decisions, bool]:
    """The next decisions about nodes of the compounds that moved, these nodes, and whether more are left for later."""
    stored: Stored = {}
    decisions: Decisions = []
    more = False
    free = [number for number in progress.moved if _decides(connection, number, progress.parents[number])]
    if not free:
        return stored, decisions, False
    if progress.mended:
        hopeful, more = nodes.reopened(connection, progress.mended, MOST)
        again = _within(hopeful, free, progress)
        if more:
            for number in free:
                compounds.put_task(connection, number, "reopen")
        stored |= rows.load_numbers(connection, again)
        decisions += [(key, taken_up(job, now)) for key, (_number, job) in stored.items()]
    for number in free:
        parent = progress.parents[number]
        found, made, left = _move(connection, number, parent, progress.histograms[number], now, expiry_seconds)
        stored |= found
        decisions += made
        more = more or left
    return stored, decisions, more


def _decides(connection: Connection, number: int, parent: Parent) -> bool:
    if parent.started_at is None or parent.cancel_requested_at is not None or parent.state is State.PURGED:
        return False
    return not any(task.kind in _SWEEPS for task in compounds.tasks(connection, number))


def _within(numbers: Collection[int], free: Collection[int], progress: Progress) -> list[int]:
    spans = [(first, first + progress.parents[first].nodes) for first in free]
    return [number for number in numbers if any(first <= number < end for first, end in spans)]


def _move(
    connection: Connection, number: int, parent: Parent, histogram: Histogram, now: float, expiry_seconds: float
) -> tuple[Stored, Decisions, bool]:
    hopeless = nodes.doomed(connection, number, MOST)
    room = MOST
    if parent.max_running:
        room = max(0, min(room, parent.max_running - in_flight(histogram)))
    let_go = nodes.ready(connection, number, room) if room else []
    more = MOST in (len(hopeless), len(let_go))
    if more:
        compounds.put_task(connection, number, "advance")
    why = reason("parents_failed")
    stored = rows.load_numbers(connection, [*hopeless, *let_go])
    doomed = set(hopeless)
    decisions: Decisions = []
    for key, (row, job) in stored.items():
        if job.state is not State.SUBMITTED:
            continue
        if row in doomed:
            decisions.append((key, Aborted(id=decision_id(job), time=now, reason=why)))
        else:
            expires_at = now + expiry_seconds if job.expires_at is None else None
            decisions.append((key, Accepted(id=decision_id(job), time=now, expires_at=expires_at)))
    return stored, decisions, more


def taken_up(job: Job, now: float) -> Retried:
    """A node that was given up for others' sake waits for them again."""
    return Retried(id=decision_id(job), time=now, by=job.owner, ready=False, expires_at=None)
