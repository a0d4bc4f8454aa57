"""Jobs as rows, with their attempts: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from gridwms.jobs.cohorts import Member, Moved
from gridwms.jobs.cohorts import members as alike_of
from gridwms.jobs.job import NO_WISHES, Attempt, Job, Wishes
from gridwms.jobs.states import DoneCode, State
from gridwms.store import attempts as tries
from gridwms.store import bulk
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.cache import CACHE, JobCache
from gridwms.store.tables import jobs


def load(connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, Job]]:
    """Row number and job of each key that exists."""
    return {key: (one.number, one.job) for key, one in members(connection, keys).items()}


def load_numbers(connection: Connection, numbers: Collection[int]) -> dict[str, tuple[int, Job]]:
    """The same by row number; the result is by key."""
    return {one.key: (one.number, one.job) for one in members_numbered(connection, numbers).values()}


def members(connection: Connection, keys: Collection[str]) -> dict[str, Member]:
    """The jobs with those that are alike, by key. They change with what is recorded of them."""
    cache = _cache(connection)
    return _members(connection, "key", keys, {} if cache is None else cache.by_key)


def members_numbered(connection: Connection, numbers: Collection[int]) -> dict[str, Member]:
    """The same by row number; the result is by key."""
    cache = _cache(connection)
    return _members(connection, "number", numbers, {} if cache is None else cache.by_number)


def _members(
    connection: Connection, column: str, names: Collection[Any], known: Mapping[Any, Member]
) -> dict[str, Member]:
    here = list(map(known.get, names))
    missing = [name for name, one in zip(names, here, strict=True) if one is None]
    if missing:
        read = _read_all(connection, column, missing)
        here = [one or read.get(name) for name, one in zip(names, here, strict=True)]
    return {one.key: one for one in here if one is not None}


def _read_all(connection: Connection, column: str, names: Collection[Any]) -> dict[Any, Member]:
    """From the database. Most have waited till now, and came with others that are alike but for number and key."""
    rows = bulk.select(connection, f"{_SELECT} WHERE {column} {{among}}", names)
    tried = tries.of_jobs(connection, [row[0] for row in rows if row[_DECISIONS] >= _FIRST_MATCHED])
    found: dict[Any, Member] = {}
    stored: dict[str, tuple[int, Job]] = {}
    likes: dict[bulk.Row, Job] = {}
    name = _COLUMNS.index(column)
    for row in rows:
        number, key, alike = row[0], row[1], row[2:]
        if number in tried or row[_PARENT] is not None:
            stored[key] = number, _read(row, tried.get(number, ()))
            continue
        like = likes.get(alike)
        if like is None:
            like = likes[alike] = _read(row, ())
        found[row[name]] = Member.untried(number, key, like)
    for one in alike_of(stored).values():
        found[one.number if column == "number" else one.key] = one
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
    alike: dict[int, tuple[Job, list[int], list[str]]] = {}
    for number, (key, job) in zip(numbers, new, strict=True):
        group = alike.setdefault(id(job), (job, [], []))
        group[1].append(number)
        group[2].append(key)
    if len(alike) * _ALIKE <= len(new):
        for job, mine, keys in alike.values():
            values = (*_fixed(job)[1:], *_changing(job))
            bulk.insert_like(connection, "jobs", _COLUMNS[2:], values, _COLUMNS[:2], (mine, keys))
    else:
        rest = {name: (*_fixed(job)[1:], *_changing(job)) for name, (job, _numbers, _keys) in alike.items()}
        rows = [(number, key, *rest[id(job)]) for number, (key, job) in zip(numbers, new, strict=True)]
        bulk.insert(connection, "jobs", _COLUMNS, rows)
    cache = _cache(connection)
    if cache is not None:
        some = zip(numbers, islice(new, cache.room), strict=False)
        cache.keep(
            [Member(number, job if job.key == key else job._replace(key=key), job) for number, (key, job) in some]
        )
    return numbers


_ALIKE = 4
"""Where so many are alike on average, what they share is given to the database once."""
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
_SELECT = f"SELECT {','.join(_COLUMNS)} FROM jobs"  # noqa: S608 - names of the code alone
_PARENT, _DECISIONS = _COLUMNS.index("parent"), _COLUMNS.index("decisions")
_FIRST_MATCHED = 3
"""Decisions of a job that was matched: it was registered and accepted before."""


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
    equal: dict[tuple[tuple[str, ...], bulk.Row], list[int]] = defaultdict(list)
    cache = _cache(connection)
    for before, after, those in moved:
        if cache is not None:
            cache.keep(those)
        changed = [
            pair for pair in zip(_CHANGING, _changing(before), _changing(after), strict=True) if pair[1] != pair[2]
        ]
        if changed:
            columns, values = (
                tuple([name for name, _old, _new in changed]),
                tuple([new for _name, _old, new in changed]),
            )
            equal[columns, values] += [member.number for member in those]
    single: dict[tuple[str, ...], list[bulk.Row]] = defaultdict(list)
    for (columns, values), numbers in equal.items():
        if len(numbers) > 1:
            bulk.update_equal(connection, "jobs", columns, values, numbers)
        else:
            single[columns].append((*values, numbers[0]))
    for columns, rows in single.items():
        bulk.update(connection, "jobs", columns, ("number",), rows)
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
