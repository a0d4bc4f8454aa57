"""Rows of delegated credentials. What they hold is sealed: nothing here can read it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, or_, select, tuple_, update

from gridwms.store.sets import chunks
from gridwms.store.tables import attempts, delegations, jobs
from gridwms.store.tables.jobs import DELEGATED, PRESENT


class Kind(StrEnum):
    """What a credential is."""

    PROXY = "proxy"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One, as stored. Times in seconds since the epoch; `credential` None: only a request was given out so far, or its
    owner took it back (`removed`)."""

    owner: str
    name: str
    kind: Kind = Kind.PROXY
    request_key: bytes | None = field(default=None, repr=False)
    requested_at: float | None = None
    credential: bytes | None = field(default=None, repr=False)
    vo: str = ""
    fqans: tuple[str, ...] = ()
    begins: float | None = None
    ends: float | None = None
    attributes_end: float | None = None
    serial: int = 0
    source: str = ""
    renew_at: float | None = None
    renewed_at: float | None = None
    tried_at: float | None = None
    tries: int = 0
    trouble: str = ""

    @property
    def handle(self) -> str:
        """Stands for owner and name, in receipts and names of files."""
        return handle_of(self.owner, self.name)

    @property
    def soonest(self) -> float | None:
        """When the first of it runs out: the proxy, or its VOMS attributes."""
        return self.ends if self.attributes_end is None or self.ends is None else min(self.ends, self.attributes_end)

    @property
    def removed(self) -> bool:
        """Its owner took it back while jobs used it."""
        return self.credential is None and self.ends is not None


def handle_of(owner: str, name: str) -> str:
    """22 letters and digits, `-` and `_`."""
    digest = hashlib.sha256(f"{owner}\0{name}".encode("utf-8", "surrogatepass")).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def find(connection: Connection, owner: str, name: str, kind: Kind = Kind.PROXY) -> Delegation | None:
    """The credential of this kind in the delegation of this name."""
    row = connection.execute(select(delegations).where(_is(owner, name, kind))).first()
    return None if row is None else _read(row)


def named(connection: Connection, owner: str, name: str) -> list[Delegation]:
    """The credentials of all kinds in the delegation of this name."""
    query = select(delegations).where(delegations.c.owner == owner, delegations.c.name == name)
    return [_read(row) for row in connection.execute(query.order_by(delegations.c.kind))]


def by_handle(connection: Connection, handle: str) -> list[Delegation]:
    """The same, by its handle."""
    query = select(delegations).where(delegations.c.handle == handle).order_by(delegations.c.kind)
    return [_read(row) for row in connection.execute(query)]


def of_jobs(connection: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Delegation]]:
    """The credentials of these owners and names."""
    found: dict[tuple[str, str], list[Delegation]] = {}
    for chunk in chunks(pairs):
        query = select(delegations).where(tuple_(delegations.c.owner, delegations.c.name).in_(chunk))
        for row in connection.execute(query):
            found.setdefault((row.owner, row.name), []).append(_read(row))
    return found


def of_owner(connection: Connection, owner: str | None) -> list[Delegation]:
    """All of an owner, or of everybody, by name."""
    query = select(delegations).order_by(delegations.c.owner, delegations.c.name, delegations.c.kind)
    if owner is not None:
        query = query.where(delegations.c.owner == owner)
    return [_read(row) for row in connection.execute(query)]


def due(connection: Connection, now: float, limit: int) -> list[Delegation]:
    """Those that are to be renewed now, the most urgent first."""
    query = select(delegations).where(delegations.c.renew_at <= now).order_by(delegations.c.renew_at).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def run_out(connection: Connection, now: float, grace: float, limit: int) -> list[int]:
    """Jobs whose last credential has run out: those whose payload runs only when it has `grace` seconds ago."""
    other = delegations.alias()
    lasting = exists(
        select(other.c.name).where(
            other.c.owner == delegations.c.owner,
            other.c.name == delegations.c.name,
            or_(other.c.ends > now, and_(jobs.c.state == "RUNNING", other.c.ends > now - grace)),
        )
    )
    mine = and_(jobs.c.owner == delegations.c.owner, jobs.c.delegation == delegations.c.name)
    query = select(jobs.c.number).distinct().select_from(delegations).join(jobs, mine)
    query = query.where(DELEGATED, delegations.c.ends <= now, ~lasting).limit(limit)
    return list(connection.scalars(query))


