"""Rows of jobs on their way into the archive, out of the database, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, and_, create_engine, exists, func, insert, or_, select

from gridwms.bookkeeping.states import TERMINAL, StateCode
from gridwms.jobs.states import State
from gridwms.store import bulk
from gridwms.store.cache import CACHE, JobCache
from gridwms.store.sets import chunks
from gridwms.store.tables import (
    attempts,
    events,
    job_access,
    job_tags,
    jobs,
    lb_events,
    lb_jobs,
    lb_pending,
    lb_tags,
    metadata,
    outbox,
)
from gridwms.store.tables.jobs import PURGED

Rows = dict[str, list[dict[str, Any]]]
OWN: tuple[tuple[Table, Any], ...] = (
    (jobs, jobs.c.number),
    (attempts, attempts.c.job),
    (events, events.c.job),
    (job_tags, job_tags.c.job),
    (job_access, job_access.c.job),
)
"""The rows of a job of ours, and by what they know it."""
_OTHERS: tuple[tuple[Table, Any], ...] = (
    (lb_jobs, lb_jobs.c.number),
    (lb_events, lb_events.c.job),
    (lb_tags, lb_tags.c.job),
)


def purged(connection: Connection, before: float, limit: int) -> list[int]:
    """Row numbers of single jobs of ours, purged at `before` or earlier, about which nothing is left to be done."""
    open_ends = exists().where(outbox.c.job == jobs.c.number)
    query = select(jobs.c.number).where(
        PURGED, jobs.c.state == State.PURGED.value, jobs.c.state_since <= before, ~open_ends
    )
    return list(connection.scalars(query.order_by(jobs.c.state_since).limit(limit)))


def ended(connection: Connection, before: int, limit: int) -> list[int]:
    """Row numbers of jobs of other systems that ended, and of which nothing was heard since `before` (microseconds)."""
    over = or_(lb_jobs.c.status.in_([int(state) for state in TERMINAL]), lb_jobs.c.status == int(StateCode.DONE))
    waiting = exists().where(lb_pending.c.job == lb_jobs.c.number)
    parent = lb_jobs.alias("parent")
    alone = or_(
        lb_jobs.c.parent_job.is_(None),
        ~exists().where(and_(parent.c.jobid == lb_jobs.c.parent_job, parent.c.lastupdatetime > before)),
    )
    query = select(lb_jobs.c.number).where(lb_jobs.c.lastupdatetime <= before, over, alone, ~waiting)
    return list(connection.scalars(query.order_by(lb_jobs.c.lastupdatetime).limit(limit)))


def rows_of(connection: Connection, numbers: Collection[int], *, ours: bool) -> dict[int, Rows]:
    """All rows of these jobs, by table."""
    found: dict[int, Rows] = {number: defaultdict(list) for number in numbers}
    for table, column in OWN if ours else _OTHERS:
        for chunk in chunks(numbers):
            query = select(table).where(column.in_(chunk)).order_by(*table.primary_key.columns)
            for row in connection.execute(query).mappings():
                found[row[column.name]][table.name].append(dict(row))
    return found


def last_events(connection: Connection, numbers: Collection[int], *, ours: bool) -> dict[int, int]:
    """The newest event of each of these jobs: what must be the same when they are removed."""
    table, number = (events, events.c.cursor) if ours else (lb_events, lb_events.c.number)
    found: dict[int, int] = {}
    for chunk in chunks(numbers):
        query = select(table.c.job, func.max(number)).where(table.c.job.in_(chunk)).group_by(table.c.job)
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def remove(connection: Connection, numbers: Collection[int], *, ours: bool) -> None:
    """Take all rows of these jobs out."""
    for table, column in reversed(OWN if ours else _OTHERS):
        statement = f"DELETE FROM {table.name} WHERE {column.name}"  # noqa: S608 - names of tables of this program
        bulk.run_on(connection, f"{statement} {{among}}", numbers)
    forget_cached(connection)


def forget_cached(connection: Connection) -> None:
    """What the writer has at hand may be gone."""
    cache = connection.get_execution_options().get(CACHE)
    if isinstance(cache, JobCache):
        cache.clear()


def put_back(connection: Connection, kept: Rows, *, ours: bool) -> bool:
    """Put the rows of one job back; False when the job is there already. Its row numbers may be others than before."""
    top, name = (jobs, "key") if ours else (lb_jobs, "jobid")
    job = dict(kept[top.name][0])
    if connection.execute(select(top.c.number).where(top.c[name] == job[name])).first() is not None:
        return False
    taken = connection.execute(select(top.c.number).where(top.c.number == job["number"])).first()
    old = job["number"]
    number = old if taken is None else (connection.execute(select(func.max(top.c.number))).scalar() or 0) + 1
    for table, column in OWN if ours else _OTHERS:
        rows = [_moved(row, column.name, number) for row in kept.get(table.name, [])]
        if table is lb_events:
            rows = [{key: value for key, value in row.items() if key != "number"} for row in rows]
        if rows:
            connection.execute(insert(table), rows)
    if not ours:
        # Events have new numbers: the job is worked out again from them.
        connection.execute(insert(lb_pending), [{"job": number}])
        connection.execute(lb_jobs.update().where(lb_jobs.c.number == number).values(seen=0, progress=""))
    return True


def _moved(row: Mapping[str, Any], column: str, number: int) -> dict[str, Any]:
    return {**row, column: number}


def all_there(connection: Connection, kept: Sequence[tuple[int, int]], *, ours: bool) -> list[int]:
    """Those of these jobs, given with their newest event, that have not changed."""
    now = last_events(connection, [number for number, _last in kept], ours=ours)
    return [number for number, last in kept if now.get(number) == last]


@contextmanager
def laid_out(kept: Iterable[Rows]) -> Iterator[Connection]:
    """A database in memory with these rows and nothing else, to be asked as any other."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            metadata.create_all(connection)
            for rows in kept:
                for name, some in rows.items():
                    if some:
                        connection.execute(insert(metadata.tables[name]), some)
            yield connection
    finally:
        engine.dispose()
