"""Jobs leave the database for the archive, and come back.

Nothing is removed before its record is on disk and was read again. Jobs of ours go when they have been purged for so
long, compounds with all of their nodes; jobs of other systems when they ended, and nothing was heard of them, for so
long.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from gridwms.archive import files
from gridwms.bookkeeping.access.acl import Acl, acl_data, read_acl
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.codec import progress_data
from gridwms.bookkeeping.machine.record import recompute
from gridwms.bookkeeping.ulm import parse_line, write_line
from gridwms.flow.archive.directory import NoArchive, directory_of, guarded
from gridwms.flow.bookkeeping.named import Named, named
from gridwms.flow.bookkeeping.show import own_events, status
from gridwms.flow.compound.sweep import finish
from gridwms.flow.status import held
from gridwms.flow.world import World
from gridwms.store import archived, leaving
from gridwms.store.archived import Rows
from gridwms.store.events import last_cursor
from gridwms.store.leaving import Whole

_AT_ONCE = 1000
"""Jobs in one file, or one read; a compound is never parted."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What was archived: how many jobs (nodes too), and the files that were added."""

    jobs: int
    files: tuple[str, ...]


def archive_old(world: World, seconds: float, most: int = 1_000_000) -> Archived:
    """Archive what ended longer ago than this, until so many jobs have gone. Raises NoArchive.

    A compound goes whole, so that more may.
    """
    directory = directory_of(world)
    before = world.clock() - seconds
    names: list[str] = []
    count = 0
    for move in (_move_own, _move_compounds, _move_others):
        while count < most:
            moved, name = move(world, directory, before, min(_AT_ONCE, most - count))
            if name:
                names.append(name)
            count += moved
            if not moved:
                break
    return Archived(count, tuple(names))


def _move_own(world: World, directory: Path, before: float, limit: int) -> tuple[int, str]:
    return _move(world, directory, lambda connection: archived.purged(connection, before, limit), ours=True)


def _move_others(world: World, directory: Path, before: float, limit: int) -> tuple[int, str]:
    until = round(before * 1_000_000)
    return _move(world, directory, lambda connection: archived.ended(connection, until, limit), ours=False)


def _move(world: World, directory: Path, choose: Callable[[Connection], list[int]], *, ours: bool) -> tuple[int, str]:
    def read(connection: Connection) -> tuple[dict[int, Rows], dict[int, int]]:
        numbers = choose(connection)
        return archived.rows_of(connection, numbers, ours=ours), archived.last_events(connection, numbers, ours=ours)

    rows, last = world.database.read(read)
    if not rows:
        return 0, ""
    records = _own_records(world, rows.values()) if ours else [_other_record(kept) for kept in rows.values()]
    name = _write(directory, records)

    def take_out(connection: Connection) -> int:
        unchanged = archived.all_there(connection, [(number, last.get(number, 0)) for number in rows], ours=ours)
        archived.remove(connection, unchanged, ours=ours)
        return len(unchanged)

    return world.database.write(take_out), name


def _write(directory: Path, records: Iterable[files.Record]) -> str:
    try:
        return files.write(directory, records)
    except files.ArchiveError as error:
        raise NoArchive(str(error), "Nothing was removed from the database.") from error


def _move_compounds(world: World, directory: Path, before: float, limit: int) -> tuple[int, str]:
    """Write some compounds to a file; from the moment when that is noted the database lets go of them, step by step.

    Whoever is killed before that has added a file in vain; after that the sweep goes on where it stopped.
    """

    def choose(connection: Connection) -> tuple[list[Whole], int]:
        return _few(leaving.purged(connection, before, limit), limit), last_cursor(connection)

    chosen, cursor = world.database.read(choose)
    if not chosen:
        return 0, ""
    name = _write(directory, (record for whole in chosen for record in _whole_records(world, whole)))

    def let_leave(connection: Connection) -> list[Whole]:
        unchanged = [whole for whole in chosen if leaving.quiet(connection, whole, cursor)]
        for whole in unchanged:
            leaving.let_leave(connection, whole.number)
        return unchanged

    gone = world.database.write(let_leave)
    for whole in gone:
        finish(world, whole.number)
    return sum(1 + whole.nodes for whole in gone), name


def _few(found: Sequence[Whole], limit: int) -> list[Whole]:
    """So many that they have as many jobs as the limit; at least one."""
    chosen: list[Whole] = []
    for whole in found:
        if limit <= 0:
            break
        chosen.append(whole)
        limit -= 1 + whole.nodes
    return chosen


def _whole_records(world: World, whole: Whole) -> Iterator[files.Record]:
    """The record of a compound, then those of its nodes in their order."""
    rows = world.database.read(lambda connection: leaving.rows_of(connection, whole.number))
    compound = named(world, whole.key)
    (record,) = _records(world, [whole.key], rows["compounds"][0]["owner"], [rows])
    record["status"]["histogram"] = list(status(world, compound).children_hist)
    yield record
    for first in range(whole.number, whole.number + whole.nodes, _AT_ONCE):
        end = min(first + _AT_ONCE, whole.number + whole.nodes)
        nodes = world.database.read(lambda connection: leaving.rows_of_nodes(connection, first, end))  # noqa: B023
        for record in _own_records(world, nodes):
            yield record | {"parent": compound.id}


def _own_records(world: World, kept: Iterable[Rows]) -> list[files.Record]:
    """The records of single jobs or of nodes."""
    rows = list(kept)
    return _records(world, [one["jobs"][0]["key"] for one in rows], None, rows)


def _records(world: World, keys: Sequence[str], owner: str | None, kept: Sequence[Rows]) -> list[files.Record]:
    events = own_events(world, keys)
    access = held(world, keys)
    return [
        _record(named(world, key), owner or one["jobs"][0]["owner"], events[key], access[key].access, one)
        for key, one in zip(keys, kept, strict=True)
    ]


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
    return guarded(lambda: files.listed(directory_of(world)))


def check(world: World) -> list[str]:
    """What is wrong with the archive, as sentences. Raises NoArchive."""
    return guarded(lambda: files.check(directory_of(world)))


def load(world: World, name: str) -> int:
    """Put the jobs of a file back into the database, all or none; how many were not there.

    Raises NoArchive, NotFound.
    """

    def put_back(connection: Connection) -> int:
        count = 0
        records = files.records(directory_of(world), name)
        for record in records:
            rows = record["rows"]
            if "compounds" in rows:
                nodes = (node["rows"] for node in islice(records, rows["compounds"][0]["nodes"]))
                count += leaving.put_back(connection, rows, nodes)
                deque(nodes, maxlen=0)  # of a compound that is there already
            else:
                count += archived.put_back(connection, rows, ours=bool(record["key"]))
        return count

    count = guarded(lambda: world.database.write(put_back))
    world.logged_at = time.monotonic()
    return count