def at_site(connection: Connection, site: str) -> dict[tuple[str, str], int]:
    """The delegations with which attempts are at a site now, by owner and name: the sum of their serials."""
    pairs = select(jobs.c.owner, jobs.c.delegation).join_from(attempts, jobs, attempts.c.job == jobs.c.number)
    pairs = pairs.where(PRESENT, attempts.c.site == site, jobs.c.delegation.is_not(None)).distinct()
    there = pairs.subquery()
    mine = and_(delegations.c.owner == there.c.owner, delegations.c.name == there.c.delegation)
    query = select(delegations.c.owner, delegations.c.name, func.sum(delegations.c.serial).label("serial"))
    query = query.join_from(there, delegations, mine).group_by(delegations.c.owner, delegations.c.name)
    return {(row.owner, row.name): int(row.serial) for row in connection.execute(query)}


def jobs_at(connection: Connection, site: str, owner: str, name: str) -> list[int]:
    """The jobs at a site that go with a delegation."""
    query = select(attempts.c.job).join_from(attempts, jobs, attempts.c.job == jobs.c.number).distinct()
    query = query.where(PRESENT, attempts.c.site == site, jobs.c.owner == owner, jobs.c.delegation == name)
    return list(connection.scalars(query))


def count(connection: Connection, owner: str) -> int:
    """How many an owner has."""
    query = select(func.count()).select_from(delegations).where(delegations.c.owner == owner)
    return connection.execute(query).scalar_one()


def put(connection: Connection, one: Delegation) -> None:
    """Write a delegation, in the place of one of the same name and kind."""
    connection.execute(delete(delegations).where(_is(one.owner, one.name, one.kind)))
    row = {each.name: getattr(one, each.name) for each in fields(Delegation)}
    row |= {"fqans": json.dumps(one.fqans), "kind": one.kind.value, "handle": one.handle}
    connection.execute(delegations.insert(), row)


def note_request(connection: Connection, owner: str, name: str, key: bytes, now: float) -> None:
    """Keep the key of a request beside the credential that is there, if any."""
    mine = _is(owner, name, Kind.PROXY)
    changed = connection.execute(update(delegations).where(mine).values(request_key=key, requested_at=now))
    if not changed.rowcount:
        put(connection, Delegation(owner=owner, name=name, request_key=key, requested_at=now))


def remove(connection: Connection, owner: str, name: str, now: float) -> bool:
    """Whether there was one. What jobs still use stays as a row without its secret, which ended `now`."""
    mine = and_(delegations.c.owner == owner, delegations.c.name == name)
    in_use = and_(mine, _in_use())
    emptied = {"credential": None, "request_key": None, "ends": now, "renew_at": None, "source": ""}
    kept = connection.execute(update(delegations).where(in_use).values(emptied)).rowcount
    gone = connection.execute(delete(delegations).where(mine, ~_in_use())).rowcount
    return bool(kept or gone)


def forget(connection: Connection, *, ended_before: float, requested_before: float) -> int:
    """Drop what ended and no job uses any more, and requests that nobody answered; how many rows."""
    credential, ends = delegations.c.credential, delegations.c.ends
    ended = and_(ends.is_not(None), ends < ended_before, ~_in_use())
    unanswered = and_(credential.is_(None), ends.is_(None), delegations.c.requested_at < requested_before)
    return connection.execute(delete(delegations).where(or_(ended, unanswered))).rowcount


def _in_use() -> ColumnElement[bool]:
    """Whether a job that has not ended goes with it."""
    mine = (jobs.c.owner == delegations.c.owner, jobs.c.delegation == delegations.c.name)
    return exists(select(jobs.c.number).where(DELEGATED, *mine))


def _is(owner: str, name: str, kind: Kind) -> ColumnElement[bool]:
    return and_(delegations.c.owner == owner, delegations.c.name == name, delegations.c.kind == kind.value)


def _read(row: Row[tuple[object, ...]]) -> Delegation:
    values = dict(row._mapping)
    del values["handle"]
    return Delegation(**values | {"fqans": tuple(json.loads(values["fqans"])), "kind": Kind(values["kind"])})
