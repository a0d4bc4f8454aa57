"""The one place where a job changes: events are stepped, logged, and their effects put into the outbox, in one
transaction; the decisions that follow by themselves (retry, abort, cancelled) are made in it too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat

import structlog
from sqlalchemy import Connection

from gridwms.classad import ClassAdSyntaxError, parse_ad
from gridwms.flow.compound.advance import decide_nodes
from gridwms.flow.compound.progress import Progress, follow_nodes
from gridwms.flow.limits import memory_mb
from gridwms.flow.world import World
from gridwms.jobs.charges import no_charges, note
from gridwms.jobs.cohorts import Batch, Cohorts, Member, Seen, Together, members
from gridwms.jobs.effects import CATALOGUES, Effect, Register
from gridwms.jobs.events import Event, Noticed
from gridwms.jobs.job import Job
from gridwms.jobs.retry import decide, no_demand
from gridwms.jobs.states import State
from gridwms.jobs.steps import UnexpectedEvent, UnknownAttempt
from gridwms.store import compounds, descriptions, outbox, shares
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
Told = tuple[str, Coming] | Batch
"""One with the key of its job, or one of many jobs."""
Stored = Mapping[str, tuple[int, Job]] | Mapping[str, Member]
"""Jobs by key, as they were loaded in this transaction."""


@dataclass(slots=True)
class Recorded:
    """What a set of events made. `jobs`: as they are now. `rejected`: events that do not fit, none of them logged.

    `placeable`: matching may find something. `sweeping`: many nodes are to be decided about.
    """

    jobs: Seen = field(default_factory=Seen)
    rejected: list[tuple[str, Event, str]] = field(default_factory=list)
    sites: set[str] = field(default_factory=set)
    placeable: bool = False
    sweeping: bool = False


def record(world: World, events: Sequence[tuple[str, Event] | Batch]) -> Recorded:
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


def record_in(connection: Connection, world: World, events: Sequence[tuple[str, Event] | Batch]) -> Recorded:
    """The same inside a transaction; `announce` is the caller's once that is committed."""
    keys: set[str] = set()
    for told in events:
        if isinstance(told, Batch):
            keys.update(told.keys)
        else:
            keys.add(told[0])
    return apply(connection, world, rows.members(connection, keys), events)


def apply(connection: Connection, world: World, stored: Stored, events: Iterable[Told]) -> Recorded:
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
        result.jobs.renew(following.jobs)
        result.sites |= following.sites
        result.placeable = result.placeable or following.placeable
    result.sweeping = True
    for number in progress.moved:
        for task in ("reopen", "advance"):
            compounds.put_task(connection, number, task)


def _apply(connection: Connection, world: World, stored: Stored, events: Iterable[Told]) -> tuple[Recorded, Progress]:
    now = world.clock()
    settings = world.settings
    demanded = partial(_demanded, connection) if settings.ask_memory else no_demand
    cohorts = Cohorts(
        without_leaving(connection, _members(stored)),
        partial(decide, policy=settings.retry_policy, now=now, demanded=demanded),
    )
    writing = _Writing(connection, cohorts, events)
    for told in writing.events:
        if isinstance(told, Batch):
            writing.take_together(told)
        else:
            writing.take(*told)
    moved = cohorts.moved()
    rows.save(connection, moved)
    charges = no_charges()
    for move in cohorts.moves:
        for (was, event), after in zip(move.steps, move.reached, strict=True):
            if after.attempts is not was.attempts:
                note(charges, was, after, event, move.count)
    shares.charge(connection, charges, now, settings.shares.half_life_seconds)
    log.append(connection, writing.new_events, now)
    outbox.put(connection, writing.effects, now)
    progress = follow_nodes(connection, moved, now)
    result = Recorded(jobs=cohorts.seen(), rejected=writing.rejected)
    for move in cohorts.moves:
        result.sites |= {effect.site for effect in move.effects}
    result.placeable = any(_frees_or_waits(before, after) for before, after, _members in moved)
    return result, progress


def _demanded(connection: Connection, job: Job) -> int:
    """The memory of a host that its match class demands; asked only when it was not enough."""
    text = descriptions.get_classes(connection, {job.match_class}).get(job.match_class)
    try:
        ad = parse_ad(text) if text is not None else None
    except ClassAdSyntaxError as error:
        logger.error("the ad of a match class cannot be read", match_class=job.match_class, why=str(error))
        ad = None
    return memory_mb(ad["Requirements"], ad) if ad is not None else 0


