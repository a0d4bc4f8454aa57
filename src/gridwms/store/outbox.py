"""The outbox as rows: put in with the decision, taken out with the proof."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from gridwms.jobs.effects import Effect
from gridwms.store.bulk import run_many
from gridwms.store.sets import chunks, insert_missing
from gridwms.store.tables import jobs, outbox


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `tries` above 0: it was begun before, and may have happened."""

    number: int
    kind: str
    key: str
    attempt: int
    tries: int


def put(connection: Connection, effects: Sequence[tuple[int, Effect]], due: float) -> None:
    """Add effects, each with its job's row number; one that waits already is left as it is."""
    if not effects:
        return
    rows = [
        {"site": e.site, "kind": e.kind, "job": number, "attempt": e.attempt, "due": due, "tries": 0}
        for number, e in effects
    ]
    run_many(connection, insert_missing(connection, outbox), rows)


def due(connection: Connection, site: str, now: float, limit: int) -> list[Task]:
    """What is to be done at a site now, oldest first."""
    query = (
        select(outbox.c.number, outbox.c.kind, jobs.c.key, outbox.c.attempt, outbox.c.tries)
        .join_from(outbox, jobs, outbox.c.job == jobs.c.number)
        .where(outbox.c.site == site, outbox.c.due <= now)
        .order_by(outbox.c.due, outbox.c.number)
        .limit(limit)
    )
    return [Task(*row) for row in connection.execute(query)]


def next_due(connection: Connection, site: str) -> float | None:
    """When the next thing at this site becomes due."""
    return connection.execute(select(func.min(outbox.c.due)).where(outbox.c.site == site)).scalar()


def begin(connection: Connection, numbers: Collection[int]) -> None:
    """Note, before acting, that these may happen from now on."""
    for chunk in chunks(numbers):
        connection.execute(update(outbox).where(outbox.c.number.in_(chunk)).values(tries=outbox.c.tries + 1))


def postpone(connection: Connection, numbers: Collection[int], due: float) -> None:
    """Try these again at `due`."""
    for chunk in chunks(numbers):
        connection.execute(update(outbox).where(outbox.c.number.in_(chunk)).values(due=due))


def done(connection: Connection, numbers: Collection[int]) -> None:
    """Take these out."""
    for chunk in chunks(numbers):
        connection.execute(delete(outbox).where(outbox.c.number.in_(chunk)))
