"""How nodes began, as events of the log that have cursors and no rows.

They are made of the lists that a compound was registered with. Between its events CompoundRegistered and
NodesRegistered as many cursors are left free as its nodes have first events, in the order of the nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from gridwms.jobs.codec import UnreadableEvent
from gridwms.jobs.events import Accepted, CompoundRegistered, Registered
from gridwms.jobs.job import Job
from gridwms.jobs.nodes import LIST_LENGTH, NewNode, count_first_events, first_events, listed
from gridwms.jobs.states import State
from gridwms.jobs.steps import step
from gridwms.store.logged import LOGGED, Logged, read_logged
from gridwms.store.tables import events, node_lists

KINDS = ((Registered.type, State.SUBMITTED.value), (Accepted.type, State.WAITING.value))
"""Of what type the first events of a node are, in their order, and into what state they bring it."""


class Registration(NamedTuple):
    """Of a compound with this row number; its first event leaves the cursors behind it free."""

    compound: int
    logged: Logged
    event: CompoundRegistered


class Beginning(NamedTuple):
    """One of the first events of a node, the one with this place among them. `node`: its number in the compound."""

    registration: Registration
    cursor: int
    node: int
    listed: NewNode
    place: int

    @property
    def logged(self) -> Logged:
        """As if it stood in the log."""
        return _logged(self.registration, self.node, self.listed, self.cursor - self.place)[self.place]


_RESERVE = {
    "sqlite": "UPDATE sqlite_sequence SET seq = seq + :count WHERE name = 'events'",
    "postgresql": "SELECT setval(name, nextval(name) + :count - 1) "
    "FROM (SELECT CAST(pg_get_serial_sequence('events', 'cursor') AS regclass) AS name) AS sequence",
}


def reserve(connection: Connection, count: int) -> None:
    """Leave so many cursors free behind the newest event. Writers take turns: nobody else is given them."""
    if count:
        connection.execute(text(_RESERVE[connection.dialect.name]), {"count": count})


def of_nodes(connection: Connection, compound: int, nodes: Collection[int]) -> dict[int, list[Logged]]:
    """How these nodes of a compound began, by their number in it."""
    registration = _registration(connection, compound)
    wanted: dict[int, set[int]] = defaultdict(set)
    for node in nodes:
        wanted[node - node % LIST_LENGTH].add(node)
    found: dict[int, list[Logged]] = {}
    for first, here in wanted.items():
        query = select(node_lists.c.before, node_lists.c.data).where(node_lists.c.compound == compound)
        before, data = connection.execute(query.where(node_lists.c.first == first)).one()
        cursor = registration.logged.cursor + 1 + before
        for node, new in enumerate(listed(data), first):
            if node in here:
                found[node] = _logged(registration, node, new, cursor)
            cursor += count_first_events(registration.event, new)
    return found


def after(
    connection: Connection, compound: int, cursor: int, only: Collection[int] | None = None
) -> Iterator[Beginning]:
    """The first events of the nodes of a compound behind a cursor, in their order; of some nodes only, or of all."""
    registration = _registration(connection, compound)
    begin = registration.logged.cursor + 1
    mine = node_lists.c.compound == compound
    columns = (node_lists.c.first, node_lists.c.before, node_lists.c.data)
    # The newest list that begins at the cursor or before it, and those behind it one by one: each is large.
    query = select(*columns).where(mine, node_lists.c.before <= max(0, cursor + 1 - begin))
    row = connection.execute(query.order_by(node_lists.c.first.desc()).limit(1)).first()
    while row is not None:
        at = begin + row.before
        for node, new in enumerate(listed(row.data), row.first):
            for place in range(count_first_events(registration.event, new)):
                if at > cursor and (only is None or node in only):
                    yield Beginning(registration, at, node, new, place)
                at += 1
        following = select(*columns).where(mine, node_lists.c.first > row.first).order_by(node_lists.c.first).limit(1)
        row = connection.execute(following).first()


def _registration(connection: Connection, compound: int) -> Registration:
    query = LOGGED.where(events.c.compound == compound).order_by(events.c.cursor).limit(1)
    first = read_logged(connection.execute(query).one())
    if not isinstance(first.event, CompoundRegistered):
        raise UnreadableEvent(f"the log of compound number {compound} does not begin with its registration")
    return Registration(compound, first, first.event)


def _logged(registration: Registration, node: int, new: NewNode, cursor: int) -> list[Logged]:
    """All first events of a node, the first of which has this cursor."""
    made: list[Logged] = []
    job: Job | None = None
    for place, event in enumerate(first_events(registration.compound, registration.event, node, new)):
        job, _effects = step(job, event)
        made.append(Logged(cursor + place, job.key, registration.logged.arrived, event, job.state, job.done_code))
    return made
