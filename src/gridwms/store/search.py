"""Jobs and events that a condition holds for, the newest first, a stretch of rows at a time.

A condition that no index serves costs what the rows cost that it is held against; by stretches the caller can stop.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from gridwms.store.lb_events import BookedEvent
from gridwms.store.tables import compounds, events, job_access, jobs, lb_events, lb_jobs


def newest(connection: Connection) -> tuple[int, int, int]:
    """The highest row number of our jobs, of jobs of other systems, and of the events of those."""
    tables = (jobs, lb_jobs, lb_events)
    found = [connection.execute(select(func.max(table.c.number))).scalar() or 0 for table in tables]
    return found[0], found[1], found[2]


def own_jobs(connection: Connection, condition: ColumnElement[bool], low: int, high: int, limit: int) -> list[int]:
    """Row numbers of our jobs from `low` to below `high`."""
    query = select(jobs.c.number).where(jobs.c.number >= low, jobs.c.number < high, condition)
    return list(connection.scalars(query.order_by(jobs.c.number.desc()).limit(limit)))


def own_compounds(connection: Connection, condition: ColumnElement[bool], low: int, high: int, limit: int) -> list[int]:
    """Row numbers of our compounds from `low` to below `high`."""
    query = select(compounds.c.number).where(compounds.c.number >= low, compounds.c.number < high, condition)
    return list(connection.scalars(query.order_by(compounds.c.number.desc()).limit(limit)))


def other_jobs(connection: Connection, condition: ColumnElement[bool], low: int, high: int, limit: int) -> list[int]:
    """Row numbers of registered jobs of other systems from `low` to below `high`."""
    query = select(lb_jobs.c.number).where(
        lb_jobs.c.number >= low, lb_jobs.c.number < high, lb_jobs.c.jobtype.is_not(None), condition
    )
    return list(connection.scalars(query.order_by(lb_jobs.c.number.desc()).limit(limit)))


def other_events(
    connection: Connection, condition: ColumnElement[bool], low: int, high: int, limit: int
) -> list[tuple[str, BookedEvent]]:
    """Events of registered jobs of other systems, with the ids of those."""
    query = (
        select(lb_jobs.c.jobid, lb_events.c.number, lb_events.c.arrived, lb_events.c.line)
        .join_from(lb_events, lb_jobs, lb_events.c.job == lb_jobs.c.number)
        .where(lb_events.c.number >= low, lb_events.c.number < high, lb_jobs.c.jobtype.is_not(None), condition)
        .order_by(lb_events.c.number.desc())
        .limit(limit)
    )
    return [(row.jobid, BookedEvent(row.number, row.arrived, row.line)) for row in connection.execute(query)]


def touched(cursor: int) -> ColumnElement[bool]:
    """Our jobs that had an event with this cursor or a higher one."""
    return exists().where(events.c.job == jobs.c.number, events.c.cursor >= cursor)


def visible(subject: str, names: Collection[str], vos: Collection[str]) -> ColumnElement[bool]:
    """Our jobs that somebody owns, or is perhaps let in to: by subject, or by one of these names of groups; and those
    of these VOs."""
    let_in = select(job_access.c.job).where(job_access.c.who.in_([subject, *names]))
    mine = or_(jobs.c.owner == subject, jobs.c.number.in_(let_in), (-jobs.c.parent).in_(let_in))
    return or_(mine, jobs.c.vo.in_(vos)) if vos else mine


def visible_compounds(subject: str, names: Collection[str], vos: Collection[str]) -> ColumnElement[bool]:
    """The same of our compounds."""
    let_in = select(job_access.c.job).where(job_access.c.who.in_([subject, *names]))
    mine = or_(compounds.c.owner == subject, (-compounds.c.number).in_(let_in))
    return or_(mine, compounds.c.vo.in_(vos)) if vos else mine


def visible_others(owner: str) -> ColumnElement[bool]:
    """Jobs of other systems that somebody owns, or is perhaps let in to."""
    return or_(lb_jobs.c.owner == owner, lb_jobs.c.access.is_not(None))
