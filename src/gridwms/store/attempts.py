"""Attempts as rows: read, and written by the columns that changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from gridwms.jobs.codec import encode, read_reason, reason_data
from gridwms.jobs.cohorts import Member, Moved
from gridwms.jobs.events import EndKind
from gridwms.jobs.job import Attempt, Departure, Outcome
from gridwms.jobs.reasons import Reason
from gridwms.store import bulk

_READ = (
    *("number", "site", "ce", "matched_at", "receipt", "delivered_at", "refusal", "refused_at", "running_at", "node"),
    *("node_rank", "node_time", "payload_at", "instance", "outcome_at", "outcome_exit_code", "outcome_failure"),
    *("departed_at", "departure_kind", "departure_exit_code", "departure_reason", "over", "slots"),
)
_OF_JOBS = f"SELECT job,{','.join(_READ)} FROM attempts WHERE job {{among}} ORDER BY job, number"  # noqa: S608


def of_jobs(connection: Connection, numbers: Collection[int]) -> dict[int, list[Attempt]]:
    """The attempts of these jobs in their order, by row number of the job."""
    found: dict[int, list[Attempt]] = defaultdict(list)
    for job, *row in bulk.select(connection, _OF_JOBS, numbers):
        found[job].append(_read(row))
    return found


def save(connection: Connection, moved: Sequence[Moved]) -> None:
    """Write what changed in the attempts of jobs that exist, and their new ones."""
    new: dict[bulk.Row, list[int]] = defaultdict(list)
    single: dict[tuple[int, ...], list[bulk.Row]] = defaultdict(list)
    alike: list[tuple[int, tuple[int, ...], Attempt, list[int]]] = []
    for before, after, those in moved:
        numbers: list[int] = []
        for index, attempt in enumerate(after.attempts):
            number = attempt.number
            if index < len(before.attempts):
                was = before.attempts[index]
                if was is attempt:
                    continue
            else:
                was = Attempt(number, attempt.site, attempt.ce, attempt.matched_at)
                rest = (number, attempt.site, attempt.ce, attempt.matched_at, "", "", False, attempt.slots)
                new[rest] += [member.number for member in those]
            changed = [field for field in _FIELDS if was[field] != attempt[field]]
            if len(those) > 1:  # of what each has for itself, only what it is set with tells
                changed = [field for field in _FIELDS if _OWN.get(field, field) in changed]
            fields = tuple(changed)
            if not fields:
                continue
            numbers = numbers or [member.number for member in those]
            if len(those) > 1 and _OWN.keys().isdisjoint(fields):
                alike.append((number, fields, attempt, numbers))
            elif len(those) > 1:
                _save_own(connection, index, fields, attempt, those, numbers)
            else:
                single[fields].append((*_values(fields, attempt), numbers[0], number))
    for rest, jobs in new.items():
        bulk.insert_like(connection, "attempts", _NEW, rest, ("job",), (jobs,))
    for number, fields, attempt, jobs in alike:
        columns = _columns(fields)
        bulk.update_equal(connection, "attempts", columns, _values(fields, attempt), jobs, "job", ("number", number))
    for fields, rows in single.items():
        bulk.update(connection, "attempts", _columns(fields), ("job", "number"), rows)


def _save_own(
    connection: Connection,
    index: int,
    fields: tuple[int, ...],
    attempt: Attempt,
    those: Sequence[Member],
    numbers: Sequence[int],
) -> None:
    """Write an attempt of each of these, who are alike, with what each has for itself."""
    same, own = [field for field in fields if field not in _OWN], [field for field in fields if field in _OWN]
    values = [[member.own[index][_PLACE[field]] for member in those] for field in own]
    where = "number", attempt.number
    bulk.update_like(
        connection, "attempts", _columns(same), _values(same, attempt), _columns(own), values, numbers, "job", where
    )


_NEW = ("number", "site", "ce", "matched_at", "node", "instance", "over", "slots")
_index = Attempt._fields.index
_OWN = {_index("receipt"): _index("delivered_at"), _index("instance"): _index("payload_at")}
"""Fields that differ between attempts that are alike (`jobs/cohorts.py`), and those that are set with them."""
_PLACE = {field: place for place, field in enumerate(_OWN)}
"""Where each has them for itself."""


def _values(fields: Iterable[int], attempt: Attempt) -> bulk.Row:
    return tuple([value for field in fields for value in _VALUES[field](attempt[field])])


def _columns(fields: Iterable[int]) -> tuple[str, ...]:
    return tuple([name for field in fields for name in _COLUMNS[field]])


def reason_of(text: str | None) -> Reason | None:
    """The reason in a text column."""
    return None if text is None else read_reason(json.loads(text))


def reason_text(why: Reason | None) -> str | None:
    """A reason as kept in a text column."""
    return None if why is None else encode(reason_data(why))


def _outcome(value: Outcome) -> tuple[Any, ...]:
    return value.time, value.exit_code, reason_text(value.failure)


def _departure(value: Departure) -> tuple[Any, ...]:
    return value.time, value.kind.value, value.exit_code, reason_text(value.reason)


def _itself(value: Any) -> tuple[Any, ...]:
    return (value,)


_Writer = Callable[[Any], tuple[Any, ...]]
_CHANGING: dict[str, tuple[tuple[str, ...], _Writer]] = {
    "receipt": (("receipt",), _itself),
    "delivered_at": (("delivered_at",), _itself),
    "refusal": (("refusal",), lambda value: (reason_text(value),)),
    "refused_at": (("refused_at",), _itself),
    "running_at": (("running_at",), _itself),
    "node": (("node",), _itself),
    "node_seen": (("node_rank", "node_time"), tuple),
    "payload_at": (("payload_at",), _itself),
    "instance": (("instance",), _itself),
    "outcome": (("outcome_at", "outcome_exit_code", "outcome_failure"), _outcome),
    "departure": (("departed_at", "departure_kind", "departure_exit_code", "departure_reason"), _departure),
    "over": (("over",), _itself),
}
"""The fields of an attempt that reports and decisions set: each to its columns. None is ever unset again."""
_FIELDS = tuple(Attempt._fields.index(name) for name in _CHANGING)
_COLUMNS = {Attempt._fields.index(name): columns for name, (columns, _writer) in _CHANGING.items()}
_VALUES = {Attempt._fields.index(name): writer for name, (_columns, writer) in _CHANGING.items()}


def _read(row: Iterable[Any]) -> Attempt:
    """The attempt of a row with `_READ`. By place: by name it costs three times as much."""
    number, site, ce, matched_at, receipt, delivered_at, refusal, refused_at, running_at, node, *rest = row
    node_rank, node_time, payload_at, instance, outcome_at, outcome_exit_code, outcome_failure, *rest = rest
    departed_at, departure_kind, departure_exit_code, departure_reason, over, slots = rest
    outcome = departure = None
    if outcome_at is not None:
        outcome = Outcome(exit_code=outcome_exit_code, failure=reason_of(outcome_failure), time=outcome_at)
    if departed_at is not None:
        departure = Departure(
            kind=EndKind(departure_kind),
            exit_code=departure_exit_code,
            reason=reason_of(departure_reason),
            time=departed_at,
        )
    return Attempt(
        number=number,
        site=site,
        ce=ce,
        matched_at=matched_at,
        receipt=receipt,
        delivered_at=delivered_at,
        refusal=reason_of(refusal),
        refused_at=refused_at,
        running_at=running_at,
        node=node,
        node_seen=None if node_rank is None else (node_rank, node_time),
        payload_at=payload_at,
        instance=instance,
        outcome=outcome,
        departure=departure,
        over=bool(over),
        slots=slots,
    )
