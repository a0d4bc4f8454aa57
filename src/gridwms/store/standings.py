"""The circuit breakers of computing elements, and which sites do not answer, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from gridwms.store.sets import chunks, upsert
from gridwms.store.tables import silences, standings
from gridwms.store.tables.feedback import OPENED


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is remembered of a computing element; see the table."""

    ce: str
    site: str
    good: float = 0.0
    bad: float = 0.0
    why: str = ""
    opened_at: float | None = None
    pause: float = 0.0
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a site does not answer, and what it said instead."""

    since: float
    why: str


def load(connection: Connection, ces: Collection[str]) -> dict[str, Standing]:
    """Those of these computing elements that something is remembered of."""
    found: dict[str, Standing] = {}
    for chunk in chunks(ces):
        found |= _read(connection, select(standings).where(standings.c.ce.in_(chunk)))
    return found


def of_site(connection: Connection, site: str) -> dict[str, Standing]:
    """Those of a site."""
    return _read(connection, select(standings).where(standings.c.site == site).order_by(standings.c.ce))


def opened(connection: Connection) -> dict[str, Standing]:
    """Those that are not believed now, the one that was opened first first."""
    return _read(connection, select(standings).where(OPENED).order_by(standings.c.opened_at, standings.c.ce))


def _read(connection: Connection, query: Any) -> dict[str, Standing]:
    return {row.ce: Standing(**row._mapping) for row in connection.execute(query)}


def save(connection: Connection, changed: Iterable[Standing]) -> None:
    """Write them down."""
    rows = [asdict(one) for one in changed]
    if rows:
        connection.execute(upsert(connection, standings, ("ce",)), rows)


def release(connection: Connection, name: str) -> int:
    """Forget what is remembered of a computing element, or of all those of a site; of how many that was."""
    which = or_(standings.c.ce == name, standings.c.site == name)
    return connection.execute(delete(standings).where(which)).rowcount


def forget(connection: Connection, before: float) -> None:
    """Forget those that are believed and of which nothing was heard since a time."""
    connection.execute(delete(standings).where(standings.c.opened_at.is_(None), standings.c.changed_at < before))


def silent(connection: Connection) -> dict[str, Silence]:
    """The sites that do not answer."""
    return {row.site: Silence(row.since, row.why) for row in connection.execute(select(silences))}


def tell_silences(connection: Connection, sites: Collection[str], now: Mapping[str, Silence]) -> None:
    """Replace what is known of these sites."""
    connection.execute(delete(silences).where(silences.c.site.in_(list(sites))))
    rows = [{"site": site, "since": one.since, "why": one.why} for site, one in now.items()]
    if rows:
        connection.execute(insert(silences), rows)
