"""Jobs that are stuck in a queue are moved to a place that is free (gLite reference §7.4, "feedback").

Safe at any moment: moving closes the attempt, and a closed attempt is given no token, so the copy that still waits can
never start its payload. One whose payload has its token already is left where it is. Unlike gLite's it costs the job
no retry, and nothing is moved when every other place is full or was tried before.
"""

from __future__ import annotations

from sqlalchemy import Connection

from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.schedule import Scheduler
from gridwms.flow.world import World
from gridwms.jobs.events import EndKind, Event, Resubmitted
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.store import due, statistics
from gridwms.store import jobs as rows

_BATCH = 500
_LEARNED_FROM = 86400.0
_USUAL = 2.0
"""Standard deviations above the mean of a queue's times within which waiting is nothing unusual there."""


def replan(world: World, scheduler: Scheduler) -> int:
    """Move a batch of the jobs that have waited too long; how many were moved."""
    seconds = world.settings.replan_seconds
    if seconds <= 0:
        return 0
    now = world.clock()
    numbers = world.database.read(lambda connection: due.queued(connection, now - seconds, _BATCH))
    if not numbers:
        return 0
    stored = world.database.read(lambda connection: rows.load_numbers(connection, numbers))
    usual = _usual(world, now)
    stuck = [job for _number, job in stored.values() if _is_stuck(world, job, usual, now)]
    movable = scheduler.with_other_place(stuck)

    def work(connection: Connection) -> Recorded:
        current = rows.load(connection, [job.key for job in movable])
        events = [(key, _moved(job, now)) for key, (_n, job) in current.items() if _is_stuck(world, job, usual, now)]
        return apply(connection, world, current, events)

    if not movable:
        return 0
    recorded = world.database.write(work)
    announce(world, recorded)
    return sum(1 for job in recorded.jobs.values() if job.state is State.WAITING)


def _usual(world: World, now: float) -> dict[str, float]:
    """By computing element: how long its queue usually takes, learned from the last day."""
    places = world.database.read(lambda connection: statistics.of_ours(connection, now - _LEARNED_FROM, now))
    spells = {place.destination: place.took.get(statistics.QUEUE) for place in places}
    return {ce: spell.mean + _USUAL * spell.deviation for ce, spell in spells.items() if spell and spell.count >= 10}


def _is_stuck(world: World, job: Job, usual: dict[str, float], now: float) -> bool:
    current = job.current
    if current is None or current.over or current.delivered_at is None or job.cancel_requested_at is not None:
        return False
    if job.state is not State.SCHEDULED or current.payload_at is not None or job.shallow_retry_count < 0:
        return False
    patience = max(world.settings.replan_seconds, usual.get(current.ce, 0.0))
    return now - current.delivered_at >= patience and _replans(job) < world.settings.max_replans


def _replans(job: Job) -> int:
    """How many attempts were closed while they waited in a queue."""
    return sum(1 for attempt in job.attempts if _was_moved(attempt))


def _was_moved(attempt: Attempt) -> bool:
    left = attempt.departure is None or attempt.departure.kind is EndKind.CANCELLED
    return attempt.over and attempt.running_at is None and attempt.outcome is None and not attempt.refusal and left


def _moved(job: Job, now: float) -> Event:
    current = job.attempts[-1]
    waited = int(now - (current.delivered_at or now))
    why = reason("replanned", ce=current.ce, seconds=waited)
    return Resubmitted(id=decision_id(job), time=now, attempt=current.number, shallow=True, reason=why, counted=False)
