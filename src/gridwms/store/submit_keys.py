"""What became of submissions that came with a key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from gridwms.store.tables import submit_keys


class Remembered(NamedTuple):
    """`contents`: the digest of what was sent. `answers`: a job a description, None where it was refused."""

    contents: str
    answers: list[str | None]


def find(connection: Connection, owner: str, key: str) -> Remembered | None:
    """What was sent with this key, and what it became."""
    row = connection.execute(
        select(submit_keys.c.contents, submit_keys.c.answers).where(
            submit_keys.c.owner == owner, submit_keys.c.key == key
        )
    ).first()
    return None if row is None else Remembered(row.contents, json.loads(row.answers))


def remember(
    connection: Connection, owner: str, key: str, contents: str, answers: Sequence[str | None], now: float
) -> None:
    """Keep an answer, in the transaction that makes its jobs."""
    text = json.dumps(list(answers), separators=(",", ":"))
    row = {"owner": owner, "key": key, "contents": contents, "answers": text, "made_at": now}
    connection.execute(insert(submit_keys), row)


def forget(connection: Connection, made_before: float) -> int:
    """Drop what is older; how many that were."""
    return connection.execute(delete(submit_keys).where(submit_keys.c.made_at < made_before)).rowcount
