"""The log as listeners want it: from a cursor on, what a filter lets through, with what filters ask about the jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from gridwms.jobs.interest import Interest
from gridwms.store.events import Logged, read_logged
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


def after(connection: Connection, cursor: int, interest: Interest, limit: int) -> list[Heard]:
    """What arrived after `cursor` and a filter lets through, as far as the rows tell: user tags are not among them."""
    query = _HEARD.where(events.c.cursor > cursor, *_conditions(interest)).order_by(events.c.cursor).limit(limit)
    return [Heard(row) for row in connection.execute(query)]


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
