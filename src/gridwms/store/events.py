"""The event log: appended in sets, read by job or from a cursor on."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from gridwms.jobs.codec import UnreadableEvent, attempt_of, event_text, read_event
from gridwms.jobs.events import CompoundRegistered, Event
from gridwms.jobs.job import Job
from gridwms.jobs.nodes import first_events
from gridwms.jobs.parent import Parent
from gridwms.jobs.states import DoneCode, State
from gridwms.jobs.steps import step
from gridwms.store import bulk
from gridwms.store.compounds import registered_node
from gridwms.store.sets import chunks
from gridwms.store.tables import compounds, events, jobs


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


def known_of_compound(connection: Connection, compound: int, idents: Collection[str]) -> set[str]:
    """Which of these events of a compound are in the log."""
    found: set[str] = set()
    for chunk in chunks(idents):
        query = select(events.c.id).where(events.c.compound == compound, events.c.id.in_(chunk))
        found |= set(connection.scalars(query))
    return found


Entry = tuple[int, Event, Job | None]
"""The row number of a job, an event, and the job after it, unless its state is the one before."""


def entry(number: int, event: Event, before: Job | None, after: Job) -> Entry:
    """What to append for an event that made `after` of `before`."""
    same = before is not None and before.state is after.state and before.done_code is after.done_code
    return number, event, None if same else after


def append(connection: Connection, new: Sequence[Entry], arrived: float) -> None:
    """Add events in this order."""
    bulk.insert(connection, "events", ("job", *_COLUMNS), [_row(*one, arrived) for one in new])


History = Sequence[tuple[Event, Job]]
"""Events from the registration on, each with the job after it."""


def append_like(connection: Connection, new: Sequence[tuple[int, str, History]], arrived: float) -> None:
    """Add the first events of jobs, each by row number, key and what happened to one like it but for its key."""
    histories = {id(history): history for _number, _key, history in new}
    forms = {name: [_form(event, job, arrived) for event, job in history] for name, history in histories.items()}
    rows = [
        (number, *begin, key.join(text), *end)
        for number, key, history in new
        for begin, text, end in forms[id(history)]
    ]
    bulk.insert(connection, "events", ("job", *_COLUMNS), rows)


def _form(event: Event, job: Job, arrived: float) -> tuple[bulk.Row, Sequence[str], bulk.Row]:
    """The row of an event: what stands before its data, the data cut where the key of the job stands, what follows."""
    row = _row(0, event, job, arrived)
    name = '"key":"'
    before, found, after = row[7].partition(f'{name}{job.key}"')
    return row[1:7], (before + name, '"' + after) if found else (row[7],), row[8:]


def append_compound(connection: Connection, new: Sequence[tuple[int, Event, Parent | None]], arrived: float) -> None:
    """The same for compounds."""
    bulk.insert(connection, "events", ("compound", *_COLUMNS), [_row(*one, arrived) for one in new])


_COLUMNS = ("id", "type", "source", "attempt", "time", "arrived", "data", "state", "done_code")


def _row(number: int, event: Event, after: Job | Parent | None, arrived: float) -> bulk.Row:
    return (
        number,
        event.id,
        event.type,
        event.source.value,
        attempt_of(event),
        event.time,
        arrived,
        event_text(event),
        after.state.value if after else None,
        after.done_code.value if after and after.done_code else None,
    )


_LOGGED = (
    select(events, func.coalesce(jobs.c.key, compounds.c.key).label("key"))
    .outerjoin_from(events, jobs, events.c.job == jobs.c.number)
    .outerjoin(compounds, events.c.compound == compounds.c.number)
)


def of_job(connection: Connection, key: str) -> list[Logged]:
    """The log of one job, or of one compound, in the order of arrival. That of a node begins with its compound's."""
    found = connection.execute(select(jobs.c.number, jobs.c.parent).where(jobs.c.key == key)).one_or_none()
    if found is None:
        number = connection.execute(select(compounds.c.number).where(compounds.c.key == key)).scalar()
        return [] if number is None else _of(connection, events.c.compound == number)
    beginning = [] if found.parent is None else _beginning(connection, found.parent, found.number - found.parent)
    return beginning + _of(connection, events.c.job == found.number)


def _of(connection: Connection, which: ColumnElement[bool]) -> list[Logged]:
    return [read_logged(row) for row in connection.execute(_LOGGED.where(which).order_by(events.c.cursor))]


def _beginning(connection: Connection, parent: int, node: int) -> list[Logged]:
    """How a node came to be, which its compound's log tells."""
    query = _LOGGED.where(events.c.compound == parent).order_by(events.c.cursor).limit(1)
    first = read_logged(connection.execute(query).one())
    registered = first.event
    if not isinstance(registered, CompoundRegistered):
        raise UnreadableEvent(f"the log of compound number {parent} does not begin with its registration")
    listed = registered_node(connection, parent, node)
    made: list[Logged] = []
    job: Job | None = None
    for event in first_events(parent, registered, node, listed):
        job, _effects = step(job, event)
        made.append(Logged(first.cursor, job.key, first.arrived, event, job.state, job.done_code))
    return made


def last_cursor(connection: Connection) -> int:
    """The cursor of the newest event; 0 when there is none."""
    return connection.execute(select(func.max(events.c.cursor))).scalar() or 0


def read_logged(row: Row[Any]) -> Logged:
    """The entry in a row of `events` with the key of its job."""
    event = read_event(row.type, row.id, row.time, row.source, row.attempt, json.loads(row.data))
    state = State(row.state) if row.state else None
    return Logged(row.cursor, row.key, row.arrived, event, state, DoneCode(row.done_code) if row.done_code else None)
