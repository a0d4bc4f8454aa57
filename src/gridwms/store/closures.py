"""Drains and downtimes of sites, as rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select

from gridwms.store.tables import closures


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """From `begins` to `ends` (None: until it is taken back) a site gets no new jobs."""

    site: str
    begins: float
    ends: float | None
    reason: str
    by: str

    def holds(self, now: float) -> bool:
        """Whether it is in force."""
        return self.begins <= now and (self.ends is None or now < self.ends)


def add(connection: Connection, closure: Closure, now: float) -> None:
    """Keep one."""
    row = {
        "site": closure.site,
        "begins": closure.begins,
        "ends": closure.ends,
        "reason": closure.reason,
        "made_by": closure.by,
        "made_at": now,
    }
    connection.execute(insert(closures), row)


def remove(connection: Connection, site: str) -> int:
    """Take back all of a site; how many there were."""
    return connection.execute(delete(closures).where(closures.c.site == site)).rowcount


def current(connection: Connection, now: float) -> list[Closure]:
    """Those in force and those to come, the earliest first."""
    query = (
        select(closures.c.site, closures.c.begins, closures.c.ends, closures.c.reason, closures.c.made_by)
        .where(or_(closures.c.ends.is_(None), closures.c.ends > now))
        .order_by(closures.c.begins, closures.c.number)
    )
    return [
        Closure(site=row.site, begins=row.begins, ends=row.ends, reason=row.reason, by=row.made_by)
        for row in connection.execute(query)
    ]
