"""How often and how fast jobs went through their states in a stretch of time, by computing element.

Counted from the rows themselves, so nothing is lost at a restart. Only what has had an event since the stretch began
is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.store.tables import attempts, events, jobs, lb_jobs

READY, SCHEDULED, RUNNING, DONE_OK, DONE_FAILED = "Ready", "Scheduled", "Running", "Done (OK)", "Done (Failed)"
QUEUE, RUN, UNTIL_RUNNING, UNTIL_DONE = (
    "Scheduled to Running",
    "Running to Done",
    "Submitted to Running",
    "Submitted to Done",
)


@dataclass(frozen=True, slots=True)
class Spell:
    """How long something took, in seconds: how often it was seen, its mean, and its standard deviation."""

    count: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Place:
    """What came to pass at one destination. `entered`: how often a state was entered; `took`: from one to another."""

    destination: str
    ours: bool
    entered: dict[str, int]
    took: dict[str, Spell]


def of_ours(connection: Connection, begin: float, end: float) -> list[Place]:
    """Attempts of our jobs, by computing element; times in seconds since the epoch."""
    running, ended = (
        attempts.c.running_at,
        func.coalesce(attempts.c.outcome_at, attempts.c.refused_at, attempts.c.departed_at),
    )
    well = and_(attempts.c.outcome_at.is_not(None), attempts.c.outcome_failure.is_(None))

    def within(time: Any) -> ColumnElement[bool]:
        return and_(time >= begin, time < end)

    entered = {
        READY: within(attempts.c.matched_at),
        SCHEDULED: within(attempts.c.delivered_at),
        RUNNING: within(running),
        DONE_OK: and_(within(ended), well),
        DONE_FAILED: and_(within(ended), ~well),
    }
    took = {
        QUEUE: (within(running), running - attempts.c.delivered_at),
        RUN: (within(ended), ended - running),
        UNTIL_RUNNING: (within(running), running - jobs.c.submitted_at),
        UNTIL_DONE: (and_(within(ended), well), ended - jobs.c.submitted_at),
    }
    lately = select(events.c.job).where(events.c.cursor >= first_cursor(connection, begin))
    query = (
        select(attempts.c.ce, *_sums(entered, took))
        .join_from(attempts, jobs, attempts.c.job == jobs.c.number)
        .where(attempts.c.job.in_(lately), attempts.c.matched_at < end)
        .group_by(attempts.c.ce)
    )
    return _places(connection.execute(query).all(), ours=True, entered=entered, took=took)


def of_others(connection: Connection, begin: float, end: float) -> list[Place]:
    """Jobs of other systems, by destination; of a state that was entered more than once the last time counts."""
    time = {state: lb_jobs.c[f"entered_{state.name.lower()}"] for state in StateCode if state}
    first, last = round(begin * 1_000_000), round(end * 1_000_000)

    def within(state: StateCode) -> ColumnElement[bool]:
        return and_(time[state] >= first, time[state] < last)

    def between(one: StateCode, other: StateCode) -> Any:
        return (time[other] - time[one]) / 1_000_000.0

    s, ok = StateCode, lb_jobs.c.donecode == int(DoneCode.OK)
    entered = {
        READY: within(s.READY),
        SCHEDULED: within(s.SCHEDULED),
        RUNNING: within(s.RUNNING),
        DONE_OK: and_(within(s.DONE), ok),
        DONE_FAILED: and_(within(s.DONE), lb_jobs.c.donecode == int(DoneCode.FAILED)),
    }
    took = {
        QUEUE: (within(s.RUNNING), between(s.SCHEDULED, s.RUNNING)),
        RUN: (within(s.DONE), between(s.RUNNING, s.DONE)),
        UNTIL_RUNNING: (within(s.RUNNING), between(s.SUBMITTED, s.RUNNING)),
        UNTIL_DONE: (and_(within(s.DONE), ok), between(s.SUBMITTED, s.DONE)),
    }
    query = (
        select(lb_jobs.c.destination, *_sums(entered, took))
        .where(lb_jobs.c.lastupdatetime >= first, lb_jobs.c.destination.is_not(None))
        .group_by(lb_jobs.c.destination)
    )
    return _places(connection.execute(query).all(), ours=False, entered=entered, took=took)


def first_cursor(connection: Connection, arrived: float) -> int:
    """The cursor of the first event that arrived at a time or later; found by halving, since both only grow."""
    low, high = connection.execute(select(func.min(events.c.cursor), func.max(events.c.cursor))).one()
    if high is None:
        return 1
    high += 1
    while low < high:
        middle = (low + high) // 2
        query = select(events.c.cursor, events.c.arrived).where(events.c.cursor >= middle)
        found = connection.execute(query.order_by(events.c.cursor).limit(1)).first()
        if found is None or found.arrived >= arrived:
            high = middle
        else:
            low = found.cursor + 1
    return int(low)


def _sums(entered: dict[str, ColumnElement[bool]], took: dict[str, tuple[ColumnElement[bool], Any]]) -> list[Any]:
    """A count a state; count, sum and sum of squares a duration, where it is known and not negative."""
    columns: list[Any] = [func.count(case((condition, 1))) for condition in entered.values()]
    for condition, seconds in took.values():
        known = and_(condition, seconds >= 0)
        columns += [
            func.count(case((known, 1))),
            func.sum(case((known, seconds))),
            func.sum(case((known, seconds * seconds))),
        ]
    return columns


def _places(rows: Sequence[Any], *, ours: bool, entered: dict[str, Any], took: dict[str, Any]) -> list[Place]:
    places = []
    for destination, *numbers in rows:
        counts = dict(zip(entered, numbers, strict=False))
        rest = numbers[len(entered) :]
        spells = {name: _spell(*rest[3 * place : 3 * place + 3]) for place, name in enumerate(took)}
        if any(counts.values()):
            places.append(Place(destination, ours, counts, {name: one for name, one in spells.items() if one.count}))
    return sorted(places, key=lambda place: place.destination)


def _spell(count: int, total: float | None, squares: float | None) -> Spell:
    if not count or total is None or squares is None:
        return Spell(0, 0.0, 0.0)
    mean = total / count
    spread = max(0.0, squares - count * mean * mean) / (count - 1) if count > 1 else 0.0
    return Spell(count, float(mean), float(spread**0.5))
