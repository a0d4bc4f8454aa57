"""A job kept up to date event by event: the fast path for events in order, a replay for all others.

An event that sorts after everything known is simply the last step of the replay. So the result is always that of
`replay` over all events, in any order of arrival and with any duplicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import Key, canonical, key, registers
from gridwms.bookkeeping.machine.replay import run, step
from gridwms.bookkeeping.seqcode import SequenceCode, parse_or_none


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
    """The job after an event; None when it is out of order, or known, and `recompute` must be asked."""
    code = parse_or_none(event.seqcode)
    return _advance(progress, event, code, key(event, code))


def advance_all(progress: Progress, events: Sequence[Event]) -> Progress | None:
    """The job after some events, in whatever order they are given; None as with `advance`."""
    if len(events) == 1:
        return advance(progress, events[0])
    codes = [parse_or_none(event.seqcode) for event in events]
    ordered = [(key(event, code), event, code) for event, code in zip(events, codes, strict=True)]
    ordered.sort(key=lambda one: (not registers(one[1]), one[0]))
    for place, event, code in ordered:
        after = _advance(progress, event, code, place)
        if after is None:
            return None
        progress = after
    return progress


def _advance(progress: Progress, event: Event, code: SequenceCode | None, place: Key) -> Progress | None:
    newest = progress.newest
    if registers(event):
        return Progress(step(Memory(), event, code)) if newest is None and not progress.registered else None
    if newest is not None and place <= newest:
        return None
    if not progress.registered:
        return Progress(progress.memory, place)
    return Progress(step(progress.memory, event, code), place)


def recompute(events: Iterable[Event]) -> Progress:
    """The job from all its events."""
    ordered = canonical(events)
    others = ordered[1:] if ordered and registers(ordered[0]) else ordered
    return Progress(run(ordered), key(others[-1]) if others else None)
