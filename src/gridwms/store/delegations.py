"""Rows of delegated credentials. What they hold is sealed: nothing here can read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from gridwms.store.tables import delegations


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One, as stored. Times in seconds since the epoch; `credential` None: only a request was given out so far."""

    owner: str
    name: str
    request_key: bytes | None = field(default=None, repr=False)
    requested_at: float | None = None
    credential: bytes | None = field(default=None, repr=False)
    vo: str = ""
    fqans: tuple[str, ...] = ()
    begins: float | None = None
    ends: float | None = None
    attributes_end: float | None = None


def find(connection: Connection, owner: str, name: str) -> Delegation | None:
    """The delegation of this name."""
    row = connection.execute(select(delegations).where(_is(owner, name))).first()
    return None if row is None else _read(row)


def of_owner(connection: Connection, owner: str | None) -> list[Delegation]:
    """All of an owner, or of everybody, by name; without what is sealed in them."""
    query = select(delegations).order_by(delegations.c.owner, delegations.c.name)
    if owner is not None:
        query = query.where(delegations.c.owner == owner)
    return [_read(row) for row in connection.execute(query)]


def count(connection: Connection, owner: str) -> int:
    """How many an owner has."""
    query = select(func.count()).select_from(delegations).where(delegations.c.owner == owner)
    return connection.execute(query).scalar_one()


def put(connection: Connection, one: Delegation) -> None:
    """Write a delegation, in the place of one of the same name."""
    connection.execute(delete(delegations).where(_is(one.owner, one.name)))
    row = {name: getattr(one, name) for name in Delegation.__slots__} | {"fqans": json.dumps(one.fqans)}
    connection.execute(delegations.insert(), row)


def note_request(connection: Connection, owner: str, name: str, key: bytes, now: float) -> None:
    """Keep the key of a request beside the credential that is there, if any."""
    changed = connection.execute(update(delegations).where(_is(owner, name)).values(request_key=key, requested_at=now))
    if not changed.rowcount:
        put(connection, Delegation(owner=owner, name=name, request_key=key, requested_at=now))


def remove(connection: Connection, owner: str, name: str) -> bool:
    """Whether there was one."""
    return bool(connection.execute(delete(delegations).where(_is(owner, name))).rowcount)


def forget(connection: Connection, *, ended_before: float, requested_before: float) -> int:
    """Drop what ended, and requests that nobody answered; how many rows."""
    credential = delegations.c.credential
    ended = and_(credential.is_not(None), delegations.c.ends < ended_before)
    unanswered = and_(credential.is_(None), delegations.c.requested_at < requested_before)
    return connection.execute(delete(delegations).where(or_(ended, unanswered))).rowcount


def _is(owner: str, name: str):  # type: ignore[no-untyped-def]
    return and_(delegations.c.owner == owner, delegations.c.name == name)


def _read(row: Row[tuple[object, ...]]) -> Delegation:
    values = dict(row._mapping)
    return Delegation(**values | {"fqans": tuple(json.loads(values["fqans"]))})
