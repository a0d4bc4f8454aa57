"""Removing the files and the description of ended jobs; the record of them stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.collect import clear
from gridwms.flow.compound import wishes
from gridwms.flow.find import find, the_jobs
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Purged
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import ENDED, State
from gridwms.store import compounds, descriptions, due
from gridwms.store import jobs as rows

_BATCH = 200


def purge(world: World, by: str, keys: Sequence[str]) -> list[Answer]:
    """Purge jobs that have ended. Raises UnknownJob, and purges none, when one of them does not exist.

    A compound is purged whole, with all its nodes; a node alone is not.
    """
    found, why = find(world, keys), reason("purged_by_user", by=by)
    answers = {key: wishes.purge(world, number, why) for key, (number, _parent) in found.compounds.items()}
    before = the_jobs(world, found.jobs)
    after = _purge(world, lambda connection: rows.load(connection, found.jobs), why)
    answers |= {key: _answer(before[key], after[key]) for key in found.jobs}
    return [answers[key] for key in keys]


def retire(world: World, by: str, key: str) -> Answer:
    """What gLite's WMProxy does when the output was fetched: a job that is DONE (OK) is CLEARED, and its files go; one
    that ended otherwise is purged. Raises UnknownJob."""
    [answer] = clear(world, [key])
    if not answer.done:
        return purge(world, by, [key])[0]
    world.sandbox.remove(key)
    return answer


def select_old(world: World, owner: str | None, states: Collection[State], seconds: float, limit: int) -> list[due.Old]:
    """Ended jobs (of one owner or of all) that have been in one of these states for so long, the longest first."""
    until = world.clock() - seconds
    chosen = PURGEABLE.intersection(states) if states else PURGEABLE
    return world.database.read(lambda connection: due.old(connection, owner, chosen, until, limit))


PURGEABLE = frozenset({State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED})


def purge_old(world: World) -> int:
    """Purge a batch of the jobs whose files have been kept long enough; how many those were."""
    now = world.clock()
    for state, seconds in world.settings.keep_seconds.items():
        for number in world.database.read(
            lambda connection: compounds.since(connection, state, now - seconds, 1)  # noqa: B023
        ):
            wishes.purge(world, number, reason("purged_by_age"))
            return 1

    def old(connection: Connection) -> dict[str, tuple[int, Job]]:
        numbers = [
            number
            for state, seconds in world.settings.keep_seconds.items()
            for number in due.since(connection, state, now - seconds, _BATCH)
        ]
        return rows.load_numbers(connection, numbers)

    if not world.settings.keep_seconds or not world.database.read(old):
        world.sandbox.contents.sweep()
        return 0
    return len(_purge(world, old, reason("purged_by_age")))


def _purge(world: World, choose: Callable[[Connection], dict[str, tuple[int, Job]]], why: Reason) -> dict[str, Job]:
    """Purge those of the chosen jobs that have ended; all of them as they are then."""
    now = world.clock()

    def work(connection: Connection) -> Recorded:
        stored = choose(connection)
        events = [
            (key, Purged(id=decision_id(job), time=now, reason=why))
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
            # After the commit: a crash in between leaves files of a purged job, which a purge by hand removes.
            world.sandbox.remove(key)
    return dict(recorded.jobs)


def _can_be_purged(job: Job) -> bool:
    ended = job.state is State.DONE or (job.state in ENDED and job.state is not State.PURGED)
    return ended and job.parent is None


def _answer(before: Job, after: Job) -> Answer:
    if before.state is State.PURGED:
        return Answer(after.key, True, "it was purged before", after.state)
    if after.state is State.PURGED:
        return Answer(after.key, True, "purged", after.state)
    if after.parent is not None:
        return Answer(after.key, False, "it is a node of a compound job: purge that", after.state)
    return Answer(after.key, False, f"it is {after.state}: cancel it first", after.state)
