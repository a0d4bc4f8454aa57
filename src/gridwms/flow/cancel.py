"""Ending jobs at the wish of their user, in every state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.compound import wishes
from gridwms.flow.find import find
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Cancelled, CancelRequested
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import AT_SITE, State
from gridwms.store import jobs as rows


def cancel(world: World, by: str, keys: Sequence[str]) -> list[Answer]:
    """Cancel jobs. One at a site is CANCELLED when the site confirms, or after a while; the others at once.

    Of a compound all nodes are cancelled. Raises UnknownJob, and cancels none, when one of them does not exist.
    """
    found = find(world, keys)
    answers = {key: wishes.cancel(world, by, number) for key, (number, _parent) in found.compounds.items()}
    answers |= _cancel(world, by, found.jobs) if found.jobs else {}
    return [answers[key] for key in keys]


def _cancel(world: World, by: str, keys: Sequence[str]) -> dict[str, Answer]:
    now = world.clock()

    def work(connection: Connection) -> tuple[Recorded, dict[str, Job]]:
        stored = rows.load(connection, keys)
        before = {key: job for key, (_number, job) in stored.items()}
        asking = [
            (key, CancelRequested(id=decision_id(job), time=now, by=by))
            for key, job in before.items()
            if _can_be_cancelled(job)
        ]
        asked = apply(connection, world, stored, asking)
        numbers = {key: number for key, (number, _job) in stored.items()}
        ends = [
            (key, Cancelled(id=decision_id(job), time=now, reason=reason("cancelled_by_user", by=by)))
            for key, job in asked.jobs.items()
            if job.cancel_requested_at is not None and job.state in (State.SUBMITTED, State.WAITING)
        ]
        ended = apply(connection, world, {key: (numbers[key], asked.jobs[key]) for key, _event in ends}, ends)
        asked.jobs.renew(ended.jobs)
        asked.sites |= ended.sites
        return asked, before

    recorded, before = world.database.write(work)
    announce(world, recorded)
    return {key: _answer(before[key], recorded.jobs[key]) for key in keys}


def _can_be_cancelled(job: Job) -> bool:
    return job.cancel_requested_at is None and (job.state in AT_SITE or job.state in (State.SUBMITTED, State.WAITING))


def _answer(before: Job, after: Job) -> Answer:
    if after.state is State.CANCELLED and before.state is not State.CANCELLED:
        return Answer(after.key, True, "cancelled", after.state)
    if before.cancel_requested_at is not None and before.state in AT_SITE:
        return Answer(after.key, False, "Cancel has already been requested", after.state)
    if after.cancel_requested_at is not None and after.state in AT_SITE:
        return Answer(after.key, True, f"the site {after.attempts[-1].site} is asked to stop it", after.state)
    return Answer(after.key, False, f"it is {after.state} already: nothing to cancel", after.state)
