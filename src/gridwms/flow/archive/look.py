"""Jobs of the archive, for those who ask: as L&B knows them, and as they were shown here."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from gridwms.archive import files
from gridwms.bookkeeping.access.acl import Acl, read_acl, with_acl
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.codec import read_progress
from gridwms.bookkeeping.query.conditions import Query
from gridwms.bookkeeping.query.predicate import matches
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.ulm import parse_line
from gridwms.flow.archive.directory import directory_of, guarded
from gridwms.flow.bookkeeping.named import Named, named
from gridwms.flow.bookkeeping.pages import SECONDS, BadCursor
from gridwms.flow.bookkeeping.search import Answer, Asker, Found, jdl_of
from gridwms.flow.errors import NotInState, NotPermitted, UnknownJob
from gridwms.flow.status import EventView, JobView, Page, event_view, known_in
from gridwms.flow.world import World
from gridwms.jobs.states import State
from gridwms.security.policy import Action, OneJob
from gridwms.store import events as log
from gridwms.store.archived import laid_out

_CURSOR = re.compile(r"(jobs-[0-9]{8}\.jsonl\.gz):([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Kept:
    """A job of the archive."""

    status: JobStatus
    events: tuple[Event, ...]


def find(world: World, asker: Asker, job: str, action: Action) -> Kept:
    """A job of the archive to which the caller may do `action`. Raises UnknownJob, NotPermitted, NoArchive."""
    record = _found(world, asker, job, action).record
    return Kept(_status(record["status"]), tuple(parse_line(line) for line in record["lines"]))


def view(world: World, asker: Asker, job: str) -> JobView:
    """A job of ours as it was shown before it was archived. Raises as `find`."""
    found = _found(world, asker, job, Action.STATUS)
    with _laid_out(world, found.record) as connection:
        return known_in(world, connection, [_own(found)])[0]


def nodes(
    world: World,
    asker: Asker,
    job: str,
    *,
    states: Collection[State] = (),
    failed: bool = False,
    after: int = -1,
    limit: int = 100,
) -> Page:
    """The nodes of a compound as they were listed before it was archived. Raises as `find`, and NotInState."""
    found = _found(world, asker, job, Action.READ)
    key = _own(found)
    if "compounds" not in found.record["rows"]:
        raise NotInState(f"Job {key} is no compound: it has no nodes.", "'gridwms status --archive' shows it.")
    left = found.record["rows"]["compounds"][0]["nodes"] - after - 1
    if failed or left <= 0 or (states and State.PURGED not in states):
        return Page((), None, tuple(states))  # all were purged
    place, count = found.place + after + 1, min(limit, left)
    records = guarded(lambda: files.following(directory_of(world), found.file, place, count))
    with laid_out([found.record["rows"], *(record["rows"] for record in records)]) as connection:
        views = known_in(world, connection, [record["key"] for record in records])
    return Page(tuple(views), after + limit if left > limit else None, tuple(states))


def history(world: World, asker: Asker, job: str) -> list[EventView]:
    """The log of a job of ours in the order of arrival. Raises as `find`."""
    found = _found(world, asker, job, Action.READ)
    with _laid_out(world, found.record) as connection:
        return [event_view(one) for one in log.of_job(connection, _own(found))]


def _found(world: World, asker: Asker, job: str, action: Action) -> files.Found:
    name = named(world, job)
    found = guarded(lambda: files.find(directory_of(world), name.id))
    if found is None:
        raise UnknownJob(job[:200])
    _check(asker, name, found.record["owner"], read_acl(found.record["status"]["access"]), action)
    return found


def _own(found: files.Found) -> str:
    key: str = found.record["key"]
    if not key:
        raise UnknownJob(found.record["id"])
    return key


@contextmanager
def _laid_out(world: World, record: files.Record) -> Iterator[Connection]:
    """The rows of a job, and of the compound whose node it is."""
    kept = [record["rows"]]
    if record.get("parent"):
        whole = guarded(lambda: files.find(directory_of(world), record["parent"]))
        kept += [whole.record["rows"]] if whole is not None else []
    with laid_out(kept) as connection:
        yield connection


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
    sees_all = asker.sees_all
    for entry in guarded(lambda: files.entries(directory_of(world), None, before)):
        status = _status(entry.status)
        acl = read_acl(entry.status["access"])
        job = OneJob(key=entry.id, owner=entry.owner, access=acl)
        if matches(asked, status, jdl_of) and (sees_all or asker.judge(Action.STATUS, job).yes):
            found.append(Found(status, ours=bool(entry.status["purged"])))
        full = len(found) >= limit
        if full or time.monotonic() > ends:
            cursor, whole = f"{entry.file}:{entry.place}", full
            break
    return Answer(tuple(found), cursor, whole, 0)


def _status(kept: Mapping[str, Any]) -> JobStatus:
    status = with_acl(read_progress(kept["progress"]).memory.status, read_acl(kept["access"]))
    if "histogram" in kept:
        status = replace(status, children_hist=tuple(kept["histogram"]))
    # L&B's machine leaves this state to the purger.
    return replace(status, state=StateCode.PURGED) if kept["purged"] else status


def _check(asker: Asker, job: Named, owner: str, acl: Acl, action: Action) -> None:
    decision = asker.judge(action, OneJob(key=job.key or job.id, owner=owner, access=acl))
    if not decision.yes:
        raise NotPermitted(decision.reason, decision.advice)
