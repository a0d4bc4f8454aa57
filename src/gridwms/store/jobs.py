"""Jobs and attempts as rows: loaded and saved in sets."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Row, bindparam, insert, select, update

from gridwms.jobs.codec import read_reason, reason_data
from gridwms.jobs.events import EndKind
from gridwms.jobs.job import Attempt, Departure, Job, Outcome
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State
from gridwms.store.bulk import run_many
from gridwms.store.cache import CACHE, JobCache
from gridwms.store.sets import chunks, upsert
from gridwms.store.tables import attempts, jobs


def load(connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, Job]]:
    """Row number and job of each key that exists."""
    return _load(connection, jobs.c.key, keys)


def load_numbers(connection: Connection, numbers: Collection[int]) -> dict[str, tuple[int, Job]]:
    """The same by row number; the result is by key."""
    return _load(connection, jobs.c.number, numbers)


def _load(connection: Connection, column: Column[Any], names: Collection[Any]) -> dict[str, tuple[int, Job]]:
    cache = _cache(connection)
    found: dict[str, tuple[int, Job]] = {}
    missing: Collection[Any] = names
    if cache is not None:
        here = [cache.get(name) for name in names]
        found = {stored[1].key: stored for stored in here if stored is not None}
        missing = [name for name, stored in zip(names, here, strict=True) if stored is None]
    for chunk in chunks(missing):
        rows = connection.execute(select(jobs).where(column.in_(chunk))).all()
        tries: dict[int, list[Attempt]] = defaultdict(list)
        numbers = [row.number for row in rows]
        query = select(attempts).where(attempts.c.job.in_(numbers)).order_by(attempts.c.job, attempts.c.number)
        for row in connection.execute(query):
            tries[row.job].append(_attempt(row))
        found |= {row.key: (row.number, read_job(row, tries.get(row.number, ()))) for row in rows}
    return found


def _cache(connection: Connection) -> JobCache | None:
    cache = connection.get_execution_options().get(CACHE)
    return cache if isinstance(cache, JobCache) else None


def add(connection: Connection, new: Collection[Job]) -> dict[str, int]:
    """Insert jobs; their row numbers by key, in the order given."""
    if not new:
        return {}
    statement = insert(jobs).returning(jobs.c.key, jobs.c.number, sort_by_parameter_order=True)
    numbers = {row.key: row.number for row in connection.execute(statement, [_job_row(job) for job in new])}
    cache = _cache(connection)
    if cache is not None:
        for job in new:
            cache.put(numbers[job.key], job)
    return numbers


_CHANGING = (
    "state",
    "state_since",
    "done_code",
    "reason",
    "exit_code",
    "decisions",
    "deep_count",
    "shallow_count",
    "cancel_requested_at",
)
_UPDATE_JOB = (
    update(jobs).where(jobs.c.number == bindparam("_number")).values({name: bindparam(name) for name in _CHANGING})
)


def save(connection: Connection, before: Mapping[str, Job], after: Mapping[str, tuple[int, Job]]) -> None:
    """Write what changed between `before` and `after` (jobs that exist)."""
    changed_jobs, changed_attempts = [], []
    cache = _cache(connection)
    for key, (number, job) in after.items():
        old = before.get(key)
        if old is job:
            continue
        if cache is not None:
            cache.put(number, job)
        row = _job_row(job)
        changed_jobs.append({"_number": number} | {name: row[name] for name in _CHANGING})
        known = old.attempts if old is not None else ()
        changed_attempts += [
            _attempt_row(number, attempt)
            for attempt in job.attempts
            if attempt.number > len(known) or known[attempt.number - 1] is not attempt
        ]
    run_many(connection, _UPDATE_JOB, changed_jobs)
    run_many(connection, upsert(connection, attempts, ("job", "number")), changed_attempts)


def read_job(row: Row[Any], tries: Iterable[Attempt]) -> Job:
    """The job of a row of `jobs` and its attempts."""
    return Job(
        key=row.key,
        owner=row.owner,
        vo=row.vo,
        description=row.description,
        match_class=row.match_class,
        retry_count=row.retry_count,
        shallow_retry_count=row.shallow_retry_count,
        submitted_at=row.submitted_at,
        expires_at=row.expires_at,
        state=State(row.state),
        state_since=row.state_since,
        done_code=DoneCode(row.done_code) if row.done_code else None,
        reason=reason_of(row.reason),
        decisions=row.decisions,
        deep_count=row.deep_count,
        shallow_count=row.shallow_count,
        cancel_requested_at=row.cancel_requested_at,
        attempts=tuple(tries),
    )


def reason_of(text: str | None) -> Reason | None:
    """The reason in a text column."""
    return None if text is None else read_reason(json.loads(text))


def reason_text(why: Reason | None) -> str | None:
    """A reason as kept in a text column."""
    return None if why is None else json.dumps(reason_data(why), separators=(",", ":"))


def _job_row(job: Job) -> dict[str, Any]:
    return {
        "key": job.key,
        "owner": job.owner,
        "vo": job.vo,
        "description": job.description,
        "match_class": job.match_class,
        "retry_count": job.retry_count,
        "shallow_retry_count": job.shallow_retry_count,
        "submitted_at": job.submitted_at,
        "expires_at": job.expires_at,
        "state": job.state.value,
        "state_since": job.state_since,
        "done_code": job.done_code.value if job.done_code else None,
        "reason": reason_text(job.reason),
        "exit_code": job.exit_code,
        "decisions": job.decisions,
        "deep_count": job.deep_count,
        "shallow_count": job.shallow_count,
        "cancel_requested_at": job.cancel_requested_at,
    }


def _attempt(row: Row[Any]) -> Attempt:
    outcome = departure = None
    if row.outcome_at is not None:
        outcome = Outcome(exit_code=row.outcome_exit_code, failure=reason_of(row.outcome_failure), time=row.outcome_at)
    if row.departed_at is not None:
        departure = Departure(
            kind=EndKind(row.departure_kind),
            exit_code=row.departure_exit_code,
            reason=reason_of(row.departure_reason),
            time=row.departed_at,
        )
    return Attempt(
        number=row.number,
        site=row.site,
        ce=row.ce,
        matched_at=row.matched_at,
        receipt=row.receipt,
        delivered_at=row.delivered_at,
        refusal=reason_of(row.refusal),
        refused_at=row.refused_at,
        running_at=row.running_at,
        node=row.node,
        node_seen=None if row.node_rank is None else (row.node_rank, row.node_time),
        payload_at=row.payload_at,
        instance=row.instance,
        outcome=outcome,
        departure=departure,
        over=row.over,
    )


def _attempt_row(job: int, attempt: Attempt) -> dict[str, Any]:
    outcome, departure, seen = attempt.outcome, attempt.departure, attempt.node_seen
    return {
        "job": job,
        "number": attempt.number,
        "site": attempt.site,
        "ce": attempt.ce,
        "matched_at": attempt.matched_at,
        "receipt": attempt.receipt,
        "delivered_at": attempt.delivered_at,
        "refusal": reason_text(attempt.refusal),
        "refused_at": attempt.refused_at,
        "running_at": attempt.running_at,
        "node": attempt.node,
        "node_rank": seen[0] if seen else None,
        "node_time": seen[1] if seen else None,
        "payload_at": attempt.payload_at,
        "instance": attempt.instance,
        "outcome_at": outcome.time if outcome else None,
        "outcome_exit_code": outcome.exit_code if outcome else None,
        "outcome_failure": reason_text(outcome.failure) if outcome else None,
        "departed_at": departure.time if departure else None,
        "departure_kind": departure.kind.value if departure else None,
        "departure_exit_code": departure.exit_code if departure else None,
        "departure_reason": reason_text(departure.reason) if departure else None,
        "over": attempt.over,
    }
