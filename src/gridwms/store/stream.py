"""The log as listeners want it: from a cursor on, what a filter lets through, with what filters ask about the jobs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from gridwms.jobs.events import NodesRegistered
from gridwms.jobs.ids import node_key
from gridwms.jobs.interest import Interest
from gridwms.store import beginnings
from gridwms.store.beginnings import Beginning
from gridwms.store.logged import Logged, read_logged
from gridwms.store.sets import chunks
from gridwms.store.tables import compounds, events, jobs


class Heard:
    """An event as a row: what filters ask is read at once, the event itself only when somebody wants it.

    `number`: of the job's row, None when it is a compound. `parent`: the key of its compound, "" for none.
    """

    __slots__ = ("_row", "cursor", "done_code", "key", "number", "owner", "parent", "state", "type", "vo")

    def __init__(self, row: Row[Any]) -> None:
        self._row = row
        self.cursor: int = row.cursor
        self.key: str = row.key
        self.type: str = row.type
        self.state: str | None = row.state
        self.done_code: str | None = row.done_code
        self.number: int | None = row.job
        self.owner: str = row.owner
        self.vo: str = row.vo
        self.parent: str = row.whole if row.job is not None and row.whole else ""

    @property
    def logged(self) -> Logged:
        """The entry of the log. Raises UnreadableEvent."""
        return read_logged(self._row)

    @property
    def description(self) -> tuple[str, str]:
        """The name of the description: its digest, and the value of a node."""
        return self._row.description or "", self._row.value or ""

    @property
    def remarked(self) -> int:
        """Under which number remarks about it are kept."""
        return self.number if self.number is not None else -int(self._row.compound)

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Of a compound: its tags."""
        return () if self.number is not None else tuple((name, text) for name, text in json.loads(self._row.user_tags))


class Begun(Heard):
    """A first event of a node, which has no row of its own."""

    __slots__ = ("_beginning",)

    def __init__(self, beginning: Beginning) -> None:
        registration = beginning.registration
        self._beginning = beginning
        self.cursor = beginning.cursor
        self.key = node_key(registration.event.key, beginning.node)
        self.type, self.state = beginnings.KINDS[beginning.place]
        self.done_code = None
        self.number = registration.compound + beginning.node
        self.owner, self.vo, self.parent = registration.event.owner, registration.event.vo, registration.event.key

    @property
    def logged(self) -> Logged:
        return self._beginning.logged

    @property
    def description(self) -> tuple[str, str]:
        return self._beginning.listed.facts.description, self._beginning.listed.value

    @property
    def remarked(self) -> int:
        assert self.number is not None  # noqa: S101 - a node has one
        return self.number

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        return ()


_OWNER: ColumnElement[str] = func.coalesce(jobs.c.owner, compounds.c.owner)
_VO: ColumnElement[str] = func.coalesce(jobs.c.vo, compounds.c.vo)
# Of an event of a node the compound is its parent, of one of a compound that itself.
_HEARD = (
    select(
        events,
        func.coalesce(jobs.c.key, compounds.c.key).label("key"),
        _OWNER.label("owner"),
        _VO.label("vo"),
        jobs.c.description,
        jobs.c.value,
        compounds.c.key.label("whole"),
        compounds.c.user_tags,
    )
    .outerjoin_from(events, jobs, events.c.job == jobs.c.number)
    .outerjoin(compounds, func.coalesce(events.c.compound, jobs.c.parent) == compounds.c.number)
)


def after(
    connection: Connection, cursor: int, interest: Interest, limit: int, *, nodes_begin: bool = True
) -> list[Heard]:
    """What arrived after `cursor` and a filter lets through, as far as the rows tell: user tags are not among them.

    `nodes_begin`: also how nodes began, which rows do not tell.
    """
    conditions = and_(true(), *_conditions(interest))
    wanted = _nodes(connection, interest) if nodes_begin else None
    if wanted is not None:
        conditions = or_(conditions, and_(events.c.type == NodesRegistered.type, *_listing(interest, wanted)))
    found: list[Heard] = []
    query = _HEARD.where(events.c.cursor > cursor, conditions).order_by(events.c.cursor).limit(limit)
    for row in connection.execute(query):
        if wanted is not None and row.type == NodesRegistered.type:
            for one in beginnings.after(connection, row.compound, cursor, wanted.get(row.compound)):
                found.append(Begun(one))
                if len(found) == limit:
                    return found
        found.append(Heard(row))
        if len(found) == limit:
            break
    return found


_Wanted = dict[int, set[int]]
"""By compound the numbers of its nodes that are asked for; all nodes of those that are not here."""


def _nodes(connection: Connection, interest: Interest) -> _Wanted | None:
    """Of which nodes the beginning is to be told; None: of none."""
    if not interest.hears_beginnings:
        return None
    wanted: _Wanted = defaultdict(set)
    for chunk in chunks(interest.jobs):
        query = select(jobs.c.number, jobs.c.parent).where(jobs.c.key.in_(chunk), jobs.c.parent.is_not(None))
        for number, parent in connection.execute(query):
            wanted[parent].add(number - parent)
    return wanted if wanted or not interest.jobs else None


def _listing(interest: Interest, wanted: _Wanted) -> Iterator[ColumnElement[bool]]:
    """Which compounds may list such nodes."""
    if interest.owner is not None:
        yield compounds.c.owner == interest.owner
    if interest.jobs:
        yield events.c.compound.in_(sorted(wanted))
    if interest.parents:
        yield compounds.c.key.in_(sorted(interest.parents))
    if interest.vos:
        yield compounds.c.vo.in_(sorted(interest.vos))


def _conditions(interest: Interest) -> Iterator[ColumnElement[bool]]:
    if interest.owner is not None:
        yield _OWNER.in_([interest.owner])
    if interest.types:
        yield events.c.type.in_(sorted(interest.types))
    if interest.states:
        # DONE_OK and its like: state and code in one word.
        yield or_(
            events.c.state.in_(sorted(interest.states)),
            (events.c.state + "_" + events.c.done_code).in_(sorted(interest.states)),
        )
    if interest.jobs:
        keys = sorted(interest.jobs)
        yield or_(
            events.c.job.in_(select(jobs.c.number).where(jobs.c.key.in_(keys))),
            events.c.compound.in_(select(compounds.c.number).where(compounds.c.key.in_(keys))),
        )
    if interest.parents:
        keys = sorted(interest.parents)
        yield jobs.c.parent.in_(select(compounds.c.number).where(compounds.c.key.in_(keys)))
    if interest.vos:
        yield _VO.in_(sorted(interest.vos))
