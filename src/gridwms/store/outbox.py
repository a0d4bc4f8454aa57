"""The outbox as rows: put in with the decision, taken out with the proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from gridwms.jobs.effects import Effect
from gridwms.store import bulk
from gridwms.store.tables import jobs, outbox


class Task(NamedTuple):
    """One thing to do. `tries` above 0: it was begun before, and may have happened."""

    number: int
    kind: str
    key: str
    attempt: int
    tries: int


def put(connection: Connection, effects: Sequence[tuple[Sequence[int], Effect]], due: float) -> None:
    """Add effects, each with the row numbers of its jobs; one that waits already is left as it is."""
    jobs: dict[Effect, list[int]] = defaultdict(list)
    for numbers, effect in effects:
        jobs[effect] += numbers
    for effect, some in jobs.items():
        shared = (effect.site, effect.kind, effect.attempt, due, 0)
        bulk.insert_like(connection, "outbox", _SHARED, shared, ("job",), (some,), missing=True)


_SHARED = ("site", "kind", "attempt", "due", "tries")


def due(connection: Connection, site: str, now: float, limit: int) -> list[Task]:
    """What is to be done at a site now, oldest first."""
    query = (
        select(outbox.c.number, outbox.c.kind, jobs.c.key, outbox.c.attempt, outbox.c.tries)
        .join_from(outbox, jobs, outbox.c.job == jobs.c.number)
        .where(outbox.c.site == site, outbox.c.due <= now)
        .order_by(outbox.c.due, outbox.c.number)
        .limit(limit)
    )
    return list(map(Task._make, connection.execute(query).all()))


def next_due(connection: Connection, site: str) -> float | None:
    """When the next thing at this site becomes due."""
    return connection.execute(select(func.min(outbox.c.due)).where(outbox.c.site == site)).scalar()


def undelivered(connection: Connection, sites: Collection[str]) -> dict[str, int]:
    """How many attempts wait to be handed over, by site."""
    mine = (outbox.c.kind == "deliver") & outbox.c.site.in_(sites)
    query = select(outbox.c.site, func.count()).where(mine).group_by(outbox.c.site)
    return {row[0]: row[1] for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Waits:
    """How often a delivery was begun, and how many errands at its site go before it."""

    tries: int
    before: int


def standing(connection: Connection, key: str, attempt: int) -> Waits | None:
    """How the delivery of an attempt stands; None when the outbox has none."""
    query = (
        select(outbox.c.site, outbox.c.due, outbox.c.number, outbox.c.tries)
        .join_from(outbox, jobs, outbox.c.job == jobs.c.number)
        .where(jobs.c.key == key, outbox.c.attempt == attempt, outbox.c.kind == "deliver")
    )
    found = connection.execute(query).first()
    if found is None:
        return None
    earlier = or_(outbox.c.due < found.due, and_(outbox.c.due == found.due, outbox.c.number < found.number))
    count = select(func.count()).select_from(outbox).where(outbox.c.site == found.site, earlier)
    return Waits(found.tries, connection.execute(count).scalar_one())


def begin(connection: Connection, numbers: Collection[int]) -> None:
    """Note, before acting, that these may happen from now on."""
    bulk.run_on(connection, "UPDATE outbox SET tries = tries + 1 WHERE number {among}", numbers)


def postpone(connection: Connection, numbers: Collection[int], due: float) -> None:
    """Try these again at `due`."""
    bulk.update_equal(connection, "outbox", ("due",), (due,), numbers)


def done(connection: Connection, numbers: Collection[int]) -> None:
    """Take these out."""
    bulk.run_on(connection, "DELETE FROM outbox WHERE number {among}", numbers)
