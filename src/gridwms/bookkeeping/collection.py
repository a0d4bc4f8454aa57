"""Parents of collections: their state and the histogram of their children (gLite reference: collections).

Counted by state, so that the histogram is exact, and kept up to date child by child; `counted` from all children gives
the same. "All" is the number of children that the parent was registered with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.seqcode import SequenceCode, increment
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode
from gridwms.bookkeeping.status import JobStatus

COMPUTED = frozenset({JobType.COLLECTION, JobType.FILE_TRANSFER_COLLECTION})
"""The parents whose state follows from their children; that of a DAG follows its engine."""


class ChildClass(Enum):
    """What a child counts as; the value is the state under which the fast histogram has it."""

    RUNNING = StateCode.RUNNING
    DONE = StateCode.DONE
    ABORTED = StateCode.ABORTED
    CLEARED = StateCode.CLEARED
    """Cleared or cancelled."""
    REST = StateCode.UNKNOWN
    """Not that far; Done with any code but OK too, since a resubmission may come."""


_CLASSES = {
    StateCode.RUNNING: ChildClass.RUNNING,
    StateCode.ABORTED: ChildClass.ABORTED,
    StateCode.CLEARED: ChildClass.CLEARED,
    StateCode.CANCELLED: ChildClass.CLEARED,
}


def class_of(state: StateCode, done_code: DoneCode | None) -> ChildClass:
    """What a child in this state counts as."""
    if state is StateCode.DONE:
        return ChildClass.DONE if done_code is DoneCode.OK else ChildClass.REST
    return _CLASSES.get(state, ChildClass.REST)


@dataclass(frozen=True, slots=True)
class Children:
    """The children of one parent: how many, and how many of those that are known are in which state."""

    number: int
    states: tuple[int, ...] = (0,) * len(StateCode)
    done_ok: int = 0

    @property
    def known(self) -> int:
        """How many children are registered."""
        return sum(self.states)

    def count(self, kind: ChildClass) -> int:
        """How many children count as this."""
        match kind:
            case ChildClass.DONE:
                return self.done_ok
            case ChildClass.CLEARED:
                return self.states[StateCode.CLEARED] + self.states[StateCode.CANCELLED]
            case ChildClass.REST:
                return self.number - sum(self.count(one) for one in ChildClass if one is not ChildClass.REST)
            case _:
                return int(self.states[kind.value])

    @property
    def histogram(self) -> tuple[int, ...]:
        """By the number of the state ("thorough"); children that are not registered yet are under Unknown."""
        missing = max(0, self.number - self.known)
        place = StateCode.UNKNOWN
        return (*self.states[:place], self.states[place] + missing, *self.states[place + 1 :])

    @property
    def fast_histogram(self) -> tuple[int, ...]:
        """By class, as L&B keeps it step by step: Running, Done, Aborted, Cleared, and Unknown for the rest."""
        counts = {kind.value: self.count(kind) for kind in ChildClass}
        return tuple(counts.get(state, 0) for state in StateCode)


def moved(
    children: Children,
    before: tuple[StateCode, DoneCode | None] | None,
    after: tuple[StateCode, DoneCode | None],
) -> Children:
    """The children after one of them went from one state (None: it was not known) to another, with their done codes."""
    states, done_ok = list(children.states), children.done_ok
    for one, change in ((before, -1), (after, 1)):
        if one is not None:
            states[one[0]] += change
            done_ok += change if class_of(*one) is ChildClass.DONE else 0
    return replace(children, states=tuple(states), done_ok=done_ok)


def counted(number: int, states: Iterable[tuple[StateCode, DoneCode | None]]) -> Children:
    """The children counted one by one."""
    children = Children(number)
    for one in states:
        children = moved(children, None, one)
    return children


def parent_state(children: Children, kind: JobType) -> StateCode:
    """The state of a parent; the rules are tested in this order."""
    running, done = children.count(ChildClass.RUNNING), children.count(ChildClass.DONE)
    aborted, cleared = children.count(ChildClass.ABORTED), children.count(ChildClass.CLEARED)
    everything = children.number
    if running:
        return StateCode.RUNNING
    if everything <= 0:
        return StateCode.WAITING
    if kind is JobType.FILE_TRANSFER_COLLECTION:
        if done == everything:
            return StateCode.DONE
        return StateCode.ABORTED if done + aborted == everything else StateCode.WAITING
    if cleared == everything:
        return StateCode.CLEARED
    if done + cleared == everything:
        return StateCode.DONE
    return StateCode.ABORTED if done + cleared + aborted == everything else StateCode.WAITING


def with_children(status: JobStatus, children: Children, *, thorough: bool = True) -> JobStatus:
    """The status of a parent with the histogram of its children."""
    return replace(status, children_hist=children.histogram if thorough else children.fast_histogram)


def histogram_text(histogram: tuple[int, ...]) -> str:
    """The histogram as it stands in a CollectionState event."""
    return ", ".join(f"{state.word}={histogram[state]}" for state in StateCode if state is not StateCode.UNDEFINED)


def state_event(
    parent: Memory, children: Children, child: Event, *, timestamp: int, host: str, user: str
) -> Event | None:
    """The event that the server logs for a parent when an event of a child has changed the parent's state.

    None when the state stays. `timestamp` in microseconds since the epoch; `user` is the server's own subject.
    """
    status = parent.status
    if status.jobtype not in COMPUTED:
        return None
    state = parent_state(children, status.jobtype)
    if state is status.state:
        return None
    code = increment(parent.last or SequenceCode(), sources.LB_SERVER)
    return Event(
        "CollectionState",
        timestamp,
        status.job_id,
        sources.LB_SERVER,
        str(code),
        host,
        user,
        data={
            "state": state.word,
            "done_code": int(DoneCode.OK),
            "histogram": histogram_text(children.fast_histogram),
            "child": child.job,
            "child_event": child.type,
        },
    )
