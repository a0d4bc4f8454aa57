"""Proof that the rows are what the events make: every job is rebuilt from its log and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import NOBODY
from gridwms.flow.share.recount import Recount
from gridwms.jobs.events import AccessChanged, Event, Tagged
from gridwms.jobs.histogram import Condition, condition
from gridwms.jobs.job import Job
from gridwms.jobs.parent import rebuild_parent
from gridwms.jobs.rebuild import rebuild
from gridwms.jobs.states import State
from gridwms.store import compounds, listing, nodes, remarks
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store.database import Database
from gridwms.store.leaving import leaving

_BATCH = 500


def audit(database: Database) -> Iterator[str]:
    """A sentence for each difference between a job's rows and its events; nothing when all agree."""
    last = 0
    recount = Recount()
    while True:
        numbers = database.read(lambda connection: listing.every_number(connection, last, _BATCH))  # noqa: B023
        if not numbers:
            break
        stored = database.read(lambda connection: rows.load_numbers(connection, numbers))  # noqa: B023
        logs = database.read(lambda connection: log.of_jobs(connection, list(stored)))  # noqa: B023
        for key, (number, job) in stored.items():
            logged = logs.get(key, ())
            events = [one.event for one in logged]
            recount.add(logged)
            yield from _differences(job, rebuild(events))
            yield from database.read(lambda c: list(_remarks(c, number, key, events)))  # noqa: B023
        last = numbers[-1]
    yield from database.read(lambda connection: list(recount.differences(connection)))
    before: int | None = None
    while True:
        found = database.read(lambda connection: compounds.numbers(connection, None, (), before, 1))  # noqa: B023
        if not found:
            return
        yield from database.read(lambda connection: list(_compound(connection, found[0])))  # noqa: B023
        before = found[0]


def _compound(connection: Connection, number: int) -> Iterator[str]:
    """What is wrong with a compound: its row, its counts, or what its nodes know of those that they wait for."""
    if leaving(connection, [number]):
        return  # the archive has it, and its nodes go one after the other
    parent = compounds.load_numbers(connection, [number])[number]
    logged = [one.event for one in log.of_job(connection, parent.key)]
    yield from _remarks(connection, -number, parent.key, logged)
    rebuilt = rebuild_parent(logged)
    if rebuilt != parent:
        yield f"compound {parent.key} is {parent!r} in its row, {rebuilt!r} by its events"
    counts = compounds.counts(connection, [number])[number]
    counted = compounds.counted(connection, number, parent.nodes)
    if counts != counted:
        yield f"compound {parent.key} counts its nodes as {counts!r}, and they are {counted!r}"
    if parent.state is State.PURGED:
        return
    started, cancelled = parent.started_at is not None, parent.cancel_requested_at is not None
    right = condition(counted, kind=parent.kind, started=started, cancelled=cancelled)
    if right != Condition(parent.state, parent.done_code, parent.reason):
        yield f"compound {parent.key} is {parent.state}, and its nodes make it {right!r}"
    for node, (blockers, broken) in nodes.waits(connection, number, number + parent.nodes).items():
        yield f"node {node - number} of {parent.key} should wait for {blockers} nodes, {broken} of them failed"


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
