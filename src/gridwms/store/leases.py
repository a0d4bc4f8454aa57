"""Leases: work that one instance does until it stops renewing, and another then takes over."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from gridwms.store.sets import upsert
from gridwms.store.tables import leases


def hold(connection: Connection, name: str, holder: str, now: float, seconds: float) -> bool:
    """Take or renew a lease; whether `holder` has it now, until `now + seconds`."""
    row = connection.execute(select(leases.c.holder, leases.c.until).where(leases.c.name == name)).first()
    if row is not None and row.holder != holder and row.until > now:
        return False
    connection.execute(upsert(connection, leases, ("name",)), {"name": name, "holder": holder, "until": now + seconds})
    return True


def let_go(connection: Connection, holder: str) -> None:
    """Give up all that `holder` has, so that nobody has to wait for it."""
    connection.execute(delete(leases).where(leases.c.holder == holder))
