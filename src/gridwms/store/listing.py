"""Lists of jobs and their owners, without loading the jobs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from gridwms.bookkeeping.access.acl import NOBODY, Acl
from gridwms.jobs.states import State
from gridwms.store.remarks import access
from gridwms.store.sets import chunks
from gridwms.store.tables import compounds, jobs
from gridwms.store.tables.jobs import WAITING


def owners(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Owner by key, for the keys that exist."""
    found: dict[str, str] = {}
    for chunk in chunks(keys):
        query = select(jobs.c.key, jobs.c.owner).where(jobs.c.key.in_(chunk))
        found |= {row.key: row.owner for row in connection.execute(query)}
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """Whose a job is, and who else may do something with it."""

    owner: str
    access: Acl


def held(connection: Connection, keys: Collection[str]) -> dict[str, Held]:
    """Owner and access list by key, of jobs and compounds that exist. What a compound allows, its nodes allow too."""
    found: dict[str, tuple[str, list[int]]] = {}
    for chunk in chunks(keys):
        for row in connection.execute(_HELD, {"keys": chunk}):
            found[row.key] = row.owner, [row.number] if row.parent is None else [-row.parent, row.number]
    for chunk in chunks([key for key in keys if key not in found]):
        for key, number, owner in connection.execute(_HELD_WHOLE, {"keys": chunk}):
            found[key] = owner, [-number]
    lists = access(connection, {number for _owner, numbers in found.values() for number in numbers})
    return {
        key: Held(owner, Acl(tuple(entry for number in numbers for entry in lists.get(number, NOBODY).entries)))
        for key, (owner, numbers) in found.items()
    }


_HELD = select(jobs.c.key, jobs.c.number, jobs.c.parent, jobs.c.owner).where(
    jobs.c.key.in_(bindparam("keys", expanding=True))
)
_HELD_WHOLE = select(compounds.c.key, compounds.c.number, compounds.c.owner).where(
    compounds.c.key.in_(bindparam("keys", expanding=True))
)


def numbers(
    connection: Connection, owner: str | None, states: Collection[State], before: int | None, limit: int
) -> list[int]:
    """Row numbers of jobs that are no nodes, the newest first, below `before`."""
    query = select(jobs.c.number).where(jobs.c.parent.is_(None)).order_by(jobs.c.number.desc()).limit(limit)
    if owner is not None:
        query = query.where(jobs.c.owner == owner)
    if states:
        query = query.where(jobs.c.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(jobs.c.number < before)
    return list(connection.scalars(query))


def every_number(connection: Connection, after: int, limit: int) -> list[int]:
    """Row numbers of all jobs, nodes too, above `after`, in their order."""
    return list(
        connection.scalars(select(jobs.c.number).where(jobs.c.number > after).order_by(jobs.c.number).limit(limit))
    )


def waiting_classes(connection: Connection, most: int) -> dict[str, int]:
    """How many jobs wait, by match class; of those with more than `most`, that number and one.

    It goes from class to class by the index, so what it costs does not grow with the number of jobs.
    """
    return {row[0]: row[1] for row in connection.execute(_CLASSES, {"most": most + 1})}


def _classes() -> Select[Any]:
    first = select(func.min(jobs.c.match_class).label("name")).where(WAITING).cte("classes", recursive=True)
    following = select(func.min(jobs.c.match_class)).where(WAITING, jobs.c.match_class > first.c.name).scalar_subquery()
    classes = first.union_all(select(following).where(first.c.name.is_not(None)))
    some = select(jobs.c.number).where(WAITING, jobs.c.match_class == classes.c.name).limit(bindparam("most"))
    count = select(func.count()).select_from(some.correlate(classes).subquery()).scalar_subquery()
    return select(classes.c.name, count).where(classes.c.name.is_not(None))


_CLASSES = _classes()


def waiting_of(connection: Connection, match_class: str, limit: int) -> list[int]:
    """Row numbers of the jobs of a class that wait, the oldest first."""
    query = select(jobs.c.number).where(WAITING, jobs.c.match_class == match_class)
    return list(connection.scalars(query.order_by(jobs.c.number).limit(limit)))


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
