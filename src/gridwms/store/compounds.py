"""Compound jobs as rows: their parents, the counts of their nodes, and what is still to be done to those."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from gridwms.jobs.histogram import Bucket, Histogram
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State
from gridwms.store import bulk
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.sets import add_up, chunks, upsert
from gridwms.store.tables import compounds, jobs, node_counts, node_tasks

# Built once: making such a statement costs more than running it.
_BY_KEY = select(compounds).where(compounds.c.key.in_(bindparam("names", expanding=True)))
_BY_NUMBER = select(compounds).where(compounds.c.number.in_(bindparam("names", expanding=True)))
_COUNTS = select(node_counts).where(node_counts.c.compound.in_(bindparam("names", expanding=True)))
_CHANGING = (
    *("started_at", "state", "state_since", "done_code", "reason", "decisions", "cancel_requested_at", "priority"),
)
_UPDATE = (
    update(compounds)
    .where(compounds.c.number == bindparam("_number"))
    .values({name: bindparam(name) for name in _CHANGING})
)


def load(connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, Parent]]:
    """Row number and compound of each key that is one."""
    found: dict[str, tuple[int, Parent]] = {}
    for chunk in chunks(keys):
        found |= {row.key: (row.number, _read(row)) for row in connection.execute(_BY_KEY, {"names": chunk})}
    return found


def load_numbers(connection: Connection, numbers: Collection[int]) -> dict[int, Parent]:
    """Compounds by row number."""
    found: dict[int, Parent] = {}
    for chunk in chunks(numbers):
        found |= {row.number: _read(row) for row in connection.execute(_BY_NUMBER, {"names": chunk})}
    return found


def next_number(connection: Connection) -> int:
    """The row number of the next compound, and of its first node. Writers take turns: nobody else is given it."""
    return (connection.execute(select(func.max(jobs.c.number))).scalar() or 0) + 1


def add(connection: Connection, number: int, parent: Parent) -> None:
    """Insert a compound."""
    connection.execute(insert(compounds), [{"number": number} | _row(parent)])


def save(connection: Connection, number: int, parent: Parent) -> None:
    """Write what can change of a compound."""
    row = _row(parent)
    connection.execute(_UPDATE, [{"_number": number} | {name: row[name] for name in _CHANGING}])


def _row(parent: Parent) -> dict[str, Any]:
    return parent._asdict() | {
        "shared": json.dumps(parent.shared),
        "user_tags": json.dumps(parent.user_tags),
        "state": parent.state.value,
        "done_code": parent.done_code.value if parent.done_code else None,
        "reason": reason_text(parent.reason),
    }


def _read(row: Row[Any]) -> Parent:
    values = {name: getattr(row, name) for name in Parent._fields}
    values |= {
        "shared": tuple((name, local, url) for name, local, url in json.loads(row.shared)),
        "user_tags": tuple((name, value) for name, value in json.loads(row.user_tags)),
        "state": State(row.state),
        "done_code": DoneCode(row.done_code) if row.done_code else None,
        "reason": reason_of(row.reason),
    }
    return Parent(**values)


# how many nodes are in which state


def counts(connection: Connection, numbers: Collection[int]) -> dict[int, Histogram]:
    """The histograms of these compounds."""
    found: dict[int, dict[Bucket, int]] = {number: {} for number in numbers}
    for chunk in chunks(numbers):
        for row in connection.execute(_COUNTS, {"names": chunk}):
            bucket = Bucket(State(row.state), DoneCode(row.done_code) if row.done_code else None, bool(row.failed))
            if row.nodes:
                found[row.compound][bucket] = row.nodes
    return dict(found)


def count(connection: Connection, changes: Mapping[tuple[int, Bucket], int]) -> None:
    """Add to the counts of (compound, bucket): one row each, however many nodes changed."""
    rows = [
        {
            "compound": number,
            "state": bucket.state.value,
            "done_code": bucket.done_code.value if bucket.done_code else "",
            "failed": bucket.failed,
            "nodes": change,
        }
        for (number, bucket), change in changes.items()
        if change
    ]
    if rows:
        key = ("compound", "state", "done_code", "failed")
        connection.execute(add_up(connection, node_counts, key, "nodes"), rows)


def counted(connection: Connection, number: int, nodes: int) -> Histogram:
    """The histogram of a compound as the rows of its nodes make it: what `counts` must say."""
    failed = jobs.c.state.in_((State.DONE.value, State.CLEARED.value)) & (func.coalesce(jobs.c.exit_code, 0) != 0)
    inside = (jobs.c.number >= number) & (jobs.c.number < number + nodes)
    query = select(jobs.c.state, jobs.c.done_code, failed, func.count()).where(inside)
    return {
        Bucket(State(state), DoneCode(code) if code else None, bool(bad)): many
        for state, code, bad, many in connection.execute(query.group_by(jobs.c.state, jobs.c.done_code, failed))
    }


# the lists that nodes were registered with


def add_list(connection: Connection, number: int, first: int, before: int, text: str) -> None:
    """Keep a list of nodes, beginning with node number `first`; those before it have so many first events."""
    bulk.insert(connection, "node_lists", ("compound", "first", "before", "data"), [(number, first, before, text)])


# what is still to be done to nodes


class NodeTask(NamedTuple):
    """Something to do to the nodes of a compound, beginning with the node in row `next`."""

    compound: int
    kind: str
    by: str
    reason: Reason | None
    next: int


def put_task(connection: Connection, compound: int, kind: str, by: str = "", why: Reason | None = None) -> None:
    """Have something done to all nodes of a compound; when it is under way already it begins anew."""
    row = {"compound": compound, "kind": kind, "by": by, "reason": reason_text(why), "next": compound}
    connection.execute(upsert(connection, node_tasks, ("compound", "kind")), [row])


def tasks(connection: Connection, compound: int | None = None, limit: int = 100) -> list[NodeTask]:
    """What is to be done, to one compound or to any."""
    query = select(node_tasks).order_by(node_tasks.c.compound, node_tasks.c.kind).limit(limit)
    if compound is not None:
        query = query.where(node_tasks.c.compound == compound)
    return [
        NodeTask(row.compound, row.kind, row.by, reason_of(row.reason), row.next) for row in connection.execute(query)
    ]


def go_on(connection: Connection, task: NodeTask, following: int) -> None:
    """Note how far a task has come."""
    mine = (node_tasks.c.compound == task.compound) & (node_tasks.c.kind == task.kind)
    connection.execute(update(node_tasks).where(mine).values(next=following))


def drop_tasks(connection: Connection, compound: int, kinds: Collection[str]) -> None:
    """Take these out."""
    mine = (node_tasks.c.compound == compound) & node_tasks.c.kind.in_(list(kinds))
    connection.execute(delete(node_tasks).where(mine))


# lists


def owners(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Owner by key, for the keys of compounds."""
    found: dict[str, str] = {}
    for chunk in chunks(keys):
        query = select(compounds.c.key, compounds.c.owner).where(compounds.c.key.in_(chunk))
        found |= {row.key: row.owner for row in connection.execute(query)}
    return found


