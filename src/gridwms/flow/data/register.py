"""Registering output data: the wrapper says what it has stored, the outbox remembers, catalogues are told by sets.

Of a wrapper only size and checksum are believed; names and places are those of the description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from gridwms.catalogue.contract import CatalogueError, Written
from gridwms.describe.data import DataNeed, catalogue_for
from gridwms.flow.data.outputs import uploads
from gridwms.flow.find import name_of
from gridwms.flow.record import Recorded, announce, record_in
from gridwms.flow.world import World
from gridwms.jobs.effects import CATALOGUES
from gridwms.jobs.events import Event, Noticed, Source
from gridwms.jobs.reasons import reason
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import outbox

logger = structlog.get_logger(__name__)

_AT_ONCE = 500
_MOST_WAIT = 600.0


@dataclass(frozen=True, slots=True)
class _New:
    task: outbox.Task
    number: int
    written: Written


def register_outputs(world: World) -> bool:
    """Tell catalogues of what was stored; whether more is due now. Trying again registers nothing twice."""
    now = world.clock()
    tasks = world.database.read(lambda connection: outbox.due(connection, CATALOGUES, now, _AT_ONCE))
    if not tasks:
        return False
    keys = {task.key for task in tasks}
    stored, told = world.database.read(lambda c: (rows.load(c, keys), log.of_jobs(c, keys)))
    descriptions = world.descriptions.many({name_of(job) for _number, job in stored.values()})
    by_catalogue: dict[str, list[_New]] = {}
    for task in tasks:
        job = stored[task.key][1]
        description = descriptions.get(name_of(job))
        places = {one.path: one for one in uploads(world, job.vo, description)} if description else {}
        for number, notice in enumerate(_stored(task, (entry.event for entry in told[task.key]))):
            place = places.get(notice.reason.params.get("file", ""))
            if place is None or not place.name:
                continue
            known = [one for one in world.data.catalogues if one.registers]
            chosen = catalogue_for(DataNeed(names=(place.name,)), job.vo, known)
            size = notice.reason.params.get("size", "")
            written = Written(
                name=place.name,
                url=place.url,
                storage=place.storage,
                size=int(size) if size.isdecimal() else None,
                checksum=notice.reason.params.get("checksum", ""),
            )
            by_catalogue.setdefault(chosen.name if chosen else "", []).append(_New(task, number, written))
    waiting: dict[int, outbox.Task] = {}
    events: list[tuple[str, Event]] = []
    for name, new in by_catalogue.items():
        refused = _register(world, name, [one.written for one in new])
        if refused is None:
            waiting |= {one.task.number: one.task for one in new}
            continue
        for one in new:
            why = refused.get(one.written.name)
            if why:
                events.append((one.task.key, _refusal(one, why, world.clock())))
    _settle(world, tasks, waiting, events)
    return len(tasks) == _AT_ONCE and not waiting


def _stored(task: outbox.Task, events: Iterable[object]) -> list[Noticed]:
    return [
        event
        for event in events
        if isinstance(event, Noticed) and event.attempt == task.attempt and event.reason.code == "data_stored"
    ]


def _register(world: World, name: str, files: Sequence[Written]) -> dict[str, str] | None:
    """By name why a file was refused; None when the catalogue does not answer."""
    catalogue = world.data.named(name)
    if catalogue is None:
        return {one.name: "no catalogue takes new files of this VO any more" for one in files}
    try:
        return dict(catalogue.register(files))
    except CatalogueError as trouble:
        logger.warning("files are not registered yet", catalogue=name, files=len(files), why=str(trouble))
    except Exception:
        logger.exception("a catalogue failed", catalogue=name, files=len(files))
    return None


def _refusal(one: _New, why: str, now: float) -> Noticed:
    text = reason("not_registered", file=one.written.name[:255], url=one.written.url[:1000], text=why[:1000])
    ident = f"data-{one.task.attempt}-refused-{one.number}"
    return Noticed(id=ident, time=now, attempt=one.task.attempt, reason=text, source=Source.SITE)


def _settle(
    world: World, tasks: Sequence[outbox.Task], waiting: dict[int, outbox.Task], events: list[tuple[str, Event]]
) -> None:
    done = [task.number for task in tasks if task.number not in waiting]
    pauses: dict[float, list[int]] = {}
    for task in waiting.values():
        pauses.setdefault(min(5 * 2.0 ** min(task.tries, 10), _MOST_WAIT), []).append(task.number)

    def work(connection: Connection) -> Recorded:
        recorded = record_in(connection, world, events) if events else Recorded()
        outbox.done(connection, done)
        for pause, numbers in pauses.items():
            outbox.begin(connection, numbers)
            outbox.postpone(connection, numbers, world.clock() + pause)
        return recorded

    announce(world, world.database.write(work))
