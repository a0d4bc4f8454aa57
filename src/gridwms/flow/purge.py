"""Removing the files and the description of ended jobs; the record of them stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.find import the_jobs
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Purged
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import ENDED, State
from gridwms.store import descriptions
from gridwms.store import jobs as rows


@dataclass(frozen=True, slots=True)
class PurgeAnswer:
    """What became of one job. `done`: False when it could not be purged; the sentence says why."""

    key: str
    done: bool
    sentence: str
    state: State


def purge(world: World, by: str, keys: Sequence[str]) -> list[PurgeAnswer]:
    """Purge jobs that have ended. Raises UnknownJob, and purges none, when one of them does not exist."""
    before = the_jobs(world, keys)
    now = world.clock()

    def work(connection: Connection) -> Recorded:
        stored = rows.load(connection, keys)
        events = [
            (key, Purged(id=decision_id(job), time=now, reason=reason("purged_by_user", by=by)))
            for key, (_number, job) in stored.items()
            if _can_be_purged(job)
        ]
        recorded = apply(connection, world, stored, events)
        descriptions.drop_unused(connection, {stored[key][1].description for key, _event in events})
        return recorded

    recorded = world.database.write(work)
    announce(world, recorded)
    for key, job in recorded.jobs.items():
        if job.state is State.PURGED:
            # After the commit: a crash in between leaves files of a purged job, which the next purge removes.
            world.sandbox.remove(key)
    return [_answer(before[key], recorded.jobs[key]) for key in keys]


def _can_be_purged(job: Job) -> bool:
    return job.state is State.DONE or (job.state in ENDED and job.state is not State.PURGED)


def _answer(before: Job, after: Job) -> PurgeAnswer:
    if before.state is State.PURGED:
        return PurgeAnswer(after.key, True, "it was purged before", after.state)
    if after.state is State.PURGED:
        return PurgeAnswer(after.key, True, "purged", after.state)
    return PurgeAnswer(after.key, False, f"it is {after.state}: cancel it first", after.state)
