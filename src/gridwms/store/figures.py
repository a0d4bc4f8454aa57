"""Figures of computing elements: read off a stretch of the event log once, and added to what was counted before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, func, or_, select

from gridwms.jobs.states import DoneCode, State
from gridwms.store.sets import insert_into, upsert
from gridwms.store.tables import attempts, events, figures, jobs, log_readers, queue_times

MINUTE, HOUR = 60, 3600
LIMITS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800)
"""Seconds: queue times are counted between two of these; longer ones as the last."""
QUICK = 60.0
"""A payload that fails within so many seconds of its start has failed at once."""


class Group(NamedTuple):
    """Attempts that are counted together. `kind`: empty until somebody has looked at the match class."""

    site: str
    ce: str
    vo: str
    owner: str
    kind: str


@dataclass(slots=True)
class Tally:
    """Counts and sums, as in the table."""

    good: int = 0
    bad: int = 0
    other: int = 0
    zero: int = 0
    quick: int = 0
    started: int = 0
    queued: int = 0
    queue_seconds: float = 0.0
    response_seconds: float = 0.0
    run_seconds: float = 0.0

    def add(self, more: Tally) -> None:
        """Add another one to this."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(more, name))


_COUNTED = tuple(field.name for field in fields(Tally))


class Failure(NamedTuple):
    """A decision that closed an attempt without success. `data`: of the event, as JSON text. `started`: its payload."""

    group: Group
    started: bool
    data: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """What happened between two cursors. Groups hold the digest of the match class in the place of the kind."""

    upto: int
    arrived: float
    tallies: Mapping[Group, Tally]
    queue_times: Mapping[tuple[str, int], int]
    failures: tuple[Failure, ...]


def read_stretch(connection: Connection, after: int, most: int) -> Stretch | None:
    """What was logged after a cursor, at most so many events of it; None when there is nothing."""
    upto = connection.execute(_UPTO, {"after": after, "most": most}).scalar()
    if upto is None:
        return None
    arrived = connection.execute(_ARRIVED, {"cursor": upto}).scalar_one()
    within = {"after": after, "upto": upto}
    tallies: dict[Group, Tally] = {}
    waits: dict[tuple[str, int], int] = {}
    for *group, state, limit, count, queued, response, zero, quick, seconds in connection.execute(_TOLD, within).all():
        tally = tallies.setdefault(Group(*group), Tally())
        if state == State.RUNNING.value:
            tally.started += count
            tally.response_seconds += response or 0.0
            if limit:
                tally.queued += count
                tally.queue_seconds += queued or 0.0
                waits[group[1], limit] = waits.get((group[1], limit), 0) + count
        else:
            tally.add(Tally(good=count, zero=zero or 0, quick=quick or 0, run_seconds=seconds or 0.0))
    failures = (Failure(Group(*row[:5]), row[5] is not None, row[6]) for row in connection.execute(_FAILURES, within))
    return Stretch(upto, arrived, tallies, waits, tuple(failures))


_GROUP: tuple[Any, ...] = (attempts.c.site, attempts.c.ce, jobs.c.vo, jobs.c.owner, jobs.c.match_class)


def _joined(number: Any) -> Any:
    return events.join(jobs, jobs.c.number == events.c.job).join(
        attempts, and_(attempts.c.job == events.c.job, attempts.c.number == number)
    )


_AFTER, _WITHIN = events.c.cursor > bindparam("after"), events.c.cursor <= bindparam("upto")


def _upto() -> Any:
    window = select(events.c.cursor).where(_AFTER).order_by(events.c.cursor).limit(bindparam("most")).subquery()
    return select(func.max(window.c.cursor))


def _told() -> Any:
    """Attempts that began to run, and those that went well: an event says once of each that it brought the job there.
    In one go, for going through a stretch of the log costs most of it."""
    queued = attempts.c.running_at - attempts.c.delivered_at
    positive = case((queued > 0, queued), else_=0.0)
    runs = events.c.state == State.RUNNING.value
    limit = case(
        (or_(~runs, queued.is_(None)), 0), *((queued <= limit, limit) for limit in LIMITS), else_=LIMITS[-1]
    ).label("up_to")
    began = func.coalesce(attempts.c.payload_at, attempts.c.running_at, attempts.c.outcome_at)
    ran, code = attempts.c.outcome_at - began, attempts.c.outcome_exit_code
    well = and_(events.c.state == State.DONE.value, events.c.done_code == DoneCode.OK.value)
    return (
        select(
            *_GROUP,
            events.c.state,
            limit,
            func.count(),
            func.sum(positive),
            func.sum(attempts.c.running_at - jobs.c.submitted_at),
            func.count(case((code == 0, 1))),
            func.count(case((and_(code != 0, ran < QUICK), 1))),
            func.sum(ran),
        )
        .select_from(_joined(events.c.attempt))
        .where(_AFTER, _WITHIN, or_(runs, well))
        .group_by(*_GROUP, events.c.state, limit)
    )


