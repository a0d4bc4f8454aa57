"""Bans as rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, or_, select

from gridwms.store.sets import upsert
from gridwms.store.tables import bans


class Banned(StrEnum):
    """What a ban is about."""

    USER = "user"
    VO = "vo"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """`name`: of a user as he is known here, of a VO, or of a group (FQAN) with all below it. `ends` None: until it is
    lifted."""

    kind: Banned
    name: str
    reason: str
    by: str
    since: float
    ends: float | None = None

    @property
    def sentence(self) -> str:
        """For whom it is about."""
        why = f": {self.reason}" if self.reason else ""
        return f"The {self.kind} {self.name} is banned from this service{why}."


def put(connection: Connection, ban: Ban) -> None:
    """Keep one, in the place of another on the same."""
    row = {
        "kind": ban.kind.value,
        "name": ban.name,
        "reason": ban.reason,
        "made_by": ban.by,
        "since": ban.since,
        "ends": ban.ends,
    }
    connection.execute(upsert(connection, bans, ("kind", "name")), row)


def lift(connection: Connection, kind: Banned, name: str) -> bool:
    """Take one back; whether there was one."""
    return connection.execute(delete(bans).where(bans.c.kind == kind.value, bans.c.name == name)).rowcount > 0


def current(connection: Connection, now: float) -> list[Ban]:
    """Those in force."""
    query = select(bans).where(or_(bans.c.ends.is_(None), bans.c.ends > now)).order_by(bans.c.kind, bans.c.name)
    return [
        Ban(kind=Banned(r.kind), name=r.name, reason=r.reason, by=r.made_by, since=r.since, ends=r.ends)
        for r in connection.execute(query)
    ]
