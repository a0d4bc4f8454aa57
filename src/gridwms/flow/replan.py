"""Jobs that are stuck in a queue are moved to a place that is free (gLite reference §7.4, "feedback"), and jobs that
wait at a computing element that rests are taken out of its queue.

Safe at any moment: moving closes the attempt, and a closed attempt is given no token, so the copy that still waits can
never start its payload. One whose payload has its token already is left where it is. Unlike gLite's it costs the job
no retry, and nothing is moved when every other place is full or was tried before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from sqlalchemy import Connection

from gridwms.flow.quarantine import quarantine
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.schedule import Scheduler
from gridwms.flow.world import World
from gridwms.jobs.events import EndKind, Event, Resubmitted
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.store import due, figures
from gridwms.store import jobs as rows

_BATCH = 500
_PAGES = 20
"""So many batches are looked at in one run."""
_LEARNED_FROM = 86400.0
_LEARNED_LEAST = 20
_USUAL, _BEYOND = 0.95, 2.0
"""A job is stuck that has waited twice as long as nineteen in twenty do there."""


def replan(world: World, scheduler: Scheduler) -> int:
    """Move jobs that have waited too long, or wait where nothing goes well; how many were moved."""
    return _out_of_resting(world) + _out_of_blocked(world, scheduler)


def _out_of_resting(world: World) -> int:
    """They would wait for a place to fail in, so that they leave whether another place is free or not."""
    resting = world.database.read(lambda connection: quarantine(world, connection)).failing
    if not resting:
        return 0
    now = world.clock()
    numbers = world.database.read(lambda connection: due.queued(connection, now, _BATCH, resting))

    def why(job: Job) -> Reason | None:
        current = job.current
        if current is None or current.ce not in resting or not _waits_there(world, job):
            return None
        return reason("rests", ce=current.ce)

    return _move(world, world.database.read(lambda connection: _keys(connection, numbers)), why)


def _out_of_blocked(world: World, scheduler: Scheduler) -> int:
    if world.settings.replan_seconds <= 0:
        return 0
    now = world.clock()
    patience = _patience(world, now)
    least = min((*patience.values(), world.settings.replan_seconds))

    def why(job: Job) -> Reason | None:
        current = job.current
        if current is None or current.delivered_at is None or not _waits_there(world, job):
            return None
        waited = now - current.delivered_at
        if waited < patience.get(current.ce, world.settings.replan_seconds):
            return None
        return reason("replanned", ce=current.ce, seconds=int(waited))

    after = (0.0, 0)
    for _turn in range(_PAGES):
        page, stored = world.database.read(partial(_page_of, after, now - least))
        stuck = [job for _number, job in stored.values() if why(job) is not None]
        movable = scheduler.with_other_place(stuck) if stuck else []
        if movable:
            return _move(world, [job.key for job in movable], why)
        if len(page) < _BATCH:
            break
        after = page[-1]
    return 0


def _page_of(
    after: tuple[float, int], until: float, connection: Connection
) -> tuple[list[tuple[float, int]], dict[str, tuple[int, Job]]]:
    page = due.queued_from(connection, after, until, _BATCH)
    return page, rows.load_numbers(connection, [number for _time, number in page])


def _keys(connection: Connection, numbers: Collection[int]) -> list[str]:
    return list(rows.load_numbers(connection, numbers))


def _move(world: World, keys: Collection[str], why: Callable[[Job], Reason | None]) -> int:
    """Close the attempts of those jobs for which there is still a reason."""
    if not keys:
        return 0
    now = world.clock()

    def work(connection: Connection) -> tuple[Recorded, int]:
        current = rows.load(connection, keys)
        reasons = {key: found for key, (_n, job) in current.items() if (found := why(job)) is not None}
        events = [(key, _moved(current[key][1], found, now)) for key, found in reasons.items()]
        return apply(connection, world, current, events), len(events)

    recorded, moved = world.database.write(work)
    announce(world, recorded)
    return moved


def _patience(world: World, now: float) -> Mapping[str, float]:
    """By computing element: how long a job may wait there, learned from the queue times of the last day."""
    if not world.settings.replan_learned:
        return {}
    waits = world.database.read(lambda connection: figures.waits(connection, now - _LEARNED_FROM))
    least = world.settings.replan_least_seconds
    return {
        ce: max(least, _BEYOND * quantile(counts, _USUAL))
        for ce, counts in waits.items()
        if sum(counts.values()) >= _LEARNED_LEAST
    }


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The limit up to which this share of the queue times lies, counted by limits."""
    wanted, seen = share * sum(counts.values()), 0
    for limit in sorted(counts):
        seen += counts[limit]
        if seen >= wanted:
            return float(limit)
    return 0.0


def _waits_there(world: World, job: Job) -> bool:
    """Whether its attempt waits in a queue and may be taken out of it."""
    current = job.current
    if current is None or current.over or current.delivered_at is None or job.cancel_requested_at is not None:
        return False
    if job.state is not State.SCHEDULED or current.payload_at is not None or job.shallow_retry_count < 0:
        return False
    return _moves(job) < world.settings.max_replans


def _moves(job: Job) -> int:
    """How many attempts were closed while they waited in a queue."""
    return sum(1 for attempt in job.attempts if _was_moved(attempt))


def _was_moved(attempt: Attempt) -> bool:
    left = attempt.departure is None or attempt.departure.kind is EndKind.CANCELLED
    return attempt.over and attempt.running_at is None and attempt.outcome is None and not attempt.refusal and left


def _moved(job: Job, why: Reason, now: float) -> Event:
    current = job.attempts[-1]
    return Resubmitted(id=decision_id(job), time=now, attempt=current.number, shallow=True, reason=why, counted=False)
