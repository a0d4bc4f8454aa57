"""Proof that the rows are what the events make: every job is rebuilt from its log and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import NOBODY
from gridwms.jobs.events import AccessChanged, Event, Tagged
from gridwms.jobs.job import Job
from gridwms.jobs.rebuild import rebuild
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import listing, remarks
from gridwms.store.database import Database

_BATCH = 500


def audit(database: Database) -> Iterator[str]:
    """A sentence for each difference between a job's rows and its events; nothing when all agree."""
    before: int | None = None
    while True:
        last = before
        numbers = database.read(lambda connection: listing.numbers(connection, None, (), last, _BATCH))  # noqa: B023
        if not numbers:
            return
        stored = database.read(lambda connection: rows.load_numbers(connection, numbers))  # noqa: B023
        for key, (number, job) in stored.items():
            events = [one.event for one in database.read(lambda c: log.of_job(c, key))]  # noqa: B023
            yield from _differences(job, rebuild(events))
            yield from database.read(lambda c: list(_remarks(c, number, key, events)))  # noqa: B023
        before = numbers[-1]


def _differences(stored: Job, rebuilt: Job | None) -> Iterator[str]:
    if rebuilt is None:
        yield f"job {stored.key} has a row but no events"
        return
    for name in Job._fields:
        row, event = getattr(stored, name), getattr(rebuilt, name)
        if row != event:
            yield f"job {stored.key}: {name} is {row!r} in its row, {event!r} by its events"


def _remarks(connection: Connection, number: int, key: str, events: Sequence[Event]) -> Iterator[str]:
    said = sorted((one for one in events if isinstance(one, Tagged)), key=lambda one: (one.time, one.id))
    tags = {one.name: one.value for one in said}
    if (found := remarks.tags(connection, [number]).get(number, {})) != tags:
        yield f"job {key}: its tags are {found!r} in their rows, {tags!r} by its events"
    access = remarks.access_of(one for one in events if isinstance(one, AccessChanged))
    if remarks.access(connection, [number]).get(number, NOBODY) != access:
        yield f"job {key}: its access list is not the one that its events make"
