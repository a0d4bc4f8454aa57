"""Lists of jobs and their owners, without loading the jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, Select, bindparam, func, select

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
    vo: str
    access: Acl


def held(connection: Connection, keys: Collection[str]) -> dict[str, Held]:
    """Owner, VO and access list by key, of what exists. What a compound allows, its nodes allow too."""
    found: dict[str, tuple[str, str, list[int]]] = {}
    for chunk in chunks(keys):
        for row in connection.execute(_HELD, {"keys": chunk}):
            lists_of = [row.number] if row.parent is None else [-row.parent, row.number]
            found[row.key] = row.owner, row.vo, lists_of
    for chunk in chunks([key for key in keys if key not in found]):
        for key, number, owner, vo in connection.execute(_HELD_WHOLE, {"keys": chunk}):
            found[key] = owner, vo, [-number]
    lists = access(connection, {number for _owner, _vo, numbers in found.values() for number in numbers})
    return {
        key: Held(owner, vo, Acl(tuple(entry for number in numbers for entry in lists.get(number, NOBODY).entries)))
        for key, (owner, vo, numbers) in found.items()
    }


_HELD = select(jobs.c.key, jobs.c.number, jobs.c.parent, jobs.c.owner, jobs.c.vo).where(
    jobs.c.key.in_(bindparam("keys", expanding=True))
)
_HELD_WHOLE = select(compounds.c.key, compounds.c.number, compounds.c.owner, compounds.c.vo).where(
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


class Line(NamedTuple):
    """Waiting jobs of one class, account and priority. `first`: the row number of the oldest."""

    match_class: str
    account: int
    priority: int
    first: int
    waiting: int


def waiting_lines(connection: Connection, most: int) -> list[Line]:
    """All that waits; the count of a line with more than `most` jobs is that number and one.

    It goes from line to line by the index, so what it costs does not grow with the number of jobs.
    """
    return [Line(*row) for row in connection.execute(_LINES, {"most": most + 1})]


def _lines() -> Select[Any]:
    steps: list[CTE] = []
    for place, name in enumerate(("match_class", "account", "priority")):
        column, before = jobs.c[name], steps[-1] if steps else None

        def same(cte: CTE, names: Sequence[str]) -> list[ColumnElement[bool]]:
            return [jobs.c[one] == cte.c[one] for one in names]

        outer = ("match_class", "account")[:place]
        least = select(func.min(column)).where(WAITING, *(same(before, outer) if before is not None else ()))
        kept = [before.c[one] for one in outer] if before is not None else []
        begin = select(*kept, least.scalar_subquery().label(name))
        if before is not None:
            begin = begin.where(before.c[outer[-1]].is_not(None))
        found = begin.cte(f"by_{name}", recursive=True)
        following = select(func.min(column)).where(WAITING, *same(found, outer), column > found.c[name])
        steps.append(
            found.union_all(
                select(*(found.c[one] for one in outer), following.scalar_subquery()).where(found.c[name].is_not(None))
            )
        )
    line = steps[-1]
    mine = [jobs.c[name] == line.c[name] for name in ("match_class", "account", "priority")]
    some = select(jobs.c.number).where(WAITING, *mine).limit(bindparam("most")).correlate(line)
    count = select(func.count()).select_from(some.subquery()).scalar_subquery()
    first = select(func.min(jobs.c.number)).where(WAITING, *mine).correlate(line).scalar_subquery()
    return select(line.c.match_class, line.c.account, line.c.priority, first, count).where(line.c.priority.is_not(None))


_LINES = _lines()


def waiting_of(connection: Connection, line: Line, limit: int) -> list[int]:
    """Row numbers of the oldest jobs of a line."""
    mine = (jobs.c.match_class == line.match_class, jobs.c.account == line.account, jobs.c.priority == line.priority)
    return list(connection.scalars(select(jobs.c.number).where(WAITING, *mine).order_by(jobs.c.number).limit(limit)))


def waiting_before(connection: Connection, match_class: str, number: int) -> int:
    """How many jobs of a class wait that are older than the one with this row number."""
    query = select(func.count()).where(WAITING, jobs.c.match_class == match_class, jobs.c.number < number)
    return connection.execute(query).scalar_one()


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
