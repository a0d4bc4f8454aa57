"""Jobs as rows, with their attempts: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from gridwms.jobs.cohorts import Moved
from gridwms.jobs.job import NO_WISHES, Attempt, Job, Wishes
from gridwms.jobs.states import DoneCode, State
from gridwms.store import attempts as tries
from gridwms.store import bulk
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.cache import CACHE, JobCache
from gridwms.store.sets import chunks
from gridwms.store.tables import jobs


def load(connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, Job]]:
    """Row number and job of each key that exists."""
    return _load(connection, _BY_KEY, keys)


def load_numbers(connection: Connection, numbers: Collection[int]) -> dict[str, tuple[int, Job]]:
    """The same by row number; the result is by key."""
    return _load(connection, _BY_NUMBER, numbers)


def _load(connection: Connection, query: Select[Any], names: Collection[Any]) -> dict[str, tuple[int, Job]]:
    cache = _cache(connection)
    found: dict[str, tuple[int, Job]] = {}
    missing: Collection[Any] = names
    if cache is not None:
        here = [cache.get(name) for name in names]
        found = {stored[1].key: stored for stored in here if stored is not None}
        missing = [name for name, stored in zip(names, here, strict=True) if stored is None]
    for chunk in chunks(missing):
        rows = connection.execute(query, {"names": chunk}).all()
        tried = tries.of_jobs(connection, [row[0] for row in rows])
        found |= {row[1]: (row[0], _read(row, tried.get(row[0], ()))) for row in rows}
    return found


def _cache(connection: Connection) -> JobCache | None:
    cache = connection.get_execution_options().get(CACHE)
    return cache if isinstance(cache, JobCache) else None


def add(connection: Connection, new: Collection[Job]) -> dict[str, int]:
    """Insert jobs; their row numbers by key, in the order given."""
    keys = [job.key for job in new]
    return dict(zip(keys, add_like(connection, list(zip(keys, new, strict=True))), strict=True))


def add_like(connection: Connection, new: Sequence[tuple[str, Job]]) -> range:
    """Insert jobs, each by its key and a job that is like it in all else; their row numbers, in this order."""
    # writers take turns: nobody else gives out numbers meanwhile
    first = (connection.execute(_LAST).scalar() or 0) + 1
    numbers = range(first, first + len(new))
    alike = {id(job): job for _key, job in new}
    rest = {name: (*_fixed(job)[1:], *_changing(job)) for name, job in alike.items()}
    values = [(number, key, *rest[id(job)]) for number, (key, job) in zip(numbers, new, strict=True)]
    bulk.insert(connection, "jobs", _COLUMNS, values)
    cache = _cache(connection)
    if cache is not None:
        for number, (key, job) in zip(numbers, new, strict=True):
            if not cache.offer(number, job if job.key == key else job._replace(key=key)):
                break
    return numbers


_LAST = select(func.max(jobs.c.number))
_FIXED = (
    "key",
    "owner",
    "vo",
    "description",
    "match_class",
    "retry_count",
    "shallow_retry_count",
    "submitted_at",
    "parent",
    "node_name",
    "value",
    "account",
    "fqan",
    "delegation",
)
_CHANGING = (
    "expires_at",
    "state",
    "state_since",
    "done_code",
    "reason",
    "exit_code",
    "decisions",
    "deep_count",
    "shallow_count",
    "cancel_requested_at",
    "memory_mb",
    "avoids",
    "priority",
)
_COLUMNS = ("number", *_FIXED, *_CHANGING)
# Built once: making such a statement costs more than running it.
_ROWS = select(*(jobs.c[name] for name in _COLUMNS))
_BY_KEY = _ROWS.where(jobs.c.key.in_(bindparam("names", expanding=True)))
_BY_NUMBER = _ROWS.where(jobs.c.number.in_(bindparam("names", expanding=True)))


def _fixed(job: Job) -> tuple[Any, ...]:
    return (
        job.key,
        job.owner,
        job.vo,
        job.description,
        job.match_class,
        job.retry_count,
        job.shallow_retry_count,
        job.submitted_at,
        job.parent,
        job.node_name or None,
        job.value or None,
        job.account,
        job.fqan or None,
        job.delegation or None,
    )


def _changing(job: Job) -> tuple[Any, ...]:
    return (
        job.expires_at,
        job.state.value,
        job.state_since,
        None if job.done_code is None else job.done_code.value,
        None if job.reason is None else reason_text(job.reason),
        job.exit_code,
        job.decisions,
        job.deep_count,
        job.shallow_count,
        job.cancel_requested_at,
        job.wishes.memory_mb or None,
        job.wishes.avoids or None,
        job.priority,
    )


def save(connection: Connection, moved: Sequence[Moved]) -> None:
    """Write what changed in jobs that exist: those that now have the same values by one statement."""
    equal: dict[bulk.Row, list[int]] = defaultdict(list)
    cache = _cache(connection)
    for _before, after, those in moved:
        if cache is not None:
            for number, job in those:
                cache.put(number, job)
        equal[_changing(after)] += [number for number, _job in those]
    single: list[bulk.Row] = []
    for values, numbers in equal.items():
        if len(numbers) > 1:
            bulk.update_equal(connection, "jobs", _CHANGING, values, numbers)
        else:
            single.append((*values, numbers[0]))
    bulk.update(connection, "jobs", _CHANGING, ("number",), single)
    tries.save(connection, moved)


def _read(row: Iterable[Any], tried: Iterable[Attempt]) -> Job:
    """The job of a row with `_COLUMNS` and its attempts. By place: by name it costs three times as much."""
    number, key, owner, vo, description, match_class, retry_count, shallow_retry_count, submitted_at, *rest = row
    parent, node_name, value, _account, fqan, delegation, expires_at, state, state_since, done_code, *rest = rest
    reason, _exit_code, decisions, deep_count, shallow_count, cancel_requested_at, memory_mb, avoids, priority = rest
    return Job(
        key=key,
        owner=owner,
        vo=vo,
        description=description,
        match_class=match_class,
        retry_count=retry_count,
        shallow_retry_count=shallow_retry_count,
        submitted_at=submitted_at,
        expires_at=expires_at,
        state=_STATES[state],
        state_since=state_since,
        done_code=DoneCode(done_code) if done_code else None,
        reason=reason_of(reason),
        decisions=decisions,
        deep_count=deep_count,
        shallow_count=shallow_count,
        cancel_requested_at=cancel_requested_at,
        attempts=tuple(tried),
        wishes=Wishes(memory_mb or 0, avoids or "") if memory_mb or avoids else NO_WISHES,
        parent=parent,
        node=0 if parent is None else number - parent,
        node_name=node_name or "",
        value=value or "",
        fqan=fqan or "",
        priority=priority,
        delegation=delegation or "",
    )


_STATES = {state.value: state for state in State}
