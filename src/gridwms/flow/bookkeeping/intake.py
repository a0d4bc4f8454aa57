"""Events of jobs of other systems, stored as they came; what they make of the jobs is worked out by `settle`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.bookkeeping.event import Event
from gridwms.store import lb_events, lb_jobs


@dataclass(frozen=True, slots=True)
class Line:
    """A line of ULM without its line feed, and its event."""

    event: Event
    text: str


def take_in(connection: Connection, lines: Sequence[Line], now: float) -> None:
    """Store the lines; durable with the transaction. Lines that are known already are dropped by `settle`."""
    names = {line.event.job for line in lines}
    numbers = lb_jobs.numbers(connection, names)
    numbers |= lb_jobs.add(connection, sorted(names - numbers.keys()))
    lb_events.append(
        connection, ((numbers[line.event.job], line.event, line.text) for line in lines), round(now * 1_000_000)
    )
    lb_jobs.mark(connection, [numbers[name] for name in names])
