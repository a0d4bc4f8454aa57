"""L&B events of jobs of other systems: appended in sets, each as the line that came, and what can be asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS
from gridwms.bookkeeping.ulm import parse_line
from gridwms.store import bulk
from gridwms.store.lb_jobs import cut
from gridwms.store.sets import chunks
from gridwms.store.tables import lb_events, lb_jobs


@dataclass(frozen=True, slots=True)
class BookedEvent:
    """An event as it stands in the store. `arrived`: microseconds since the epoch."""

    number: int
    arrived: int
    line: str

    @property
    def event(self) -> Event:
        """The event of the line."""
        return parse_line(self.line)


def append(connection: Connection, new: Iterable[tuple[int, Event, str]], arrived: int) -> None:
    """Add events, each with its job's row number and its line, in this order."""
    bulk.insert(connection, "lb_events", _COLUMNS, [_row(number, event, line, arrived) for number, event, line in new])


_COLUMNS = (
    "job",
    "timestamp",
    "arrived",
    "type",
    "level",
    "source",
    "host",
    "instance",
    "name",
    "value",
    "line",
)
_TYPES = {name: kind.number for name, kind in EVENT_TYPES.items()}
_LEVELS = {level: number for number, level in enumerate(LEVELS, start=1)}


def _row(number: int, event: Event, line: str, arrived: int) -> bulk.Row:
    name = value = None
    if event.type == "UserTag":
        name, value = event.text("name"), event.text("value")
    elif event.type == "Chkpt":
        value = event.text("tag")
    return (
        number,
        event.timestamp,
        arrived,
        _TYPES[event.type],
        _LEVELS[event.level],
        event.source,
        cut(event.host) or None,
        cut(event.src_instance) or None,
        None if name is None else cut(name.lower()),
        cut(value),
        line,
    )


def drop(connection: Connection, numbers: Collection[int]) -> None:
    """Remove events that turned out to be known."""
    bulk.run_on(connection, "DELETE FROM lb_events WHERE number {among}", numbers)


def of_jobs(connection: Connection, jobs: Collection[int]) -> dict[int, list[BookedEvent]]:
    """The events of these jobs by the job's row number, in the order of arrival."""
    found: dict[int, list[BookedEvent]] = defaultdict(list)
    for chunk in chunks(jobs):
        for job, number, arrived, line in connection.execute(_OF_JOBS, {"jobs": chunk}):
            found[job].append(BookedEvent(number, arrived, line))
    return found


def unseen(connection: Connection, jobs: Collection[int]) -> dict[int, list[BookedEvent]]:
    """The same, of those events alone that the rows of the jobs do not know yet."""
    found: dict[int, list[BookedEvent]] = defaultdict(list)
    for chunk in chunks(jobs):
        for job, number, arrived, line in connection.execute(_UNSEEN, {"jobs": chunk}):
            found[job].append(BookedEvent(number, arrived, line))
    return found


_OF_JOBS = (
    select(lb_events.c.job, lb_events.c.number, lb_events.c.arrived, lb_events.c.line)
    .where(lb_events.c.job.in_(bindparam("jobs", expanding=True)))
    .order_by(lb_events.c.job, lb_events.c.number)
)
_UNSEEN = _OF_JOBS.join(lb_jobs, lb_jobs.c.number == lb_events.c.job).where(lb_events.c.number > lb_jobs.c.seen)
