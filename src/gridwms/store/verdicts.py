"""Why the jobs of a match class wait: written when the answer changes, however many jobs the class holds."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gridwms.jobs.reasons import Reason
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.sets import chunks
from gridwms.store.tables import verdicts


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """The answer for a class since a time. `reason` None: it found places. `explanation`: as JSON types."""

    match_class: str
    since: float
    reason: Reason | None
    explanation: dict[str, Any]


def add(connection: Connection, new: Collection[ClassVerdict]) -> None:
    """Append verdicts."""
    if new:
        rows = [
            {
                "match_class": v.match_class,
                "since": v.since,
                "reason": reason_text(v.reason),
                "explanation": json.dumps(v.explanation),
            }
            for v in new
        ]
        connection.execute(insert(verdicts), rows)


def latest(connection: Connection, classes: Collection[str]) -> dict[str, ClassVerdict]:
    """The newest verdict of each class that has one."""
    found = {}
    for chunk in chunks(set(classes)):
        newest = (
            select(func.max(verdicts.c.number))
            .where(verdicts.c.match_class.in_(chunk))
            .group_by(verdicts.c.match_class)
        )
        for row in connection.execute(select(verdicts).where(verdicts.c.number.in_(newest))):
            found[row.match_class] = ClassVerdict(
                row.match_class, row.since, reason_of(row.reason), json.loads(row.explanation)
            )
    return found


def history(connection: Connection, match_class: str, limit: int) -> list[ClassVerdict]:
    """The newest verdicts of a class, oldest first."""
    query = (
        select(verdicts).where(verdicts.c.match_class == match_class).order_by(verdicts.c.number.desc()).limit(limit)
    )
    rows = connection.execute(query).all()
    return [
        ClassVerdict(r.match_class, r.since, reason_of(r.reason), json.loads(r.explanation)) for r in reversed(rows)
    ]
