"""What time alone brings about: requests that expire, deliveries and cancellations that a site leaves open."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from gridwms.flow.compound import wishes
from gridwms.flow.credentials.run_out import end_without_credential
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Aborted, Cancelled, Event, Resubmitted
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.store import compounds, due
from gridwms.store import jobs as rows

_BATCH = 500

Rule = tuple[Callable[[Connection, float, int], list[int]], Callable[[World, Job, float], Event | None]]


def expire(world: World) -> int:
    """Apply every rule to a batch of the jobs it concerns; how many events that made (0: nothing is due)."""
    now = world.clock()
    settings = world.settings
    rules: tuple[Rule, ...] = (
        (due.expired, _expired),
        (lambda c, t, n: due.since(c, State.SUBMITTED, t - settings.start_seconds, n), _never_started),
        (lambda c, t, n: due.since(c, State.READY, t - settings.deliver_seconds, n), _undelivered),
        (lambda c, t, n: due.cancelling(c, t - settings.cancel_seconds, n), _unconfirmed),
    )
    made = sum(_apply(world, rule, now) for rule in rules)
    return made + _never_started_compounds(world, now) + end_without_credential(world)


def _never_started_compounds(world: World, now: float) -> int:
    seconds = world.settings.start_seconds
    numbers = world.database.read(lambda c: compounds.since(c, State.SUBMITTED, now - seconds, _BATCH))
    for number in numbers:
        wishes.abort(world, number, reason("never_started", seconds=int(seconds)))
    return len(numbers)


def _apply(world: World, rule: Rule, now: float) -> int:
    choose, make = rule
    numbers = world.database.read(lambda connection: choose(connection, now, _BATCH))
    if not numbers:
        return 0

    def work(connection: Connection) -> tuple[Recorded, int]:
        stored = rows.load_numbers(connection, numbers)
        made = [(key, make(world, job, now)) for key, (_number, job) in stored.items()]
        events = [(key, event) for key, event in made if event is not None]
        return apply(connection, world, stored, events), len(events)

    recorded, count = world.database.write(work)
    announce(world, recorded)
    return count


def _expired(_world: World, job: Job, now: float) -> Event | None:
    if job.state not in (State.SUBMITTED, State.WAITING) or job.expires_at is None or job.expires_at > now:
        return None
    return Aborted(id=decision_id(job), time=now, reason=reason("expired"))


def _never_started(world: World, job: Job, now: float) -> Event | None:
    if job.state is not State.SUBMITTED or job.parent is not None:
        return None
    why = reason("never_started", seconds=int(world.settings.start_seconds))
    return Aborted(id=decision_id(job), time=now, reason=why)


def _undelivered(world: World, job: Job, now: float) -> Event | None:
    """A delivery in doubt is given up and tried elsewhere: safe, for the closed attempt gets no token any more.

    The pause is not the job's fault and takes nothing from its retry counts beyond a shallow one.
    """
    current = job.current
    if job.state is not State.READY or current is None:
        return None
    why = reason("site_silent", site=current.site, seconds=int(world.settings.deliver_seconds))
    return Resubmitted(id=decision_id(job), time=now, attempt=current.number, shallow=True, reason=why)


def _unconfirmed(world: World, job: Job, now: float) -> Event | None:
    current = job.current
    if job.cancel_requested_at is None or current is None or current.over:
        return None
    why = reason("cancel_unconfirmed", by=job.owner, site=current.site, seconds=int(world.settings.cancel_seconds))
    return Cancelled(id=decision_id(job), time=now, reason=why)