def numbers(
    connection: Connection, owner: str | None, states: Collection[State], before: int | None, limit: int
) -> list[int]:
    """Row numbers of compounds, the newest first, below `before`."""
    query = select(compounds.c.number).order_by(compounds.c.number.desc()).limit(limit)
    if owner is not None:
        query = query.where(compounds.c.owner == owner)
    if states:
        query = query.where(compounds.c.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(compounds.c.number < before)
    return list(connection.scalars(query))


def since(connection: Connection, state: State, time: float, limit: int) -> list[int]:
    """Compounds that have been in `state` since `time` or longer."""
    query = select(compounds.c.number).where(compounds.c.state == state.value, compounds.c.state_since <= time)
    return list(connection.scalars(query.order_by(compounds.c.state_since).limit(limit)))


def between(
    connection: Connection, state: State, after: tuple[float, int], until: float, limit: int
) -> list[tuple[float, int]]:
    """Those in `state` since `until` or longer: pairs of since when and row number, in their order, behind `after`."""
    since, number = compounds.c.state_since, compounds.c.number
    query = select(since, number).where(compounds.c.state == state.value, since <= until, since >= after[0])
    query = query.where(or_(since > after[0], number > after[1])).order_by(since, number).limit(limit)
    return [(row.state_since, row.number) for row in connection.execute(query)]
