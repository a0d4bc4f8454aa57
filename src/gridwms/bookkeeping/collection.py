"""Parents of collections: their state and the histogram of their children (gLite reference: collections).

Counted by state, so that the histogram is exact, and kept up to date child by child; `counted` from all children gives
the same. "All" is the number of children that the parent was registered with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from gridwms.bookkeeping.states import DoneCode, JobType, StateCode
from gridwms.bookkeeping.status import JobStatus

COMPUTED = frozenset({JobType.COLLECTION, JobType.FILE_TRANSFER_COLLECTION})
"""The parents whose state follows from their children; that of a DAG follows its engine."""


class ChildClass(Enum):
    """What a child counts as."""

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
        """By the number of the state; children that are not registered yet are under Unknown."""
        missing = max(0, self.number - self.known)
        place = StateCode.UNKNOWN
        return (*self.states[:place], self.states[place] + missing, *self.states[place + 1 :])


def moved(
    children: Children,
    before: tuple[StateCode, DoneCode | None] | None,
    after: tuple[StateCode, DoneCode | None] | None,
) -> Children:
    """The children after one of them went from one state to another, each with its done code; None: it is no child."""
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


def with_children(status: JobStatus, children: Children) -> JobStatus:
    """The status of a parent with the histogram of its children."""
    return replace(status, children_hist=children.histogram)
