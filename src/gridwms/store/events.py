"""The event log: appended in sets, read by job or from a cursor on."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from gridwms.jobs.codec import attempt_of, event_text, read_event
from gridwms.jobs.events import Event
from gridwms.jobs.job import Job
from gridwms.jobs.states import DoneCode, State
from gridwms.store import bulk
from gridwms.store.sets import chunks
from gridwms.store.tables import events, jobs


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as it stands in the log. `arrived`: when the service stored it, by its own clock.

    `state`, `done_code`: where it brought the job; None when it left it where it was.
    """

    cursor: int
    key: str
    arrived: float
    event: Event
    state: State | None
    done_code: DoneCode | None


_KNOWN = select(events.c.job, events.c.id).where(events.c.job.in_(bindparam("numbers", expanding=True)))


def known(connection: Connection, wanted: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (job number, event id) are in the log."""
    ids_by_job: dict[int, set[str]] = {}
    for number, ident in wanted:
        ids_by_job.setdefault(number, set()).add(ident)
    found: set[tuple[int, str]] = set()
    for numbers in chunks(ids_by_job):
        rows = connection.execute(_KNOWN, {"numbers": numbers})
        found |= {(job, ident) for job, ident in rows if ident in ids_by_job[job]}
    return found


Entry = tuple[int, Event, Job | None]
"""The row number of a job, an event, and the job after it, unless its state is the one before."""


def entry(number: int, event: Event, before: Job | None, after: Job) -> Entry:
    """What to append for an event that made `after` of `before`."""
    same = before is not None and before.state is after.state and before.done_code is after.done_code
    return number, event, None if same else after


def append(connection: Connection, new: Sequence[Entry], arrived: float) -> None:
    """Add events in this order."""
    rows = [
        (
            number,
            event.id,
            event.type,
            event.source.value,
            attempt_of(event),
            event.time,
            arrived,
            event_text(event),
            job.state.value if job else None,
            job.done_code.value if job and job.done_code else None,
        )
        for number, event, job in new
    ]
    bulk.insert(connection, "events", _COLUMNS, rows)


_COLUMNS = ("job", "id", "type", "source", "attempt", "time", "arrived", "data", "state", "done_code")


_LOGGED = select(events, jobs.c.key).join_from(events, jobs, events.c.job == jobs.c.number)


def of_job(connection: Connection, key: str) -> list[Logged]:
    """The log of one job in the order of arrival."""
    return [_logged(row) for row in connection.execute(_LOGGED.where(jobs.c.key == key).order_by(events.c.cursor))]


def after(connection: Connection, cursor: int, owner: str | None, limit: int) -> list[Logged]:
    """What arrived after `cursor`, of one owner or of all."""
    query = _LOGGED.where(events.c.cursor > cursor).order_by(events.c.cursor).limit(limit)
    if owner is not None:
        query = query.where(jobs.c.owner == owner)
    return [_logged(row) for row in connection.execute(query)]


def last_cursor(connection: Connection) -> int:
    """The cursor of the newest event; 0 when there is none."""
    return connection.execute(select(func.max(events.c.cursor))).scalar() or 0


def _logged(row: Row[Any]) -> Logged:
    event = read_event(row.type, row.id, row.time, row.source, row.attempt, json.loads(row.data))
    state = State(row.state) if row.state else None
    return Logged(row.cursor, row.key, row.arrived, event, state, DoneCode(row.done_code) if row.done_code else None)