def _failures() -> Any:
    tried = attempts.alias()
    last = select(func.max(tried.c.number)).where(tried.c.job == events.c.job).correlate(events).scalar_subquery()
    number = case((events.c.attempt > 0, events.c.attempt), else_=last)
    return (
        select(*_GROUP, attempts.c.payload_at, events.c.data)
        .select_from(_joined(number))
        .where(_AFTER, _WITHIN, or_(events.c.type == "Resubmitted", events.c.type == "Aborted"))
        .order_by(events.c.cursor)
    )


# Built once: making such a statement costs more than running it.
_UPTO, _TOLD, _FAILURES = _upto(), _told(), _failures()
_ARRIVED = select(events.c.arrived).where(events.c.cursor == bindparam("cursor"))


def add(connection: Connection, now: float, tallies: Mapping[Group, Tally]) -> None:
    """Add to the figures of this minute and this hour."""
    minutes: dict[Group, Tally] = {}
    for group, tally in tallies.items():
        minutes.setdefault(Group(group.site, group.ce, "", "", ""), Tally()).add(tally)
    rows = [_row(HOUR, now, group, tally) for group, tally in tallies.items()]
    rows += [_row(MINUTE, now, group, tally) for group, tally in minutes.items()]
    if not rows:
        return
    statement = insert_into(connection, figures)
    key = [column.name for column in figures.primary_key]
    sums = {name: figures.c[name] + statement.excluded[name] for name in _COUNTED}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=sums), rows)


def _row(span: int, now: float, group: Group, tally: Tally) -> dict[str, Any]:
    counted = {name: getattr(tally, name) for name in _COUNTED}
    return {"span": span, "begins": now // span * span, **group._asdict(), **counted}


def add_queue_times(connection: Connection, now: float, counts: Mapping[tuple[str, int], int]) -> None:
    """Add to the queue times of this hour."""
    if counts:
        statement = insert_into(connection, queue_times)
        total = queue_times.c["count"] + statement.excluded["count"]
        statement = statement.on_conflict_do_update(index_elements=["begins", "ce", "up_to"], set_={"count": total})
        begins = now // HOUR * HOUR
        rows = [{"begins": begins, "ce": ce, "up_to": limit, "count": n} for (ce, limit), n in counts.items()]
        connection.execute(statement, rows)


def of_places(connection: Connection, span: int, since: float) -> dict[str, Tally]:
    """What was counted by computing element in the stretches of this span that begin at a time or later."""
    sums = [func.sum(figures.c[name]) for name in _COUNTED]
    query = select(figures.c.ce, *sums).where(figures.c.span == span, figures.c.begins >= since).group_by(figures.c.ce)
    return {row[0]: Tally(*row[1:]) for row in connection.execute(query)}


def of_owners(connection: Connection, since: float, owners: Iterable[str]) -> dict[Group, Tally]:
    """The same by class of jobs, for some owners."""
    return _of_classes(connection, since, figures.c.owner.in_(list(owners)))


def of_elements(connection: Connection, since: float, ces: Iterable[str]) -> dict[Group, Tally]:
    """The same by class of jobs, for some computing elements."""
    return _of_classes(connection, since, figures.c.ce.in_(list(ces)))


def _of_classes(connection: Connection, since: float, which: ColumnElement[bool]) -> dict[Group, Tally]:
    group = (figures.c.site, figures.c.ce, figures.c.vo, figures.c.owner, figures.c.kind)
    query = select(*group, *(func.sum(figures.c[name]) for name in _COUNTED))
    query = query.where(figures.c.span == HOUR, figures.c.begins > since - HOUR, which).group_by(*group)
    return {Group(*row[:5]): Tally(*row[5:]) for row in connection.execute(query)}


def waits(connection: Connection, since: float) -> dict[str, dict[int, int]]:
    """By computing element: of how many attempts the queue time was up to which limit."""
    query = (
        select(queue_times.c.ce, queue_times.c.up_to, func.sum(queue_times.c["count"]))
        .where(queue_times.c.begins >= since)
        .group_by(queue_times.c.ce, queue_times.c.up_to)
    )
    found: dict[str, dict[int, int]] = {}
    for ce, limit, count in connection.execute(query):
        found.setdefault(ce, {})[limit] = int(count)
    return found


def forget(connection: Connection, now: float, minutes: float, hours: float) -> None:
    """Remove figures of minutes and of hours that are older than so many seconds."""
    for span, age in ((MINUTE, minutes), (HOUR, hours)):
        connection.execute(delete(figures).where(figures.c.span == span, figures.c.begins < now - age))
    connection.execute(delete(queue_times).where(queue_times.c.begins < now - hours))


def read_upto(connection: Connection, reader: str) -> int | None:
    """How far a reader of the log has come; None before its first time."""
    return connection.execute(select(log_readers.c.cursor).where(log_readers.c.name == reader)).scalar()


def has_read(connection: Connection, reader: str, cursor: int) -> None:
    """Remember how far it has come."""
    connection.execute(upsert(connection, log_readers, ("name",)), {"name": reader, "cursor": cursor})
