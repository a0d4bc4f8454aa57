"""Why the jobs of a match class wait: written when the answer changes, however many jobs the class holds."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from gridwms.jobs.reasons import Reason
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.sets import chunks
from gridwms.store.tables import verdicts

KEPT = 50
"""So many verdicts of a class are kept, the newest."""


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """The answer for a class since a time. `reason` None: it found places. `explanation`: as JSON types; its `began` is
    since when the code of the reason holds, where its numbers alone have changed since."""

    match_class: str
    since: float
    reason: Reason | None
    explanation: dict[str, Any]

    @property
    def began(self) -> float:
        """Since when the code of the reason holds."""
        return float(self.explanation.get("began", self.since))


def add(connection: Connection, new: Collection[ClassVerdict]) -> None:
    """Append verdicts; the oldest of their classes go."""
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
        for match_class in {v.match_class for v in new}:
            mine = verdicts.c.match_class == match_class
            kept = select(verdicts.c.number).where(mine).order_by(verdicts.c.number.desc()).offset(KEPT).limit(1)
            connection.execute(delete(verdicts).where(mine, verdicts.c.number <= kept.scalar_subquery()))


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
