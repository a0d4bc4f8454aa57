"""Following attempts at their site: one bulk question, and what the wrappers left there when they ended."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from functools import partial
from typing import BinaryIO

import structlog

from gridwms.flow.find import name_of
from gridwms.flow.gathering import Alike, Gathering, Read, read_lines
from gridwms.flow.record import record
from gridwms.flow.worker import is_listed
from gridwms.flow.worker_lines import BadLine
from gridwms.flow.world import World
from gridwms.jobs.cohorts import Batch
from gridwms.jobs.events import Ended, EndKind, Event, Noticed, Running, Source
from gridwms.jobs.ids import parse_tag
from gridwms.jobs.reasons import reason
from gridwms.sandbox.errors import SandboxError, SandboxFull
from gridwms.sites.contract import Leftover, Phase, Receipt, Sighting, Site
from gridwms.store import jobs as rows
from gridwms.store import present

logger = structlog.get_logger(__name__)

_OVER = frozenset({Phase.ENDED, Phase.GONE})


def look(world: World, site: Site, tags: Collection[str] | None = None) -> int:
    """Ask a site about its attempts (all of ours there, or those with these tags) and record what is new.

    Returns how many are still there. Raises SiteUnavailable; then nothing is concluded.
    """
    if tags is None:
        here = world.database.read(lambda connection: present.at_site(connection, site.name))
    else:
        here = world.database.recent(lambda connection: present.among(connection, site.name, tags))
    if not here:
        return 0
    sightings = site.status([Receipt(tag=row.tag, id=row.receipt) for row in here])
    by_tag = {row.tag: row for row in here}
    news = [s for s in sightings if s.tag in by_tag]
    over = [s for s in news if s.phase in _OVER]
    if tags is None:
        # Single tags are looked at because they ended; that one began to run is told by its wrapper, sooner.
        record(world, [event for s in news if (event := _running(s, by_tag[s.tag])) is not None])
        world.waits_for[site.name] = {s.tag: s.waits_for for s in news if s.waits_for}
    if over:
        _end(world, site, over, by_tag)
    _stop_strays(site, [by_tag[s.tag] for s in news if s.phase in (Phase.QUEUED, Phase.RUNNING)])
    return len(here) - len(over)


def _running(sighting: Sighting, row: present.Present) -> tuple[str, Event] | None:
    if sighting.phase is not Phase.RUNNING or row.running:
        return None
    key, number = parse_tag(sighting.tag)
    event = Running(
        id=f"site-{number}-running",
        time=sighting.time,
        attempt=number,
        node=sighting.node,
        source=Source.SITE,
    )
    return key, event


def _end(world: World, site: Site, over: Sequence[Sighting], by_tag: dict[str, present.Present]) -> None:
    leftovers = {one.tag: one for one in site.collect([Receipt(tag=s.tag, id=by_tag[s.tag].receipt) for s in over])}
    listed = _listed(world, [by_tag[tag].key for tag, one in leftovers.items() if one.outputs and tag in by_tag])
    now = world.clock()
    events: list[tuple[str, Event] | Batch] = []
    said, ended = Gathering(), Alike()
    for sighting in over:
        row = by_tag[sighting.tag]
        key, number = row.key, row.number
        leftover = leftovers.get(sighting.tag)
        if leftover is not None:
            lost = _keep_outputs(world, key, number, leftover, listed.get(key, ()))
            if lost is None:
                world.held_outputs[key] = "there is no room left at the service."
                continue  # it stays where it is until there is room for what it has brought
            world.held_outputs.pop(key, None)
            events += lost
            said.add(key, number, _left_events(row, leftover, now))
        alike = number, sighting.phase, sighting.time, sighting.exit_code, sighting.cancelled, id(sighting.reason)
        ended.add(alike, key, partial(_ended, sighting, number))
    record(world, [*events, *said.events(), *ended.events()])


def _ended(sighting: Sighting, attempt: int) -> Ended:
    kind = EndKind.GONE if sighting.phase is Phase.GONE else EndKind.COMPLETED
    if sighting.cancelled:
        kind = EndKind.CANCELLED
    elif sighting.reason is not None and sighting.phase is Phase.ENDED:
        kind = EndKind.KILLED
    return Ended(
        id=f"site-{attempt}-ended",
        time=sighting.time,
        attempt=attempt,
        kind=kind,
        exit_code=sighting.exit_code,
        reason=sighting.reason,
    )


def _left_events(row: present.Present, leftover: Leftover, now: float) -> list[Read]:
    """What the wrapper could not send. A spool that was cut off in the middle of a line still tells the rest."""
    found: list[Read] = []
    for line in leftover.events:
        try:
            found += read_lines([line], row.number, row.matched_at, now)
        except BadLine as error:
            logger.warning("spooled event unreadable", job=row.key, attempt=row.number, why=str(error))
    return found


def _listed(world: World, keys: Collection[str]) -> dict[str, Sequence[str]]:
    """The output files that the descriptions of these jobs list, as far as they can be read."""
    if not keys:
        return {}
    jobs = world.database.recent(lambda connection: rows.load(connection, keys))
    names = {key: name_of(job) for key, (_number, job) in jobs.items()}
    described = world.descriptions.many(set(names.values()))
    return {key: described[name].outputs for key, name in names.items() if name in described}


def _keep_outputs(
    world: World, key: str, attempt: int, leftover: Leftover, patterns: Sequence[str]
) -> list[tuple[str, Event]] | None:
    """Take over the output files that lie at the site; what is to be told of lost ones. None: our disk is full."""
    lost: list[tuple[str, Event]] = []
    for index, (name, path) in enumerate(leftover.outputs.items()):
        if not is_listed(patterns, name):
            lost.append((key, _lost(world, attempt, index, name, "it is not in the OutputSandbox")))
            continue
        try:
            with _regular(path) as file:
                world.sandbox.put_output(key, attempt, name, iter(lambda: file.read(1 << 20), b""))
        except SandboxFull as error:
            logger.warning("output waits at the site", job=key, attempt=attempt, file=name, why=str(error))
            return None
        except (OSError, SandboxError) as error:
            lost.append((key, _lost(world, attempt, index, name, str(error))))
    return lost


def _lost(world: World, attempt: int, index: int, name: str, why: str) -> Noticed:
    return Noticed(
        id=f"site-{attempt}-lost-{index}",
        time=world.clock(),
        attempt=attempt,
        reason=reason("output_failed", file=name[:255], text=why[:1000]),
        source=Source.SITE,
    )


def _regular(path: str) -> BinaryIO:
    """A file of a payload, opened; OSError when it is a pipe, a device or the like, which might never end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path} is no regular file")
    return os.fdopen(handle, "rb")


def _stop_strays(site: Site, still_there: Sequence[present.Present]) -> None:
    """Attempts that were closed and yet are there are asked to stop again, until they do."""
    strays = [Receipt(tag=row.tag, id=row.receipt) for row in still_there if row.over]
    if strays:
        site.cancel(strays)
