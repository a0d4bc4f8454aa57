"""Which job is meant: one of ours, by key or id, or one of another system, by its L&B id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gridwms.bookkeeping import jobid
from gridwms.bookkeeping.access.acl import NOBODY, Acl
from gridwms.bookkeeping.subjects import same_subject
from gridwms.flow.errors import UnknownJob
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.ids import is_key
from gridwms.store import lb_jobs

LONGEST_ID = 500


@dataclass(frozen=True, slots=True)
class Named:
    """A job. `key`: of ours; "" for another system's, whose id is `id` then."""

    id: str
    key: str = ""


def named(world: World, job: str) -> Named:
    """The job that a key or id names. Raises UnknownJob for what can be neither."""
    key = own_key(world, job).rstrip("/")
    if is_key(key):
        return Named(job_url(world, key), key)
    try:
        name = str(jobid.parse(job[: LONGEST_ID + 1]))
    except jobid.BadId as error:
        raise UnknownJob(job[:200]) from error
    if len(name) > LONGEST_ID:
        raise UnknownJob(job[:200])
    return Named(name)


def own_key(world: World, job: str) -> str:
    """The id of a job of ours without what all of them begin with; anything else as it is."""
    bare = job.removeprefix(f"{world.settings.base_url}/jobs/")
    return bare.removeprefix(f"{world.settings.job_ids}/") if world.settings.job_ids else bare


@dataclass(frozen=True, slots=True)
class Booked:
    """Whose a job of another system is, and who else may do something with it."""

    owner: str
    payload_owner: str
    access: Acl = NOBODY

    def owner_for(self, subject: str) -> str:
        """The owner as the policy is to know it: the caller's own subject if it is the caller's job, or payload."""
        mine = any(one and same_subject(one, subject) for one in (self.owner, self.payload_owner))
        return subject if mine else self.owner


def booked(world: World, jobids: Collection[str]) -> dict[str, Booked]:
    """The jobs of other systems with these ids, as far as they are registered here."""
    stored = world.database.read(lambda connection: lb_jobs.load(connection, jobids))
    return {name: _booked(job) for name, job in stored.items() if job.progress.registered}


def _booked(job: lb_jobs.BookedJob) -> Booked:
    fields = job.progress.memory.fields
    return Booked(fields.get("owner") or "", fields.get("payload_owner") or "", job.acl)
