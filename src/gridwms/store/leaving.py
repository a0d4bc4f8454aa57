"""Compounds and their nodes as rows on their way into the archive, out of the database, and back.

A compound that leaves has the task `archive`: all of it is in the archive and nobody changes it any more, while its
rows go step by step. Its last node goes with it in the last step, so that nobody else is given its row numbers before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, exists, select

from gridwms.jobs.states import State
from gridwms.store import archived, bulk
from gridwms.store.archived import OWN, Rows
from gridwms.store.compounds import next_number, put_task
from gridwms.store.sets import chunks
from gridwms.store.tables import (
    compounds,
    edges,
    events,
    job_access,
    job_tags,
    jobs,
    node_counts,
    node_lists,
    node_tasks,
    outbox,
)

TASK = "archive"
_WHOLE: tuple[tuple[Table, Any, int], ...] = (
    (compounds, compounds.c.number, 1),
    (node_lists, node_lists.c.compound, 1),
    (node_counts, node_counts.c.compound, 1),
    (events, events.c.compound, 1),
    (job_tags, job_tags.c.job, -1),
    (job_access, job_access.c.job, -1),
)
"""The rows of a compound itself, and by what sign of its number they are known."""
_OF_NODES: tuple[tuple[Table, Any], ...] = (*OWN, (edges, edges.c.parent))


class Whole(NamedTuple):
    """A compound: the row number of it and of its first node, its key, how many nodes it has."""

    number: int
    key: str
    nodes: int


def purged(connection: Connection, before: float, limit: int) -> list[Whole]:
    """Compounds that were purged at `before` or earlier, and of which nothing is left to be done, the oldest first."""
    number, end = compounds.c.number, compounds.c.number + compounds.c.nodes
    query = select(number, compounds.c.key, compounds.c.nodes).where(
        compounds.c.state == State.PURGED.value,
        compounds.c.state_since <= before,
        ~exists().where(outbox.c.job >= number, outbox.c.job < end),
        ~exists().where(node_tasks.c.compound == number),
    )
    return [Whole(*row) for row in connection.execute(query.order_by(compounds.c.state_since).limit(limit))]


def leaving(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Which of these compounds leave."""
    found: set[int] = set()
    for chunk in chunks(numbers):
        query = select(node_tasks.c.compound).where(node_tasks.c.compound.in_(chunk), node_tasks.c.kind == TASK)
        found |= set(connection.scalars(query))
    return found


def rows_of(connection: Connection, number: int) -> Rows:
    """All rows of a compound, but none of its nodes."""
    found: Rows = defaultdict(list)
    for table, column, sign in _WHOLE:
        query = select(table).where(column == sign * number).order_by(*table.primary_key.columns)
        found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return found


def rows_of_nodes(connection: Connection, first: int, end: int) -> list[Rows]:
    """All rows of the nodes in rows from `first` to before `end`, in their order; edges with the node they begin at."""
    numbers = range(first, end)
    found = archived.rows_of(connection, numbers, ours=True)
    query = select(edges).where(edges.c.parent >= first, edges.c.parent < end)
    for row in connection.execute(query.order_by(edges.c.parent, edges.c.child)).mappings():
        found[row["parent"]]["edges"].append(dict(row))
    return [found[number] for number in numbers]


def quiet(connection: Connection, whole: Whole, cursor: int) -> bool:
    """Whether a compound is still purged with nothing left to be done, and nothing happened since `cursor`."""
    number, end = whole.number, whole.number + whole.nodes
    about = (events.c.compound == number) | ((events.c.job >= number) & (events.c.job < end))
    news = select(events.c.cursor).where(events.c.cursor > cursor, about).limit(1)
    tasks = select(node_tasks.c.compound).where(node_tasks.c.compound == number).limit(1)
    state = connection.scalar(select(compounds.c.state).where(compounds.c.number == number))
    return state == State.PURGED.value and not any(connection.execute(query).first() for query in (news, tasks))


def let_leave(connection: Connection, number: int) -> None:
    """From now on the archive alone has this compound."""
    put_task(connection, number, TASK)


def take_out(connection: Connection, whole: Whole, first: int, most: int) -> int | None:
    """Remove the rows of the next nodes, from row `first` on; where to go on, None when the compound has gone too."""
    end = whole.number + whole.nodes
    following = min(first + most, end)
    for table, column in reversed(_OF_NODES):
        _delete(connection, table, (column >= first) & (column < following))
    archived.forget_cached(connection)
    if following < end:
        return following
    _delete(connection, node_tasks, node_tasks.c.compound == whole.number)
    for table, column, sign in reversed(_WHOLE):
        _delete(connection, table, column == sign * whole.number)
    return None


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> None:
    connection.execute(table.delete().where(which))


def put_back(connection: Connection, whole: Rows, nodes: Iterable[Rows]) -> int:
    """Put a compound and its nodes back, perhaps under other row numbers; how many jobs, 0 when it is there already."""
    row = whole["compounds"][0]
    old, count = row["number"], row["nodes"]
    if connection.execute(select(compounds.c.number).where(compounds.c.key == row["key"])).first() is not None:
        return 0
    number = old if _free(connection, old, old + count) else next_number(connection)
    moved = number - old
    for table, column, sign in _WHOLE:
        rows = [{**one, column.name: sign * number} for one in whole.get(table.name, [])]
        _insert(connection, table, rows)
    waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
    made = 1
    for kept in nodes:
        for table, column in _OF_NODES:
            waiting[table.name] += [{**one, column.name: one[column.name] + moved} for one in kept.get(table.name, [])]
        made += 1
        if len(waiting["jobs"]) == _TOGETHER:
            _put(connection, waiting, number, moved)
    _put(connection, waiting, number, moved)
    return made


_TOGETHER = 1000


def _put(connection: Connection, waiting: dict[str, list[dict[str, Any]]], parent: int, moved: int) -> None:
    for row in waiting["jobs"]:
        row["parent"] = parent
    for row in waiting["edges"]:
        row["child"] += moved
    for table, _column in _OF_NODES:
        _insert(connection, table, waiting[table.name])
    waiting.clear()


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    columns = tuple(column.name for column in table.columns)
    bulk.insert(connection, table.name, columns, [tuple(row[name] for name in columns) for row in rows])


def _free(connection: Connection, first: int, end: int) -> bool:
    """Whether no job and no compound has, or is to have, a row number in this range."""
    taken = select(jobs.c.number).where(jobs.c.number >= first, jobs.c.number < end).limit(1)
    whole = select(compounds.c.number).where(compounds.c.number < end, compounds.c.number + compounds.c.nodes > first)
    return not any(connection.execute(query).first() for query in (taken, whole.limit(1)))
