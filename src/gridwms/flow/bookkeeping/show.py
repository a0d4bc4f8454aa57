"""Jobs in the words of L&B: the events and the status of our own jobs, and of those of other systems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import NOBODY, Acl, with_acl
from gridwms.bookkeeping.collection import with_children
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.from_jobs import lb_events
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.query.flags import Flags
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.ulm import write_line
from gridwms.describe.compound import node_text
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.errors import UnknownJob
from gridwms.flow.find import name_of
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.store import descriptions, lb_jobs, remarks
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import lb_events as booked_events

_CHILDREN = 1000
"""Children whose states are told with their parent, at most."""


def events(world: World, job: Named) -> list[Event]:
    """The events of a job: of ours in causal order, of others in the order of arrival. Raises UnknownJob."""
    if job.key:
        return own_events(world, [job.key])[job.key]
    settle(world.database, 1, [job.id])

    def work(connection: Connection) -> list[Event]:
        stored = _booked(connection, job.id)
        found = booked_events.of_jobs(connection, [stored.number])[stored.number]
        return [replace(one.event, arrived=one.arrived) for one in found]

    return world.database.read(work)


def own_events(world: World, keys: Sequence[str]) -> dict[str, list[Event]]:
    """The L&B events of jobs of ours. Raises UnknownJob."""

    def work(connection: Connection) -> tuple[dict[str, Job], dict[str, str], dict[str, list[log.Logged]]]:
        stored = {key: job for key, (_number, job) in rows.load(connection, keys).items()}
        texts = descriptions.get_descriptions(connection, {job.description for job in stored.values()})
        return stored, texts, {key: log.of_job(connection, key) for key in stored}

    stored, texts, logged = world.database.read(work)
    read = world.descriptions.many({name_of(job) for job in stored.values()})
    base = world.settings.base_url
    host = urlsplit(base).hostname or ""
    found: dict[str, list[Event]] = {}
    for key in keys:
        if key not in stored:
            raise UnknownJob(key)
        job = stored[key]
        text, description = texts.get(job.description, ""), read.get(name_of(job))
        found[key] = lb_events(
            [one.event for one in logged[key]],
            job_url(world, key),
            host=host,
            user=f"/CN={host}",
            endpoint=base,
            jdl=node_text(text, job.value),
            tags=description.user_tags if description else (),
        )
    return found


def lines(found: Sequence[Event]) -> str:
    """Events as lines of ULM."""
    return "".join(write_line(event) for event in found)


def status(world: World, job: Named, flags: Flags = Flags.NONE) -> JobStatus:
    """The status of a job with what the flags ask for. Raises UnknownJob."""
    if job.key:
        acl = world.database.read(lambda connection: _access(connection, job.key))
        logged = events(world, job)
        status = with_acl(replay(logged).status, acl)
        if any(event.type == "Purge" for event in logged):
            # L&B's machine leaves this state to the purger.
            status = replace(status, state=StateCode.PURGED)
        return _shown(status, flags)
    settle(world.database, 1, [job.id])
    return world.database.read(lambda connection: _status_in(connection, _booked(connection, job.id), flags))


def _access(connection: Connection, key: str) -> Acl:
    stored = rows.load(connection, [key])
    if key not in stored:
        raise UnknownJob(key)
    number, _job = stored[key]
    return remarks.access(connection, [number]).get(number, NOBODY)


def booked_statuses(connection: Connection, numbers: Collection[int]) -> dict[int, JobStatus]:
    """The statuses of jobs of other systems, by row number."""
    stored = lb_jobs.load_numbers(connection, numbers)
    return {job.number: _status_in(connection, job, Flags.NONE) for job in stored.values()}


def _booked(connection: Connection, name: str) -> lb_jobs.BookedJob:
    job = lb_jobs.load(connection, [name]).get(name)
    if job is None or not job.progress.registered:
        raise UnknownJob(name)
    return job


def _status_in(connection: Connection, job: lb_jobs.BookedJob, flags: Flags) -> JobStatus:
    status = with_acl(job.progress.memory.status, job.acl)
    if job.standing is not None:
        status = replace(status, state=job.standing[0], done_code=job.standing[1])
    if any(job.states):
        status = with_children(status, job.children)
        if flags & (Flags.CHILDREN | Flags.CHILDSTAT):
            children = lb_jobs.children_of(connection, job.jobid, _CHILDREN)
            states = [_status_in(connection, child, Flags.NONE) for child in children]
            status = replace(status, children=tuple(child.jobid for child in children))
            if Flags.CHILDSTAT in flags:
                status = replace(status, children_states=tuple(states))
    return _shown(status, flags)


def _shown(status: JobStatus, flags: Flags) -> JobStatus:
    return replace(status, jdl_classad=status.jdl) if Flags.CLASSADD in flags else status
