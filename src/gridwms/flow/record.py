"""The one place where a job changes: events are stepped, logged, and their effects put into the outbox, in one
transaction; the decisions that follow by themselves (retry, abort, cancelled) are made in it too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy import Connection

from gridwms.flow.compound.advance import decide_nodes
from gridwms.flow.compound.progress import Progress, follow_nodes
from gridwms.flow.world import World
from gridwms.jobs.charges import no_charges, note
from gridwms.jobs.cohorts import Cohorts, Member
from gridwms.jobs.effects import CATALOGUES, Effect, Register
from gridwms.jobs.events import Event, Noticed
from gridwms.jobs.job import Job
from gridwms.jobs.retry import decide
from gridwms.jobs.states import State
from gridwms.jobs.steps import UnexpectedEvent, UnknownAttempt
from gridwms.store import compounds, outbox, shares
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store.leaving import leaving

_CASCADES = 50
"""How often, in one transaction, decisions about nodes may lead to others; what is left is a task for later."""
_TOGETHER = 2000
"""About how many such decisions one transaction makes."""

logger = structlog.get_logger(__name__)

Coming = Event | Callable[[Job], Event | None]
"""An event, or what makes a new one (or none) of the job as it is when its turn comes."""


@dataclass(slots=True)
class Recorded:
    """What a set of events made. `jobs`: as they are now. `rejected`: events that do not fit, none of them logged.

    `placeable`: matching may find something. `sweeping`: many nodes are to be decided about.
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    rejected: list[tuple[str, Event, str]] = field(default_factory=list)
    sites: set[str] = field(default_factory=set)
    placeable: bool = False
    sweeping: bool = False


def record(world: World, events: Sequence[tuple[str, Event]]) -> Recorded:
    """Record events about existing jobs, given with their keys, and wake whom it concerns. Durable on return."""
    recorded = world.database.write(lambda connection: record_in(connection, world, events))
    announce(world, recorded)
    return recorded


def announce(world: World, recorded: Recorded) -> None:
    """Wake the loops that have something to do now."""
    for site in recorded.sites:
        if site in world.errands:
            world.errands[site].set()
    if recorded.placeable:
        world.waiting.set()
    if recorded.sweeping:
        world.sweeping.set()


def record_in(connection: Connection, world: World, events: Sequence[tuple[str, Event]]) -> Recorded:
    """The same inside a transaction; `announce` is the caller's once that is committed."""
    stored = rows.load(connection, {key for key, _event in events})
    return apply(connection, world, stored, events)


def apply(
    connection: Connection, world: World, stored: dict[str, tuple[int, Job]], events: Iterable[tuple[str, Coming]]
) -> Recorded:
    """Step events on jobs that were loaded in this transaction. Events of unknown jobs are rejected.

    When nodes of compounds changed, what follows for their parent and for the nodes after them is recorded too.
    """
    result, progress = _apply(connection, world, stored, events)
    follow(connection, world, progress, result)
    return result


def follow(connection: Connection, world: World, progress: Progress, result: Recorded) -> None:
    """Record what follows from the progress of compounds, and what follows from that; added to `result`."""
    settings, made = world.settings, 0
    while made < _TOGETHER:
        if not progress.moved:
            return
        stored, decisions, more = decide_nodes(connection, progress, world.clock(), settings.expiry_seconds)
        result.sweeping = result.sweeping or more
        if not decisions:
            return
        made += max(len(decisions), _TOGETHER // _CASCADES)
        following, progress = _apply(connection, world, stored, decisions)
        result.jobs |= {key: job for key, job in following.jobs.items() if key in result.jobs}
        result.sites |= following.sites
        result.placeable = result.placeable or following.placeable
    result.sweeping = True
    for number in progress.moved:
        for task in ("reopen", "advance"):
            compounds.put_task(connection, number, task)


def _apply(
    connection: Connection, world: World, stored: dict[str, tuple[int, Job]], events: Iterable[tuple[str, Coming]]
) -> tuple[Recorded, Progress]:
    now = world.clock()
    events = list(events)
    stored = without_leaving(connection, stored)
    result = Recorded()
    new_events: list[log.Entry] = []
    effects: list[tuple[int, Effect]] = []
    had: set[tuple[int, str]] | None = None

    def had_before(member: Member, event: Event) -> bool:
        nonlocal had
        if had is None:
            had = _known(connection, cohorts, events) | {(number, event.id) for number, event, _form in new_events}
        return (member.number, event.id) in had

    cohorts = Cohorts(stored, partial(decide, policy=world.settings.retry_policy, now=now))
    for key, coming in events:
        if key not in stored:
            if isinstance(coming, Event):
                result.rejected.append((key, coming, "there is no such job"))
            continue
        member = cohorts[key]
        number = member.number
        event = coming if isinstance(coming, Event) else coming(member.job)
        if event is None:
            continue
        try:
            move = cohorts.take(member, event, had_before)
        except (UnexpectedEvent, UnknownAttempt) as error:
            logger.warning("event rejected", job=key, event_id=event.id, why=str(error))
            result.rejected.append((key, event, str(error)))
            continue
        if move is None:
            continue
        if had is not None:
            had.add((number, event.id))
        new_events.append((number, event, move.form))
        if move.following:
            new_events += [(number, decision, form) for decision, form in move.following]
        if move.effects:
            effects += [(number, effect) for effect in move.effects]
        if isinstance(event, Noticed) and event.reason.code == "data_stored":
            effects.append((number, Register(event.attempt, CATALOGUES)))
    moved = cohorts.moved()
    rows.save(connection, moved)
    charges = no_charges()
    for move in cohorts.moves:
        for (was, told), after in zip(move.steps, move.reached, strict=True):
            if after.attempts is not was.attempts:
                note(charges, was, after, told, move.count)
    shares.charge(connection, charges, now, world.settings.shares.half_life_seconds)
    log.append(connection, new_events, now)
    outbox.put(connection, effects, now)
    progress = follow_nodes(connection, moved, now)
    result.jobs = cohorts.jobs()
    for move in cohorts.moves:
        result.sites |= {effect.site for effect in move.effects}
    result.placeable = any(_frees_or_waits(before, after) for before, after, _jobs in moved)
    return result, progress


def without_leaving(connection: Connection, stored: dict[str, tuple[int, Job]]) -> dict[str, tuple[int, Job]]:
    """These jobs but for nodes that only the archive has from now on."""
    purged = {job.parent for _number, job in stored.values() if job.parent is not None and job.state is State.PURGED}
    gone = leaving(connection, purged) if purged else ()
    return {key: one for key, one in stored.items() if one[1].parent not in gone} if gone else stored


def _known(connection: Connection, cohorts: Cohorts, events: Sequence[tuple[str, Coming]]) -> set[tuple[int, str]]:
    """Which of these events are in the log. Only those are looked up of which the job alone does not tell it."""
    wanted = []
    for key, event in events:
        if isinstance(event, Event) and key in cohorts:
            member = cohorts[key]
            if not member.surely_new(event):
                wanted.append((member.number, event.id))
    return log.known(connection, wanted) if wanted else set()


def _frees_or_waits(old: Job, new: Job) -> bool:
    if new.state is State.WAITING and old.state is not State.WAITING:
        return True
    for attempt, before in zip(new.attempts, old.attempts, strict=False):
        if attempt.departure is not None and before.departure is None:
            return True
    return False
