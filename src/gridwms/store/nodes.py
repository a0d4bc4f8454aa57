"""The nodes of compounds as rows: inserted by the thousand, let go along the edges, paged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text

from gridwms.jobs.accounts import account_number
from gridwms.jobs.events import CompoundRegistered
from gridwms.jobs.histogram import Bucket, Verdict, verdict_of
from gridwms.jobs.ids import node_key
from gridwms.jobs.nodes import NewNode, accepted_at_once
from gridwms.jobs.states import DoneCode, State
from gridwms.store import bulk
from gridwms.store.sets import chunks
from gridwms.store.tables import attempts, compounds, edges, jobs
from gridwms.store.tables.jobs import NODE_READY

_COLUMNS = (
    "number", "key", "owner", "vo", "description", "match_class", "retry_count", "shallow_retry_count", "submitted_at",
    "expires_at", "state", "state_since", "decisions", "deep_count", "shallow_count", "parent", "node_name", "value",
    "blockers", "broken", "account", "fqan", "delegation", "priority",
)  # fmt: skip
_WAITING, _SUBMITTED = State.WAITING.value, State.SUBMITTED.value


def add(
    connection: Connection, compound: int, registered: CompoundRegistered, first: int, nodes: Sequence[NewNode]
) -> None:
    """Insert nodes, from number `first` on: what their first events make (`gridwms.jobs.nodes.first_events`)."""
    key, owner, vo, now = registered.key, registered.owner, registered.vo, registered.time
    one_by_one = not registered.started or registered.max_running > 0
    account, fqan = account_number(vo, registered.fqan, owner), registered.fqan or None
    rows = []
    for number, node in enumerate(nodes, first):
        name, value, facts, blockers = node
        at_once = accepted_at_once(registered, node)
        expires_at = registered.nodes_expire_at if at_once and facts.expires_at is None else facts.expires_at
        counted = blockers if one_by_one or registered.kind == "dag" else None
        rows.append(
            (
                compound + number, node_key(key, number), owner, vo, facts.description, facts.match_class,
                facts.retry_count, facts.shallow_retry_count, now, expires_at, _WAITING if at_once else _SUBMITTED,
                now, 2 if at_once else 1, 0, 0, compound, name, value, counted, None if counted is None else 0,
                account, fqan, registered.delegation or None, facts.priority,
            )
        )  # fmt: skip
    bulk.insert(connection, "jobs", _COLUMNS, rows)


def add_edges(connection: Connection, compound: int, new: Iterable[tuple[int, int, bool]]) -> None:
    """Insert edges between nodes, given by their numbers in the compound."""
    rows = [(compound + parent, compound + child, weak) for parent, child, weak in new]
    bulk.insert(connection, "edges", ("parent", "child", "weak"), rows)


class _Effect(NamedTuple):
    """What a node is to its children: added to their `blockers` (over a strong and a weak edge) and to `broken`."""

    strong: int
    weak: int
    broken: int


_EFFECTS = {Verdict.OPEN: _Effect(1, 1, 0), Verdict.GOOD: _Effect(0, 0, 0), Verdict.BAD: _Effect(1, 0, 1)}


def tell_children(connection: Connection, flips: Mapping[tuple[Verdict, Verdict], Sequence[int]]) -> int:
    """Count for the children of nodes whose verdict changed from one to the other; how many children there are."""
    touched = 0
    for (before, after), numbers in flips.items():
        change = _Effect(*(new - old for old, new in zip(_EFFECTS[before], _EFFECTS[after], strict=True)))
        statement = (  # only numbers of this module are put into the text
            "UPDATE jobs SET blockers = blockers + told.waits, broken = broken + told.fails FROM ("  # noqa: S608
            f"SELECT child, SUM(CASE WHEN weak THEN {change.weak} ELSE {change.strong} END) AS waits, "
            f"SUM(CASE WHEN weak THEN 0 ELSE {change.broken} END) AS fails "
            "FROM edges WHERE parent {among} GROUP BY child) AS told WHERE jobs.number = told.child"
        )
        touched += bulk.run_on(connection, statement, numbers)
    return touched


def ready(connection: Connection, compound: int, limit: int) -> list[int]:
    """Nodes that wait for nobody and were not let go yet, in their order."""
    query = select(jobs.c.number).where(NODE_READY, jobs.c.parent == compound).order_by(jobs.c.number).limit(limit)
    return list(connection.scalars(query))


_DOOMED = text("""
WITH RECURSIVE doomed (number) AS (
  SELECT number FROM jobs WHERE state = 'SUBMITTED' AND broken > 0 AND parent = :compound
  UNION
  SELECT jobs.number FROM doomed
  JOIN edges ON edges.parent = doomed.number AND NOT edges.weak
  JOIN jobs ON jobs.number = edges.child AND jobs.state = 'SUBMITTED'
)
SELECT number FROM doomed LIMIT :limit""")
"""Begins with the words of the index `ix_jobs_node_doomed`."""


def doomed(connection: Connection, compound: int, limit: int) -> list[int]:
    """Nodes that cannot run any more, for a node that they need, or one that that needs, has failed."""
    return list(connection.scalars(_DOOMED, {"compound": compound, "limit": limit}))


_GIVEN_UP = and_(jobs.c.state == State.ABORTED.value, jobs.c.broken == 0, jobs.c.reason.like('["parents_failed"%'))


_HOPEFUL = text("""
WITH RECURSIVE hopeful (number) AS (
  SELECT jobs.number FROM edges JOIN jobs ON jobs.number = edges.child
  WHERE edges.parent IN :parents AND NOT edges.weak
  AND jobs.state = 'ABORTED' AND jobs.reason LIKE '["parents_failed"%'
  UNION
  SELECT jobs.number FROM hopeful
  JOIN edges ON edges.parent = hopeful.number AND NOT edges.weak
  JOIN jobs ON jobs.number = edges.child AND jobs.state = 'ABORTED' AND jobs.reason LIKE '["parents_failed"%'
)
SELECT number FROM hopeful LIMIT :limit""").bindparams(bindparam("parents", expanding=True))


def reopened(connection: Connection, parents: Collection[int], limit: int) -> tuple[list[int], bool]:
    """What was given up because of these nodes, at first or at last hand, and of no others that are still failed.

    Also whether there may be more.
    """
    found: dict[int, None] = {}
    for chunk in chunks(parents):
        found |= dict.fromkeys(connection.scalars(_HOPEFUL, {"parents": chunk, "limit": limit - len(found)}))
    cut = len(found) >= limit
    broken: dict[int, int] = {}
    between: list[tuple[int, int]] = []
    for chunk in chunks(found):
        rows = connection.execute(select(jobs.c.number, jobs.c.broken).where(jobs.c.number.in_(chunk)))
        broken |= {row.number: row.broken for row in rows}
        query = select(edges.c.parent, edges.c.child).where(edges.c.parent.in_(chunk), ~edges.c.weak)
        between += [(parent, child) for parent, child in connection.execute(query) if child in found]
    left = True
    while left:
        # Whoever needs a failed node that is not taken up with it cannot be taken up, and so on down.
        taken: dict[int, int] = dict.fromkeys(found, 0)
        for parent, child in between:
            if parent in found and child in found:
                taken[child] += 1
        hopeless = [number for number, count in taken.items() if broken[number] != count]
        for number in hopeless:
            del found[number]
        left = bool(hopeless)
    return list(found), cut


def given_up(connection: Connection, compound: int, after_last: int, limit: int) -> list[int]:
    """The same in all of a compound whose last node comes before row `after_last`."""
    inside = and_(jobs.c.number >= compound, jobs.c.number < after_last)
    return list(connection.scalars(select(jobs.c.number).where(inside, _GIVEN_UP).limit(limit)))


def in_states(
    connection: Connection, first: int, after_last: int, states: Collection[State], limit: int, *, failed: bool = False
) -> list[int]:
    """Row numbers from `first` on of nodes in these states (all when none is named), in their order.

    `failed`: of those that are done or cleared only the ones whose payload failed.
    """
    query = select(jobs.c.number).where(jobs.c.number >= first, jobs.c.number < after_last)
    if states:
        query = query.where(jobs.c.state.in_([state.value for state in states]))
    if failed:
        done = jobs.c.state.in_((State.DONE.value, State.CLEARED.value))
        query = query.where(or_(~done, func.coalesce(jobs.c.exit_code, 0) != 0))
    return list(connection.scalars(query.order_by(jobs.c.number).limit(limit)))


def names(connection: Connection, first: int, after_last: int) -> list[tuple[str, str]]:
    """Key and name of these nodes, in their order."""
    query = select(jobs.c.key, jobs.c.node_name).where(jobs.c.number >= first, jobs.c.number < after_last)
    return [(row.key, row.node_name) for row in connection.execute(query.order_by(jobs.c.number))]


class Described(NamedTuple):
    """A node, the digest of its description and the value in it."""

    number: int
    name: str
    description: str
    value: str


def described(connection: Connection, first: int, after_last: int) -> list[Described]:
    """What describes these nodes, in their order."""
    columns = (jobs.c.number, jobs.c.node_name, jobs.c.description, jobs.c.value)
    query = select(*columns).where(jobs.c.number >= first, jobs.c.number < after_last).order_by(jobs.c.number)
    return [Described(row.number, row.node_name, row.description, row.value or "") for row in connection.execute(query)]


def edges_into(connection: Connection, first: int, after_last: int) -> list[tuple[int, int, bool]]:
    """The edges that lead to these nodes: parent and child by their rows, and whether it is weak."""
    query = select(edges.c.parent, edges.c.child, edges.c.weak)
    query = query.where(edges.c.child >= first, edges.c.child < after_last).order_by(edges.c.child, edges.c.parent)
    return [(row.parent, row.child, bool(row.weak)) for row in connection.execute(query)]


def states(connection: Connection, first: int, after_last: int) -> list[tuple[str, State]]:
    """Key and state of these nodes, in their order."""
    query = select(jobs.c.key, jobs.c.state).where(jobs.c.number >= first, jobs.c.number < after_last)
    return [(row.key, State(row.state)) for row in connection.execute(query.order_by(jobs.c.number))]


def parent_named(connection: Connection, compound: int, child: int, name: str) -> str | None:
    """The key of the node called `name` that the node in row `child` waits for, if it does."""
    edge = and_(edges.c.parent == jobs.c.number, edges.c.child == child)
    query = select(jobs.c.key).join_from(jobs, edges, edge)
    named = and_(jobs.c.parent == compound, jobs.c.node_name == name, jobs.c.blockers.is_not(None))
    return connection.execute(query.where(named)).scalar()


def blockers_of(connection: Connection, number: int) -> int:
    """How many nodes the node in this row waits for."""
    return connection.execute(select(jobs.c.blockers).where(jobs.c.number == number)).scalar() or 0


def descriptions_of(connection: Connection, first: int, after_last: int) -> set[str]:
    """The digests that these nodes name."""
    inside = and_(jobs.c.number >= first, jobs.c.number < after_last)
    return set(connection.scalars(select(jobs.c.description).where(inside).distinct()))


def waits(connection: Connection, first: int, after_last: int) -> dict[int, tuple[int, int]]:
    """Of nodes whose row is wrong about it: how many nodes they wait for, and how many that they need have failed."""
    inside = and_(jobs.c.number >= first, jobs.c.number < after_last)
    columns = (jobs.c.number, jobs.c.state, jobs.c.done_code, jobs.c.exit_code, jobs.c.blockers, jobs.c.broken)
    effects, kept = {}, {}
    for row in connection.execute(select(*columns).where(inside)):
        state = State(row.state)
        ended = state in (State.DONE, State.CLEARED) and bool(row.exit_code)
        bucket = Bucket(state, DoneCode(row.done_code) if row.done_code else None, ended)
        effects[row.number] = _EFFECTS[verdict_of(bucket)]
        if row.blockers is not None:
            kept[row.number] = (row.blockers, row.broken)
    right = {number: [0, 0] for number in kept}
    for edge in connection.execute(select(edges).where(edges.c.parent >= first, edges.c.parent < after_last)):
        effect = effects[edge.parent]
        right[edge.child][0] += effect.weak if edge.weak else effect.strong
        right[edge.child][1] += 0 if edge.weak else effect.broken
    return {number: (waits, fails) for number, (waits, fails) in right.items() if (waits, fails) != kept[number]}


def together(connection: Connection, key: str) -> tuple[str | None, set[str]]:
    """Where a node of this compound was placed first, None when none was; and the match classes of all its nodes."""
    found = connection.execute(select(compounds.c.number, compounds.c.nodes).where(compounds.c.key == key)).first()
    if found is None:
        return None, set()
    first, end = found.number, found.number + found.nodes
    placed = select(attempts.c.ce).where(attempts.c.job >= first, attempts.c.job < end)
    place = connection.scalar(placed.order_by(attempts.c.matched_at).limit(1))
    classes = select(jobs.c.match_class).where(jobs.c.number >= first, jobs.c.number < end).distinct()
    return place, set(connection.scalars(classes)) if place is None else set()
