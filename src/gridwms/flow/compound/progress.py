"""What follows for compounds when nodes change, in the same transaction: counts, readiness of children, the parent's
state. Costs by the nodes that changed and their edges, never by the size of the compound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gridwms.jobs.codec import form_of
from gridwms.jobs.cohorts import Moved
from gridwms.jobs.events import Event, NodesState
from gridwms.jobs.histogram import Bucket, Condition, Histogram, Verdict, bucket_of, condition, verdict_of
from gridwms.jobs.parent import Parent, parent_decision_id, step_parent
from gridwms.jobs.states import State
from gridwms.store import compounds, nodes
from gridwms.store import events as log

Flips = dict[tuple[Verdict, Verdict], list[int]]


@dataclass(slots=True)
class Progress:
    """What changed: the compounds concerned as they are now, and what that may have set free."""

    parents: dict[int, Parent] = field(default_factory=dict)
    histograms: dict[int, Histogram] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    """Compounds of which another node may have become ready, hopeless, or hopeful again."""
    mended: list[int] = field(default_factory=list)
    """Nodes that are no longer failed."""


def follow_nodes(connection: Connection, moved: Sequence[Moved], now: float) -> Progress:
    """Count the nodes that moved, tell the children, and keep the parents' states."""
    changes: dict[tuple[int, Bucket], int] = defaultdict(int)
    flips: Flips = defaultdict(list)
    progress = Progress()
    for before, job, those in moved:
        if job.parent is None:
            continue
        was, now_is = bucket_of(before), bucket_of(job)
        if was == now_is:
            continue
        changes[job.parent, was] -= len(those)
        changes[job.parent, now_is] += len(those)
        verdicts = verdict_of(was), verdict_of(now_is)
        if verdicts[0] is not verdicts[1] and job.state is not State.PURGED:
            numbers = [member.number for member in those]
            flips[verdicts] += numbers
            progress.moved.add(job.parent)
            if verdicts[0] is Verdict.BAD:
                progress.mended += numbers
    if not changes:
        return progress
    compounds.count(connection, changes)
    progress.parents = compounds.load_numbers(connection, {number for number, _bucket in changes})
    gradual = {number for number, parent in progress.parents.items() if lets_go_one_by_one(parent)}
    progress.moved &= gradual
    if gradual:
        nodes.tell_children(connection, flips)
    progress.histograms = compounds.counts(connection, progress.parents)
    for number, parent in progress.parents.items():
        progress.parents[number] = keep_state(connection, number, parent, progress.histograms[number], now)
    return progress


def lets_go_one_by_one(parent: Parent) -> bool:
    """Whether its nodes wait for each other, or for room."""
    return parent.kind == "dag" or parent.max_running > 0


def keep_state(connection: Connection, number: int, parent: Parent, histogram: Histogram, now: float) -> Parent:
    """The compound with the state that its nodes make; an event tells when that is another one."""
    if parent.state is State.PURGED:
        return parent
    new = condition(
        histogram,
        kind=parent.kind,
        started=parent.started_at is not None,
        cancelled=parent.cancel_requested_at is not None,
    )
    if new == Condition(parent.state, parent.done_code, parent.reason):
        return parent
    event = NodesState(
        id=parent_decision_id(parent),
        time=now,
        state=new.state.value,
        done_code=new.done_code.value if new.done_code else None,
        reason=new.reason,
    )
    return record_parent(connection, number, parent, [event], now)


def record_parent(connection: Connection, number: int, parent: Parent, events: Collection[Event], now: float) -> Parent:
    """Step, log and save events about a compound. Raises UnexpectedParentEvent."""
    made: list[log.Entry] = []
    for event in events:
        before, parent = parent, step_parent(parent, event)
        same = before.state is parent.state and before.done_code is parent.done_code
        made.append((number, event, form_of(event, None if same else parent)))
    log.append_compound(connection, made, now)
    compounds.save(connection, number, parent)
    return parent
