"""Resources that were handed in, as rows: other instances read them, and they outlive a restart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from gridwms.store.sets import chunks, upsert
from gridwms.store.tables import offers


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A resource by its id in the market. `ad`: as ClassAd text. Times in seconds since the epoch."""

    source: str
    name: str
    by: str
    ad: str
    told_at: float
    expires_at: float


def keep(connection: Connection, new: Sequence[Offer]) -> None:
    """Keep these, in place of those with the same names."""
    rows = [
        {
            "source": one.source,
            "name": one.name,
            "offered_by": one.by,
            "ad": one.ad,
            "told_at": one.told_at,
            "expires_at": one.expires_at,
        }
        for one in new
    ]
    for part in chunks(rows):
        connection.execute(upsert(connection, offers, ("source", "name")), part)


def current(connection: Connection, source: str, now: float) -> list[Offer]:
    """All of a source that have not expired, by name."""
    query = select(offers).where(offers.c.source == source, offers.c.expires_at > now).order_by(offers.c.name)
    return [
        Offer(
            source=row.source,
            name=row.name,
            by=row.offered_by,
            ad=row.ad,
            told_at=row.told_at,
            expires_at=row.expires_at,
        )
        for row in connection.execute(query)
    ]


def owners(connection: Connection, source: str, names: Collection[str], now: float) -> dict[str, str]:
    """Who handed in those of these names that are there and have not expired."""
    found: dict[str, str] = {}
    for part in chunks(names):
        query = select(offers.c.name, offers.c.offered_by).where(
            offers.c.source == source, offers.c.name.in_(part), offers.c.expires_at > now
        )
        found |= {row.name: row.offered_by for row in connection.execute(query)}
    return found


def names_of(connection: Connection, source: str, by: str) -> list[str]:
    """What somebody handed in to a source."""
    query = select(offers.c.name).where(offers.c.source == source, offers.c.offered_by == by)
    return [row.name for row in connection.execute(query)]


def count(connection: Connection, source: str, now: float) -> int:
    """How many there are of a source."""
    query = select(func.count()).where(offers.c.source == source, offers.c.expires_at > now)
    return int(connection.execute(query).scalar_one())


def remove(connection: Connection, source: str, names: Collection[str]) -> None:
    """Take these away."""
    for part in chunks(names):
        connection.execute(delete(offers).where(offers.c.source == source, offers.c.name.in_(part)))


def forget_expired(connection: Connection, now: float) -> int:
    """Take away what has expired; how many rows."""
    return connection.execute(delete(offers).where(offers.c.expires_at <= now)).rowcount
