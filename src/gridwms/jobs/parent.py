"""The parent of nodes: a compound job as its own events make it. Its nodes are jobs of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gridwms.jobs.events import (
    Aborted,
    Accepted,
    Cancelled,
    CancelRequested,
    Cleared,
    CompoundRegistered,
    Event,
    NodesRegistered,
    NodesState,
    Prioritized,
    Purged,
    Remark,
    Retried,
)
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State


class Parent(NamedTuple):
    """A compound job. `state`, `done_code` and `reason` follow from its nodes until it is purged.

    `max_running`: how many nodes may be let go at once, 0 for any number. `started_at`: when its input sandbox was
    complete.
    """

    key: str
    owner: str
    vo: str
    kind: str
    description: str
    nodes: int
    max_running: int
    shared: tuple[tuple[str, str, str], ...]
    user_tags: tuple[tuple[str, str], ...]
    submitted_at: float
    started_at: float | None
    state: State
    state_since: float
    done_code: DoneCode | None = None
    reason: Reason | None = None
    decisions: int = 1
    cancel_requested_at: float | None = None
    priority: int = 0
    """The one that its nodes were given last."""

    @property
    def over(self) -> bool:
        """Whether none of its nodes has anything left to do."""
        return self.state in (State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED, State.PURGED)


class UnexpectedParentEvent(Exception):
    """This event cannot follow what happened to the compound so far: nothing was changed."""

    def __init__(self, parent: Parent | None, event: Event) -> None:
        where = f"compound {parent.key} in state {parent.state}" if parent else "a compound that is not registered"
        super().__init__(f"{event.type} ({event.id}) is not expected for {where}")


def step_parent(parent: Parent | None, event: Event) -> Parent:
    """Apply one event. Raises UnexpectedParentEvent."""
    if parent is None:
        if isinstance(event, CompoundRegistered):
            return _registered(event)
        raise UnexpectedParentEvent(parent, event)
    if isinstance(event, Remark):
        return parent
    if parent.state is State.PURGED:
        raise UnexpectedParentEvent(parent, event)
    parent = parent._replace(decisions=parent.decisions + 1)
    match event:
        case NodesState():
            code = DoneCode(event.done_code) if event.done_code else None
            return parent._replace(
                state=State(event.state), state_since=event.time, done_code=code, reason=event.reason
            )
        case Accepted() if parent.started_at is None:
            return parent._replace(started_at=event.time)
        case CancelRequested():
            return parent._replace(cancel_requested_at=event.time)
        case Prioritized():
            return parent._replace(priority=event.priority)
        case Retried():
            return parent._replace(cancel_requested_at=None)
        case Purged():
            return parent._replace(state=State.PURGED, state_since=event.time, done_code=None, reason=event.reason)
        case NodesRegistered() if parent.decisions == 2:
            return parent
        case Aborted() | Cancelled() | Cleared():
            return parent  # a wish for its nodes, which tell themselves what became of it
        case _:
            raise UnexpectedParentEvent(parent, event)


def rebuild_parent(events: Iterable[Event]) -> Parent | None:
    """The compound that these events make, whatever the order they are given in; None when there are none."""
    parent: Parent | None = None
    for event in sorted({event.id: event for event in events}.values(), key=lambda event: event.id):
        parent = step_parent(parent, event)
    return parent


def parent_decision_id(parent: Parent) -> str:
    """The id of the next decision about a compound."""
    return f"d{parent.decisions:09d}"


def _registered(event: CompoundRegistered) -> Parent:
    return Parent(
        key=event.key,
        owner=event.owner,
        vo=event.vo,
        kind=event.kind,
        description=event.description,
        nodes=event.nodes,
        max_running=event.max_running,
        shared=tuple((name, local, url) for name, local, url in event.shared),
        user_tags=tuple((name, value) for name, value in event.user_tags),
        submitted_at=event.time,
        started_at=event.time if event.started else None,
        state=State.WAITING if event.started else State.SUBMITTED,
        state_since=event.time,
    )
