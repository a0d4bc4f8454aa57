"""The log as listeners want it: from a cursor on, what a filter lets through, with what filters ask about the jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from gridwms.jobs.interest import Interest
from gridwms.store.events import Logged, read_logged
from gridwms.store.tables import compounds, events, jobs


@dataclass(frozen=True, slots=True)
class Heard:
    """An event, and of its job: `number` (of its row; None: it is a compound), owner, VO, the name of its description
    (digest and value), the key of its compound ("" for none), the tags of a compound."""

    logged: Logged
    number: int | None
    owner: str
    vo: str
    description: tuple[str, str]
    parent: str
    tags: tuple[tuple[str, str], ...]


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
    return [
        Heard(
            logged=read_logged(row),
            number=row.job,
            owner=row.owner,
            vo=row.vo,
            description=(row.description or "", row.value or ""),
            parent=row.whole if row.job is not None and row.whole else "",
            tags=tuple((name, value) for name, value in json.loads(row.user_tags)) if row.job is None else (),
        )
        for row in connection.execute(query)
    ]


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
