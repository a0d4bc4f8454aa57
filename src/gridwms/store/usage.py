"""Usage of sandboxes by user, and how many jobs of a user wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from gridwms.store.sets import insert_missing
from gridwms.store.tables import jobs, usage
from gridwms.store.tables.jobs import UNMATCHED


class Used(NamedTuple):
    """Bytes and files."""

    bytes: int = 0
    files: int = 0

    def plus(self, other: Used) -> Used:
        return Used(self.bytes + other.bytes, self.files + other.files)


def load(connection: Connection) -> dict[str, Used]:
    """What everybody keeps."""
    return {row.owner: Used(row.bytes, row.files) for row in connection.execute(select(usage))}


def add(connection: Connection, changes: Mapping[str, Used]) -> None:
    """Add what came and went, by owner."""
    if changes:
        connection.execute(
            insert_missing(connection, usage), [{"owner": one, "bytes": 0, "files": 0} for one in changes]
        )
        rows = [{"_owner": owner, "_bytes": used.bytes, "_files": used.files} for owner, used in changes.items()]
        connection.execute(_ADD, rows)


_ADD = (
    update(usage)
    .where(usage.c.owner == bindparam("_owner"))
    .values(bytes=usage.c.bytes + bindparam("_bytes"), files=usage.c.files + bindparam("_files"))
)


def replace(connection: Connection, totals: Mapping[str, Used]) -> None:
    """What was found on the disk, in the place of what was counted."""
    connection.execute(delete(usage))
    rows = [{"owner": owner, "bytes": used.bytes, "files": used.files} for owner, used in totals.items()]
    if rows:
        connection.execute(insert(usage), rows)


def waiting(connection: Connection, owner: str, most: int | None = None) -> int:
    """How many jobs of an owner are registered and not yet matched; of more than `most` that and one."""
    query = select(jobs.c.number).where(UNMATCHED, jobs.c.owner == owner)
    if most is not None:
        query = query.limit(most + 1)
    return connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
