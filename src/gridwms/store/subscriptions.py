"""Subscriptions as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from gridwms.jobs.interest import Interest
from gridwms.store.tables import subscriptions

_S = subscriptions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Times are seconds since the epoch. `every`: seconds between two deliveries at least. See the table."""

    key: str
    owner: str
    kind: str
    target: str
    interest: Interest
    every: float
    made_at: float
    expires_at: float
    cursor: int
    delivered_at: float | None = None
    failures: int = 0
    failing_since: float | None = None
    next_at: float | None = None
    error: str = ""
    paused_at: float | None = None


def add(connection: Connection, new: Subscription) -> None:
    """Keep a new one."""
    connection.execute(insert(subscriptions), _row(new))


def get(connection: Connection, key: str) -> Subscription | None:
    """The one with this key."""
    row = connection.execute(select(subscriptions).where(_S.key == key)).first()
    return None if row is None else _read(row)


def of_owner(connection: Connection, owner: str | None) -> list[Subscription]:
    """Those of one owner, or all, the oldest first."""
    query = select(subscriptions).order_by(_S.number)
    return [_read(row) for row in connection.execute(query if owner is None else query.where(_S.owner == owner))]


def count(connection: Connection, owner: str) -> int:
    """How many an owner has."""
    return connection.execute(select(func.count()).select_from(subscriptions).where(_S.owner == owner)).scalar_one()


def active(connection: Connection, now: float) -> list[Subscription]:
    """Those that are to be served."""
    query = select(subscriptions).where(_S.paused_at.is_(None), _S.expires_at > now).order_by(_S.number)
    return [_read(row) for row in connection.execute(query)]


def change(connection: Connection, key: str, values: Mapping[str, Any]) -> bool:
    """Change columns of one; whether it is there."""
    return connection.execute(update(subscriptions).where(_S.key == key).values(**values)).rowcount > 0


def move(connection: Connection, cursors: Mapping[str, int]) -> None:
    """Note up to where there was nothing to tell. A cursor never goes back."""
    rows = [{"_key": key, "_cursor": cursor} for key, cursor in cursors.items()]
    if rows:
        further = update(subscriptions).where(_S.key == bindparam("_key"), _S.cursor < bindparam("_cursor"))
        connection.execute(further.values(cursor=bindparam("_cursor")), rows)


def remove(connection: Connection, key: str) -> bool:
    """Remove one; whether it was there."""
    return connection.execute(delete(subscriptions).where(_S.key == key)).rowcount > 0


def remove_expired(connection: Connection, before: float) -> int:
    """Remove those that expired before a time; how many."""
    return connection.execute(delete(subscriptions).where(_S.expires_at < before)).rowcount


def _row(one: Subscription) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in one.__slots__ if name != "interest"}
    return plain | {"filter": json.dumps(one.interest.pairs()), "whose": one.interest.owner}


def _read(row: Row[Any]) -> Subscription:
    plain = {name: getattr(row, name) for name in Subscription.__slots__ if name != "interest"}
    return Subscription(**plain, interest=Interest.read([(n, v) for n, v in json.loads(row.filter)], row.whose))
