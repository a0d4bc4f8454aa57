"""Jobs in the words of L&B: the events and the status of our own jobs, and of those of other systems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import NOBODY, with_acl
from gridwms.bookkeeping.collection import with_children
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.from_jobs import lb_events, parent_events
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.query.flags import Flags
from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.ulm import write_line
from gridwms.classad import ClassAd, unparse
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.errors import UnknownJob
from gridwms.flow.find import name_of
from gridwms.flow.status import held
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.events import Event as OwnEvent
from gridwms.jobs.histogram import Histogram
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.states import State
from gridwms.store import compounds, descriptions, lb_jobs
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
    """The L&B events of jobs and compounds of ours. Raises UnknownJob."""

    def work(connection: Connection) -> _OwnLogs:
        stored = {key: job for key, (_number, job) in rows.load(connection, keys).items()}
        whole = {
            key: one for key, (_n, one) in compounds.load(connection, [k for k in keys if k not in stored]).items()
        }
        parents = compounds.load_numbers(connection, {job.parent for job in stored.values() if job.parent is not None})
        texts = descriptions.get_descriptions(connection, {parent.description for parent in whole.values()})
        found = log.of_jobs(connection, [*stored, *whole])
        logged = {key: [one.event for one in events] for key, events in found.items()}
        return _OwnLogs(stored, whole, {number: parent.key for number, parent in parents.items()}, texts, logged)

    found = world.database.read(work)
    read = world.descriptions.many({name_of(job) for job in found.jobs.values() if job.state is not State.PURGED})
    base = world.settings.base_url
    host = urlsplit(base).hostname or ""
    service = {"host": host, "user": f"/CN={host}", "endpoint": base}
    out: dict[str, list[Event]] = {}
    for key in keys:
        if key in found.compounds:
            jdl = found.texts.get(found.compounds[key].description, "")
            out[key] = parent_events(found.logged[key], job_url(world, key), **service, jdl=jdl)
            continue
        if key not in found.jobs:
            raise UnknownJob(key)
        job = found.jobs[key]
        description = read.get(name_of(job))
        out[key] = lb_events(
            found.logged[key],
            job_url(world, key),
            **service,
            jdl=unparse(_named(description.ad, job.node_name)) if description else "",
            tags=description.user_tags if description else (),
            parent=job_url(world, found.parents[job.parent]) if job.parent is not None else "",
        )
    return out


def _named(ad: ClassAd, node: str | None) -> ClassAd:
    """Templates have no names in them; the description of a node in L&B has."""
    return ad.with_(NodeName=node) if node else ad


class _OwnLogs(NamedTuple):
    """Jobs and compounds by key, the keys of parents by row number, descriptions of compounds by digest, events."""

    jobs: dict[str, Job]
    compounds: dict[str, Parent]
    parents: dict[int, str]
    texts: dict[str, str]
    logged: dict[str, list[OwnEvent]]


def lines(found: Sequence[Event]) -> str:
    """Events as lines of ULM."""
    return "".join(write_line(event) for event in found)


def status(world: World, job: Named, flags: Flags = Flags.NONE) -> JobStatus:
    """The status of a job with what the flags ask for. Raises UnknownJob."""
    if not job.key:
        settle(world.database, 1, [job.id])
        return world.database.read(lambda connection: _status_in(connection, _booked(connection, job.id), flags))
    logged = events(world, job)
    known = held(world, [job.key])
    status = with_acl(replay(logged).status, known[job.key].access if job.key in known else NOBODY)
    if any(event.type == "Purge" for event in logged):
        # L&B's machine leaves this state to the purger.
        status = replace(status, state=StateCode.PURGED)
    return _shown(_with_nodes(world, job.key, status, flags), flags)


def _with_nodes(world: World, key: str, status: JobStatus, flags: Flags) -> JobStatus:
    """Of a compound: where its nodes have brought it, how many of them are in which state, and what the flags want."""

    def work(connection: Connection) -> tuple[Parent, Histogram, list[Job]] | None:
        found = compounds.load(connection, [key]).get(key)
        if found is None:
            return None
        number, parent = found
        wanted = flags & (Flags.CHILDREN | Flags.CHILDSTAT)
        chosen = range(number, number + min(parent.nodes, _CHILDREN)) if wanted else ()
        nodes = [job for _number, job in sorted(rows.load_numbers(connection, chosen).values(), key=itemgetter(0))]
        return parent, compounds.counts(connection, [number])[number], nodes

    read = world.database.read(work)
    if read is None:
        return status
    parent, histogram, nodes = read
    counts = [0] * len(StateCode)
    for bucket, count in histogram.items():
        counts[StateCode[bucket.state.name]] += count
    status = replace(
        status,
        state=StateCode[parent.state.name],
        done_code=DoneCode[parent.done_code.name] if parent.done_code else None,
        children_hist=tuple(counts),
        children=tuple(job_url(world, node.key) for node in nodes),
    )
    if Flags.CHILDSTAT not in flags:
        return status
    states = tuple(
        JobStatus(
            job_id=job_url(world, node.key),
            owner=node.owner,
            state=StateCode[node.state.name],
            done_code=DoneCode[node.done_code.name] if node.done_code else None,
            parent_job=status.job_id,
            state_enter_time=round(node.state_since * 1_000_000),
        )
        for node in nodes
    )
    return replace(status, children_states=states)


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
