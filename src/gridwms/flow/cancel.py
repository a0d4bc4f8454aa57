"""Ending jobs at the wish of their user, in every state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.find import the_jobs
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Cancelled, CancelRequested
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import AT_SITE, State
from gridwms.store import jobs as rows


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """What became of the wish for one job. `done`: False when there was nothing to cancel; the sentence says why."""

    key: str
    done: bool
    sentence: str
    state: State


def cancel(world: World, by: str, keys: Sequence[str]) -> list[CancelAnswer]:
    """Cancel jobs. One at a site is CANCELLED when the site confirms, or after a while; the others at once.

    Raises UnknownJob, and cancels none, when one of them does not exist.
    """
    the_jobs(world, keys)
    now = world.clock()

    def work(connection: Connection) -> tuple[Recorded, dict[str, Job]]:
        stored = rows.load(connection, keys)
        before = {key: job for key, (_number, job) in stored.items()}
        wishes = [
            (key, CancelRequested(id=decision_id(job), time=now, by=by))
            for key, job in before.items()
            if _can_be_cancelled(job)
        ]
        asked = apply(connection, world, stored, wishes)
        numbers = {key: number for key, (number, _job) in stored.items()}
        ends = [
            (key, Cancelled(id=decision_id(job), time=now, reason=reason("cancelled_by_user", by=by)))
            for key, job in asked.jobs.items()
            if job.cancel_requested_at is not None and job.state in (State.SUBMITTED, State.WAITING)
        ]
        ended = apply(connection, world, {key: (numbers[key], asked.jobs[key]) for key, _event in ends}, ends)
        asked.jobs |= ended.jobs
        asked.sites |= ended.sites
        return asked, before

    recorded, before = world.database.write(work)
    announce(world, recorded)
    return [_answer(before[key], recorded.jobs[key]) for key in keys]


def _can_be_cancelled(job: Job) -> bool:
    return job.cancel_requested_at is None and (job.state in AT_SITE or job.state in (State.SUBMITTED, State.WAITING))


def _answer(before: Job, after: Job) -> CancelAnswer:
    if after.state is State.CANCELLED and before.state is not State.CANCELLED:
        return CancelAnswer(after.key, True, "cancelled", after.state)
    if before.cancel_requested_at is not None and before.state in AT_SITE:
        return CancelAnswer(after.key, False, "Cancel has already been requested", after.state)
    if after.cancel_requested_at is not None and after.state in AT_SITE:
        return CancelAnswer(after.key, True, f"the site {after.attempts[-1].site} is asked to stop it", after.state)
    return CancelAnswer(after.key, False, f"it is {after.state} already: nothing to cancel", after.state)
