"""A job kept up to date event by event: the fast path for events in order, a replay for all others.

An event that sorts after everything known is simply the last step of the replay. So the result is always that of
`replay` over all events, in any order of arrival and with any duplicates. `advance` and `recompute` are for a job
whose events lie in a database, `JobRecord` for one held in memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gridwms.bookkeeping.event import Event, Identity
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import Key, canonical, key, of_two, registers
from gridwms.bookkeeping.machine.replay import run, step
from gridwms.bookkeeping.seqcode import parse_or_none
from gridwms.bookkeeping.status import JobStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come: enough to go on without its events as long as new ones come in order."""

    memory: Memory = field(default_factory=Memory)
    newest: Key | None = None
    """The greatest key of all events known but the registration, which comes first whatever its key."""

    @property
    def registered(self) -> bool:
        """Whether the job exists for queries."""
        return self.memory.jobtype is not None


def advance(progress: Progress, event: Event) -> Progress | None:
    """The job after an event that is no duplicate; None when it is out of order and `recompute` must be asked."""
    code = parse_or_none(event.seqcode)
    place = key(event, code)
    newest = progress.newest
    if registers(event):
        return Progress(step(Memory(), event, code)) if newest is None and not progress.registered else None
    if not progress.registered:
        return Progress(progress.memory, place if newest is None else max(place, newest))
    if newest is not None and place < newest:
        return None
    return Progress(step(progress.memory, event, code), place)


def recompute(events: Iterable[Event]) -> Progress:
    """The job from all its events."""
    ordered = canonical(events)
    others = ordered[1:] if ordered and registers(ordered[0]) else ordered
    return Progress(run(ordered), key(others[-1]) if others else None)


class Arrival(Enum):
    """What became of an event that was given to a record."""

    IN_ORDER = "in order"
    OUT_OF_ORDER = "out of order"
    """The job was computed anew."""
    DUPLICATE = "duplicate"
    """Discarded."""


class JobRecord:
    """All events of one job and what they make, for a job held in memory.

    The memory after every event is kept, so an event out of order costs only the steps after its place. Nothing but
    the registration and changed duplicates make the whole job be replayed.
    """

    __slots__ = ("_events", "_first", "_keys", "_memories", "_ordered")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: dict[Identity, Event] = {}
        self._first = Memory()
        """After the registration."""
        self._keys: list[Key] = []
        self._ordered: list[Event] = []
        """All others in order, with their keys and the memories after them."""
        self._memories: list[Memory] = []
        for event in events:
            self.add(event)

    def add(self, event: Event) -> Arrival:
        """Work an event in."""
        identity = event.identity
        known = self._events.get(identity)
        if known is not None and of_two(known, event) is known:
            return Arrival.DUPLICATE
        self._events[identity] = event
        if known is not None or registers(event):
            self._replay()
            return Arrival.IN_ORDER if known is None and len(self._events) == 1 else Arrival.OUT_OF_ORDER
        code = parse_or_none(event.seqcode)
        place = key(event, code)
        keys = self._keys
        if keys and place < keys[-1]:
            at = bisect_left(keys, place)
            keys.insert(at, place)
            self._ordered.insert(at, event)
            self._step_from(at)
            return Arrival.OUT_OF_ORDER
        before = self.memory
        keys.append(place)
        self._ordered.append(event)
        self._memories.append(step(before, event, code))
        return Arrival.IN_ORDER

    def _replay(self) -> None:
        ordered = canonical(self._events.values())
        registered = registers(ordered[0])
        self._first = step(Memory(), ordered[0]) if registered else Memory()
        self._ordered = ordered[1:] if registered else ordered
        self._keys = [key(event) for event in self._ordered]
        self._step_from(0)

    def _step_from(self, at: int) -> None:
        memory = self._memories[at - 1] if at else self._first
        del self._memories[at:]
        for event in self._ordered[at:]:
            memory = step(memory, event)
            self._memories.append(memory)

    @property
    def events(self) -> Mapping[Identity, Event]:
        """All events by identity, in the order of arrival."""
        return self._events

    @property
    def memory(self) -> Memory:
        """What the machine knows of the job."""
        return self._memories[-1] if self._memories else self._first

    @property
    def status(self) -> JobStatus | None:
        """The status; None before the registration: the job is not visible yet."""
        return None if self.memory.jobtype is None else self.memory.status
