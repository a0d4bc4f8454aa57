"""Jobs about which something is due, found by index."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gridwms.jobs.states import AT_SITE, State
from gridwms.store.tables import jobs


def expired(connection: Connection, now: float, limit: int) -> list[int]:
    """Unmatched jobs whose ExpiryTime has passed."""
    unmatched = jobs.c.state.in_((State.SUBMITTED.value, State.WAITING.value))
    query = select(jobs.c.number).where(unmatched, jobs.c.expires_at <= now).order_by(jobs.c.expires_at).limit(limit)
    return list(connection.scalars(query))


def since(connection: Connection, state: State, time: float, limit: int) -> list[int]:
    """Jobs that have been in `state` since `time` or longer."""
    query = select(jobs.c.number).where(jobs.c.state == state.value, jobs.c.state_since <= time)
    return list(connection.scalars(query.order_by(jobs.c.state_since).limit(limit)))


def cancelling(connection: Connection, time: float, limit: int) -> list[int]:
    """Jobs at a site that somebody wanted to end at `time` or before."""
    at_site = jobs.c.state.in_([state.value for state in AT_SITE])
    query = select(jobs.c.number).where(at_site, jobs.c.cancel_requested_at <= time)
    return list(connection.scalars(query.limit(limit)))