class _Writing:
    """What a set of events makes to be written. `had`: which events these jobs had before; None: nobody has asked."""

    def __init__(self, connection: Connection, cohorts: Cohorts, events: Iterable[Told]) -> None:
        self.events = list(events)
        self.new_events: list[log.Entry | log.Block] = []
        self.effects: list[tuple[Sequence[int], Effect]] = []
        self.rejected: list[tuple[str, Event, str]] = []
        self._connection = connection
        self._cohorts = cohorts
        self._had: set[tuple[int, str]] | None = None

    def take(self, key: str, coming: Coming) -> None:
        """Let an event happen to one job."""
        if key not in self._cohorts:
            if isinstance(coming, Event):
                self.rejected.append((key, coming, "there is no such job"))
            return
        member = self._cohorts[key]
        number = member.number
        event = coming if isinstance(coming, Event) else coming(member.job)
        if event is None:
            return
        try:
            move = self._cohorts.take(member, event, self._had_before)
        except (UnexpectedEvent, UnknownAttempt) as error:
            logger.warning("event rejected", job=key, event_id=event.id, why=str(error))
            self.rejected.append((key, event, str(error)))
            return
        if move is None:
            return
        if self._had is not None:
            self._had.add((number, event.id))
        self.new_events.append((number, event, move.form))
        self.new_events += [(number, decision, form) for decision, form in move.following]
        self.effects += [((number,), effect) for effect in move.effects]
        if isinstance(event, Noticed) and event.reason.code == "data_stored":
            self.effects.append(((number,), Register(event.attempt, CATALOGUES)))

    def take_together(self, batch: Batch) -> None:
        """Let an event happen to many; to those that are like no others, one by one."""
        some = [self._cohorts[key] for key in batch.keys if key in self._cohorts]
        if len(some) < len(batch.keys) or len(set(batch.keys)) < len(some):
            made, left = list[Together](), list(range(len(batch.keys)))
        else:
            made, left = self._cohorts.take_together(some, batch)
        for move, those, which, event in made:
            numbers = [member.number for member in those]
            ids: str | Sequence[str] = event.id
            if batch.ids is not None:
                ids = batch.ids if which is None else [batch.ids[index] for index in which]
            values = batch.values
            if values is not None and which is not None:
                values = [values[index] for index in which]
            if self._had is not None:
                self._had.update(zip(numbers, repeat(ids) if isinstance(ids, str) else ids, strict=False))
            self.new_events.append(log.block_of(numbers, ids, event, move.form, values))
            self.new_events += [log.block_of(numbers, one.id, one, form) for one, form in move.following]
            self.effects += [(numbers, effect) for effect in move.effects]
        for key, coming in batch.apart(left):
            self.take(key, coming)

    def _had_before(self, member: Member, event: Event) -> bool:
        if self._had is None:
            self._had = _known(self._connection, self._cohorts, self.events) | set(self._told())
        return (member.number, event.id) in self._had

    def _told(self) -> Iterator[tuple[int, str]]:
        """What was recorded so far."""
        for entry in self.new_events:
            if isinstance(entry, log.Block):
                yield from entry.names()
            else:
                yield entry[0], entry[1].id


def _members(stored: Stored) -> Mapping[str, Member]:
    one = next(iter(stored.values()), None)
    return members(stored) if isinstance(one, tuple) else stored  # type: ignore[arg-type,return-value]


def without_leaving(connection: Connection, stored: Mapping[str, Member]) -> Mapping[str, Member]:
    """These jobs but for nodes that only the archive has from now on."""
    purged = {one.like.parent for one in stored.values() if one.like.state is State.PURGED} - {None}
    gone = leaving(connection, purged) if purged else ()  # type: ignore[arg-type]
    return {key: one for key, one in stored.items() if one.like.parent not in gone} if gone else stored


def _known(connection: Connection, cohorts: Cohorts, events: Sequence[Told]) -> set[tuple[int, str]]:
    """Which of these events are in the log. Only those are looked up of which the job alone does not tell it."""
    wanted = []
    for told in events:
        for key, event in told.apart(range(len(told.keys))) if isinstance(told, Batch) else (told,):
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
