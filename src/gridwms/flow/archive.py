"""The archive: jobs that ended long ago leave the database for compressed files, and can be looked up there.

Nothing is removed before its record is on disk and was read again. Single jobs of ours go when they have been purged
for so long; jobs of other systems when they ended, and nothing was heard of them, for so long.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from gridwms.archive import files
from gridwms.bookkeeping.access.acl import Acl, acl_data, read_acl, with_acl
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.codec import progress_data, read_progress
from gridwms.bookkeeping.machine.record import recompute
from gridwms.bookkeeping.query.conditions import Query
from gridwms.bookkeeping.query.predicate import matches
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.ulm import parse_line, write_line
from gridwms.flow.bookkeeping.named import Named, named
from gridwms.flow.bookkeeping.pages import SECONDS, BadCursor
from gridwms.flow.bookkeeping.search import Answer, Asker, Found, jdl_of
from gridwms.flow.bookkeeping.show import own_events
from gridwms.flow.errors import FlowError, NotPermitted, UnknownJob
from gridwms.flow.status import held
from gridwms.flow.world import World
from gridwms.security.policy import Action, OneJob
from gridwms.store import archived

T = TypeVar("T")
_AT_ONCE = 1000
_CURSOR = re.compile(r"(jobs-[0-9]{8}\.jsonl\.gz):([0-9]{1,18})")


class NoArchive(FlowError):
    """The service has no archive, or it cannot be used."""

    code = "no_archive"


@dataclass(frozen=True, slots=True)
class Archived:
    """What was archived: how many jobs, and the files that were added."""

    jobs: int
    files: tuple[str, ...]


def archive_old(world: World, seconds: float, most: int = 1_000_000) -> Archived:
    """Archive what ended longer ago than this, at most so many jobs. Raises NoArchive."""
    directory = _directory(world)
    before = world.clock() - seconds
    names: list[str] = []
    count = 0
    for ours in (True, False):
        while count < most:
            moved, name = _move(world, directory, before, min(_AT_ONCE, most - count), ours=ours)
            if name:
                names.append(name)
            count += moved
            if not moved:
                break
    return Archived(count, tuple(names))


def _move(world: World, directory: Path, before: float, limit: int, *, ours: bool) -> tuple[int, str]:
    def choose(connection: Connection) -> tuple[dict[int, archived.Rows], dict[int, int]]:
        if ours:
            numbers = archived.purged(connection, before, limit)
        else:
            numbers = archived.ended(connection, round(before * 1_000_000), limit)
        return archived.rows_of(connection, numbers, ours=ours), archived.last_events(connection, numbers, ours=ours)

    rows, last = world.database.read(choose)
    if not rows:
        return 0, ""
    records = _own_records(world, rows) if ours else [_other_record(kept) for kept in rows.values()]
    try:
        name = files.write(directory, records)
    except files.ArchiveError as error:
        raise NoArchive(str(error), "Nothing was removed from the database.") from error

    def take_out(connection: Connection) -> int:
        unchanged = archived.all_there(connection, [(number, last.get(number, 0)) for number in rows], ours=ours)
        archived.remove(connection, unchanged, ours=ours)
        return len(unchanged)

    return world.database.write(take_out), name


def _own_records(world: World, rows: Mapping[int, archived.Rows]) -> list[files.Record]:
    keys = {number: kept["jobs"][0]["key"] for number, kept in rows.items()}
    events = own_events(world, list(keys.values()))
    access = held(world, list(keys.values()))
    records = []
    for number, kept in rows.items():
        key = keys[number]
        named_ = named(world, key)
        records.append(_record(named_, kept["jobs"][0]["owner"], events[key], access[key].access, kept))
    return records


def _other_record(kept: archived.Rows) -> files.Record:
    row = kept["lb_jobs"][0]
    events = [parse_line(one["line"]) for one in kept["lb_events"]]
    return _record(Named(row["jobid"]), row["owner"] or "", events, read_acl(json.loads(row["access"] or "[]")), kept)


def _record(job: Named, owner: str, events: Sequence[Event], acl: Acl, kept: archived.Rows) -> files.Record:
    progress = recompute(events)
    status = progress.memory.status
    return {
        "id": job.id,
        "key": job.key,
        "owner": owner,
        "ended": status.last_update_time / 1_000_000,
        "status": {"progress": progress_data(progress), "access": acl_data(acl), "purged": bool(job.key)},
        "lines": [write_line(event).rstrip("\n") for event in events],
        "rows": dict(kept),
    }


def listed(world: World) -> list[files.ArchiveFile]:
    """The files of the archive. Raises NoArchive."""
    return _guarded(lambda: files.listed(_directory(world)))


def check(world: World) -> list[str]:
    """What is wrong with the archive, as sentences. Raises NoArchive."""
    return _guarded(lambda: files.check(_directory(world)))


def load(world: World, name: str) -> int:
    """Put the jobs of a file back into the database; how many were not there. Raises NoArchive."""

    def put_back(connection: Connection) -> int:
        return sum(
            archived.put_back(connection, record["rows"], ours=bool(record["key"]))
            for record in files.records(_directory(world), name)
        )

    count = _guarded(lambda: world.database.write(put_back))
    world.logged_at = time.monotonic()
    return count


@dataclass(frozen=True, slots=True)
class Kept:
    """A job of the archive."""

    status: JobStatus
    events: tuple[Event, ...]


def find(world: World, asker: Asker, job: str, action: Action) -> Kept:
    """A job of the archive to which the caller may do `action`. Raises UnknownJob, NotPermitted, NoArchive."""
    directory = _directory(world)
    name = named(world, job)
    record = _guarded(lambda: files.find(directory, name.id))
    if record is None:
        raise UnknownJob(job[:200])
    _check(asker, name, record["owner"], read_acl(record["status"]["access"]), action)
    return Kept(_status(record["status"]), tuple(parse_line(line) for line in record["lines"]))


def query(world: World, asker: Asker, asked: Query, *, after: str = "", limit: int = 100) -> Answer[Found]:
    """The jobs of the archive that a query asks for and the caller may see the status of. BadCursor, NoArchive."""
    before = None
    if after:
        known = _CURSOR.fullmatch(after)
        if known is None:
            raise BadCursor(f"'{after[:50]}' is no place to go on from.", "Use `next` of the page before.")
        before = known[1], int(known[2])
    ends = time.monotonic() + SECONDS
    found: list[Found] = []
    cursor, whole = "", True
    identity = asker.identity
    for entry in _guarded(lambda: files.entries(_directory(world), None, before)):
        status = _status(entry.status)
        acl = read_acl(entry.status["access"])
        job = OneJob(key=entry.id, owner=entry.owner, access=acl)
        if matches(asked, status, jdl_of) and (identity.is_operator or asker.judge(Action.STATUS, job).yes):
            found.append(Found(status, ours=bool(entry.status["purged"])))
        full = len(found) >= limit
        if full or time.monotonic() > ends:
            cursor, whole = f"{entry.file}:{entry.place}", full
            break
    return Answer(tuple(found), cursor, whole, 0)


def _status(kept: Mapping[str, Any]) -> JobStatus:
    status = with_acl(read_progress(kept["progress"]).memory.status, read_acl(kept["access"]))
    # L&B's machine leaves this state to the purger.
    return replace(status, state=StateCode.PURGED) if kept["purged"] else status


def _check(asker: Asker, job: Named, owner: str, acl: Acl, action: Action) -> None:
    decision = asker.judge(action, OneJob(key=job.key or job.id, owner=owner, access=acl))
    if not decision.yes:
        raise NotPermitted(decision.reason, decision.advice)


def _directory(world: World) -> Path:
    if world.archive is None:
        raise NoArchive("This service has no archive.", "Its operator sets 'directory' in [archive].")
    return world.archive


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except files.ArchiveError as error:
        raise NoArchive(str(error), "'gridwms archive check' looks at all of it.") from error
