"""Jobs about which something is due, found by index."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gridwms.jobs.states import State
from gridwms.store.tables import attempts, jobs
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


def cancelling(connection: Connection, time: float, limit: int) -> list[int]:
    """Jobs at a site that somebody wanted to end at `time` or before."""
    query = select(jobs.c.number).where(CANCELLING, jobs.c.cancel_requested_at <= time)
    return list(connection.scalars(query.limit(limit)))


def queued(connection: Connection, before: float, limit: int) -> list[int]:
    """Jobs whose attempt has been at its site since `before` or longer and does not run, the oldest first."""
    query = (
        select(attempts.c.job)
        .join_from(attempts, jobs, attempts.c.job == jobs.c.number)
        .where(PRESENT, attempts.c.delivered_at <= before, attempts.c.running_at.is_(None), ~attempts.c.over)
        .where(jobs.c.state == State.SCHEDULED.value, jobs.c.cancel_requested_at.is_(None))
    )
    return list(connection.scalars(query.order_by(attempts.c.delivered_at).limit(limit)))
