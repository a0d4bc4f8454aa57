"""Events as they stand in the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from gridwms.jobs.codec import read_event
from gridwms.jobs.events import Event
from gridwms.jobs.states import DoneCode, State
from gridwms.store.tables import compounds, events, jobs


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as it stands in the log. `arrived`: when the service stored it, by its own clock.

    `state`, `done_code`: where it brought the job; None when it left it where it was.
    """

    cursor: int
    key: str
    arrived: float
    event: Event
    state: State | None
    done_code: DoneCode | None


LOGGED = (
    select(events, func.coalesce(jobs.c.key, compounds.c.key).label("key"))
    .outerjoin_from(events, jobs, events.c.job == jobs.c.number)
    .outerjoin(compounds, events.c.compound == compounds.c.number)
)
"""Rows for `read_logged`."""


def read_logged(row: Row[Any]) -> Logged:
    """The entry in a row of `events` with the key of its job. Raises UnreadableEvent."""
    event = read_event(row.type, row.id, row.time, row.source, row.attempt, json.loads(row.data))
    state = State(row.state) if row.state else None
    return Logged(row.cursor, row.key, row.arrived, event, state, DoneCode(row.done_code) if row.done_code else None)
