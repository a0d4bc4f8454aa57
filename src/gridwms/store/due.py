"""Jobs about which something is due, found by index."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from gridwms.jobs.states import State
from gridwms.store.sets import chunks
from gridwms.store.tables import attempts, compounds, jobs
from gridwms.store.tables.jobs import CANCELLING, PRESENT, TIMED, UNMATCHED


def expired(connection: Connection, now: float, limit: int) -> list[int]:
    """Unmatched jobs whose ExpiryTime has passed."""
    query = select(jobs.c.number).where(UNMATCHED, jobs.c.expires_at <= now).order_by(jobs.c.expires_at).limit(limit)
    return list(connection.scalars(query))


def since(connection: Connection, state: State, time: float, limit: int) -> list[int]:
    """Jobs that have been in `state`, one of those that are timed, since `time` or longer.

    Nodes that have not begun, or have ended, are not among them: they are their compound's matter.
    """
    query = select(jobs.c.number).where(TIMED, jobs.c.state == state.value, jobs.c.state_since <= time)
    return list(connection.scalars(query.order_by(jobs.c.state_since).limit(limit)))


def between(
    connection: Connection, state: State, after: tuple[float, int], until: float, limit: int
) -> list[tuple[float, int]]:
    """The same, as pairs of that time and their row number, in the order of these pairs from `after` on."""
    since, number = jobs.c.state_since, jobs.c.number
    query = select(since, number).where(TIMED, jobs.c.state == state.value, since <= until, since >= after[0])
    query = query.where(or_(since > after[0], number > after[1])).order_by(since, number).limit(limit)
    return [(row.state_since, row.number) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Old:
    """A job or a compound that has been in a state for long."""

    key: str
    owner: str
    state: State
    since: float


def old(connection: Connection, owner: str | None, states: Collection[State], until: float, limit: int) -> list[Old]:
    """Jobs and compounds, no nodes, that have been in one of these states since `until` or longer."""
    names = [state.value for state in states]
    single = select(jobs.c.key, jobs.c.owner, jobs.c.state, jobs.c.state_since).where(
        TIMED, jobs.c.parent.is_(None), jobs.c.state.in_(names), jobs.c.state_since <= until
    )
    whole = select(compounds.c.key, compounds.c.owner, compounds.c.state, compounds.c.state_since).where(
        compounds.c.state.in_(names), compounds.c.state_since <= until
    )
    if owner is not None:
        single, whole = single.where(jobs.c.owner == owner), whole.where(compounds.c.owner == owner)
    found = [
        Old(row.key, row.owner, State(row.state), row.state_since)
        for query, since in ((single, jobs.c.state_since), (whole, compounds.c.state_since))
        for row in connection.execute(query.order_by(since).limit(limit))
    ]
    return sorted(found, key=lambda one: one.since)[:limit]


def cancelling(connection: Connection, time: float, limit: int) -> list[int]:
    """Jobs at a site that somebody wanted to end at `time` or before."""
    query = select(jobs.c.number).where(CANCELLING, jobs.c.cancel_requested_at <= time)
    return list(connection.scalars(query.limit(limit)))


def queued(connection: Connection, before: float, limit: int, ces: Collection[str]) -> list[int]:
    """Jobs whose attempt has been at one of these computing elements since `before` and does not run, oldest first."""
    found: list[int] = []
    for chunk in chunks(ces):
        query = _QUEUED.where(attempts.c.delivered_at <= before, attempts.c.ce.in_(chunk))
        found += [row.job for row in connection.execute(query.order_by(attempts.c.delivered_at).limit(limit))]
    return found[:limit]


def queued_from(connection: Connection, after: tuple[float, int], until: float, limit: int) -> list[tuple[float, int]]:
    """The same at any place, as pairs of the time of delivery and the row number, in their order from `after` on."""
    time, number = attempts.c.delivered_at, attempts.c.job
    query = _QUEUED.where(time <= until, time >= after[0], or_(time > after[0], number > after[1]))
    return [(row.delivered_at, row.job) for row in connection.execute(query.order_by(time, number).limit(limit))]


_QUEUED = (
    select(attempts.c.delivered_at, attempts.c.job)
    .join_from(attempts, jobs, attempts.c.job == jobs.c.number)
    .where(PRESENT, attempts.c.running_at.is_(None), ~attempts.c.over)
    .where(jobs.c.state == State.SCHEDULED.value, jobs.c.cancel_requested_at.is_(None))
)
