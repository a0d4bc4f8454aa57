"""A job kept up to date event by event: the fast path for events in order, the replay for all others.

An event that sorts after everything known is simply the last step of the replay. So the result is always that of
`replay` over all events, in any order of arrival and with any duplicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gridwms.bookkeeping.event import Event, Identity
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import Key, key, of_two
from gridwms.bookkeeping.machine.replay import replay, step
from gridwms.bookkeeping.seqcode import parse_or_none
from gridwms.bookkeeping.status import JobStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come: enough to go on without its events as long as new ones come in order."""

    memory: Memory = field(default_factory=Memory)
    newest: Key | None = None
    """The greatest key of all events known."""

    @property
    def registered(self) -> bool:
        """Whether the job exists for queries."""
        return self.memory.status.jobtype is not None


def advance(progress: Progress, event: Event) -> Progress | None:
    """The job after an event that is no duplicate; None when it is out of order and `recompute` must be asked."""
    code = parse_or_none(event.seqcode)
    place = key(event, code)
    newest = progress.newest
    if newest is not None:
        if not progress.registered:
            return None if event.type == "RegJob" else Progress(progress.memory, max(place, newest))
        if place < newest:
            return None
    return Progress(step(progress.memory, event, code), place)


def recompute(events: Iterable[Event]) -> Progress:
    """The job from all its events."""
    events = list(events)
    return Progress(replay(events), max(map(key, events), default=None))


class Arrival(Enum):
    """What became of an event that was given to a record."""

    IN_ORDER = "in order"
    OUT_OF_ORDER = "out of order"
    """The job was computed anew."""
    DUPLICATE = "duplicate"
    """Discarded."""


class JobRecord:
    """All events of one job and what they make: `advance` and `recompute` joined, for a job held in memory."""

    __slots__ = ("_events", "_progress")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: dict[Identity, Event] = {}
        self._progress = Progress()
        for event in events:
            self.add(event)

    def add(self, event: Event) -> Arrival:
        """Work an event in."""
        identity = event.identity
        known = self._events.get(identity)
        if known is not None:
            if of_two(known, event) is known:
                return Arrival.DUPLICATE
            self._events[identity] = event
            self._progress = recompute(self._events.values())
            return Arrival.OUT_OF_ORDER
        self._events[identity] = event
        advanced = advance(self._progress, event)
        if advanced is not None:
            self._progress = advanced
            return Arrival.IN_ORDER
        self._progress = recompute(self._events.values())
        return Arrival.OUT_OF_ORDER

    @property
    def events(self) -> Mapping[Identity, Event]:
        """All events by identity, in the order of arrival."""
        return self._events

    @property
    def memory(self) -> Memory:
        """What the machine knows of the job."""
        return self._progress.memory

    @property
    def status(self) -> JobStatus | None:
        """The status; None before the registration: the job is not visible yet."""
        return self._progress.memory.status if self._progress.registered else None
