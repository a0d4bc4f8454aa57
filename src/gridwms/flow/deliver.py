"""Handing attempts over to their site, exactly once.

The outbox row is marked as begun before the site is called. A row that was begun before is in doubt: the site is
asked for its tag first, and only what it surely does not have is sent. An attempt that a decision has closed is
never sent. (Should a site still run one twice, the token lets only one of them start the payload.)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy import Connection

from gridwms.flow.credentials.carried import carried_by
from gridwms.flow.data.brokerinfo import NotLocated
from gridwms.flow.find import name_of
from gridwms.flow.gathering import Alike
from gridwms.flow.record import Recorded, announce, record_in
from gridwms.flow.task import Frames, handover
from gridwms.flow.world import World
from gridwms.jobs.cohorts import Batch
from gridwms.jobs.events import Delivered, Ended, EndKind, Event, Refused
from gridwms.jobs.ids import tag_of
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import ENDED
from gridwms.sites.contract import Receipt, Refusal, Site, SiteUnavailable
from gridwms.store import jobs as rows
from gridwms.store import outbox
from gridwms.store.database import StoreUnavailable
from gridwms.store.outbox import Task

logger = structlog.get_logger(__name__)

Pair = tuple[Job, Attempt]


def deliver(world: World, site: Site, tasks: Sequence[Task]) -> None:
    """Hand over the attempts of these tasks. Raises SiteUnavailable when the site did not answer; nothing is lost."""
    by_tag = {tag_of(task.key, task.attempt): task for task in tasks}

    def work(connection: Connection) -> dict[str, Pair]:
        jobs = rows.load(connection, {task.key for task in tasks})
        pairs = {tag: (jobs[task.key][1], jobs[task.key][1].attempts[task.attempt - 1]) for tag, task in by_tag.items()}
        new = [tag for tag, task in by_tag.items() if not task.tries and not is_closed(*pairs[tag])]
        outbox.begin(connection, [by_tag[tag].number for tag in new])
        return pairs

    pairs = world.database.write(work)
    doubtful = [tag for tag, task in by_tag.items() if task.tries]
    found = site.find(doubtful) if doubtful else {}
    now = world.clock()
    settled = Settled()
    to_send: list[str] = []
    for tag, task in by_tag.items():
        job, attempt = pairs[tag]
        receipt = found.get(tag)
        if receipt is not None:
            settled.delivered(task, now, receipt)
        elif task.tries and tag not in found:
            continue  # still in doubt: asked again later
        elif is_closed(job, attempt):
            settled.put(task, never_there(now, task.attempt))
        else:
            to_send.append(tag)
    settled.record(world)
    if to_send:
        _send(world, site, by_tag, {tag: pairs[tag] for tag in to_send})


def _send(world: World, site: Site, by_tag: dict[str, Task], pairs: dict[str, Pair]) -> None:
    descriptions = world.descriptions.many({name_of(job) for job, _attempt in pairs.values()})
    settled = Settled()
    handovers = []
    frames: Frames = {}
    carried = carried_by(world, [job for job, _attempt in pairs.values()]) if getattr(site, "carries", False) else None
    for tag, (job, attempt) in pairs.items():
        description = descriptions.get(name_of(job))
        if description is None:
            settled.put(by_tag[tag], _undeliverable(world, attempt, "it is not in the database, or of another version"))
            continue
        given = carried.get((job.owner, job.delegation)) if carried is not None else None
        if carried is not None and job.delegation and given is None:
            settled.put(by_tag[tag], _refused(world, attempt, reason("delegation_expired")))
            continue
        try:
            handovers.append(handover(world, job, attempt, description, frames, given))
        except NotLocated:
            continue  # it stays in the outbox, as one in doubt
        except ValueError as error:
            settled.put(by_tag[tag], _undeliverable(world, attempt, str(error)))
    try:
        answers = site.submit(handovers) if handovers else []
    finally:
        settled.record(world)
    settled = Settled()
    now = world.clock()
    for answer in answers:
        task = by_tag.get(answer.tag)
        if task is None:
            continue
        number = task.attempt
        if isinstance(answer, Refusal):
            settled.put(task, Refused(id=f"site-{number}-refused", time=now, attempt=number, reason=answer.reason))
        else:
            settled.delivered(task, now, answer)
    settled.record(world)


def _undeliverable(world: World, attempt: Attempt, text: str) -> Refused:
    """One job that cannot be written down must not hold up the others."""
    return _refused(world, attempt, reason("description_lost", text=text))


def _refused(world: World, attempt: Attempt, why: Reason) -> Refused:
    return Refused(id=f"site-{attempt.number}-refused", time=world.clock(), attempt=attempt.number, reason=why)


def withdraw(world: World, site: Site, tasks: Sequence[Task]) -> None:
    """See to it that these attempts do not go on at the site."""
    jobs = world.database.recent(lambda connection: rows.load(connection, {task.key for task in tasks}))
    by_tag = {tag_of(task.key, task.attempt): task for task in tasks}
    attempts = {tag: jobs[task.key][1].attempts[task.attempt - 1] for tag, task in by_tag.items()}
    unknown = [tag for tag, attempt in attempts.items() if attempt.receipt is None and attempt.departure is None]
    found = site.find(unknown) if unknown else {}
    now = world.clock()
    settled = Settled()
    receipts = []
    for tag, attempt in attempts.items():
        task = by_tag[tag]
        if attempt.departure is not None or attempt.refused_at is not None:
            settled.put(task, None)
        elif attempt.receipt is not None:
            receipts.append(Receipt(tag=tag, id=attempt.receipt))
            settled.put(task, None)
        elif tag in found:
            receipt = found[tag]
            if receipt is None:
                settled.put(task, never_there(now, attempt.number))
            else:
                receipts.append(receipt)
                settled.delivered(task, now, receipt)
    if receipts:
        site.cancel(receipts)
    settled.record(world)


def forget(world: World, site: Site, tasks: Sequence[Task]) -> None:
    """Let the site remove what it keeps of these attempts."""

    def work(connection: Connection) -> list[str | None]:
        stored = rows.members(connection, [task.key for task in tasks])
        return [stored[task.key].receipt(task.attempt) for task in tasks]

    known = zip(tasks, world.database.recent(work), strict=True)
    receipts = [Receipt(tag=tag_of(task.key, task.attempt), id=ident) for task, ident in known if ident is not None]
    if receipts:
        site.forget(receipts)
    world.database.write(lambda connection: outbox.done(connection, [task.number for task in tasks]))


ERRANDS = {"deliver": deliver, "withdraw": withdraw, "forget": forget}
_MOST_WAIT = 60.0


def run_errands(world: World, site: Site) -> float | None:
    """Do what the outbox holds for a site now; returns when the next thing is due (None: nothing waits)."""
    now = world.clock()
    limit = world.settings.policy(site.name).batch
    tasks = world.database.read(lambda connection: outbox.due(connection, site.name, now, limit))
    for kind, act in ERRANDS.items():
        chosen = [task for task in tasks if task.kind == kind]
        if kind == "deliver":
            chosen = _in_pace(world, site, chosen)
        if not chosen:
            continue
        try:
            act(world, site, chosen)
        except SiteUnavailable as error:
            logger.warning("site unavailable", site=site.name, errand=kind, attempts=len(chosen), why=str(error))
            world.has_failed(site.name, str(error))
            _later(world, chosen)
        except StoreUnavailable:
            raise
        except Exception as error:  # an adaptor's fault is the site's trouble, not the end of its courier
            logger.exception("site adaptor failed", site=site.name, errand=kind, attempts=len(chosen))
            world.has_failed(site.name, f"its adaptor failed at '{kind}': {type(error).__name__}: {error}")
            _later(world, chosen)
        else:
            world.has_answered(site.name)
            _later_in_doubt(world, chosen)
    return world.database.read(lambda connection: outbox.next_due(connection, site.name))


def _in_pace(world: World, site: Site, tasks: list[Task]) -> list[Task]:
    """Those that the site may be given now; the others get their turn. What is in doubt was given already."""
    pace = world.pace(site.name)
    if not pace.per_minute:
        return tasks
    new = [task for task in tasks if not task.tries]
    now = world.clock()
    allowed = pace.allowed(now)
    pace.give(now, min(allowed, len(new)))
    late = new[allowed:]
    turns: dict[float, list[int]] = {}
    for ahead, task in enumerate(late):
        turns.setdefault(pace.later(now, ahead), []).append(task.number)

    def work(connection: Connection) -> None:
        for due, numbers in turns.items():
            outbox.postpone(connection, numbers, due)

    if turns:
        world.database.write(work)
    return [task for task in tasks if task.tries] + new[:allowed]


def _later(world: World, tasks: Sequence[Task]) -> None:
    """Try again after a pause that grows with the number of tries."""
    pauses: dict[float, list[int]] = {}
    for task in tasks:
        pauses.setdefault(min(2.0**task.tries, _MOST_WAIT), []).append(task.number)
    now = world.clock()

    def work(connection: Connection) -> None:
        for pause, numbers in pauses.items():
            outbox.begin(connection, numbers)
            outbox.postpone(connection, numbers, now + pause)

    world.database.write(work)


def _later_in_doubt(world: World, tasks: Sequence[Task]) -> None:
    """Those that the site has not settled are asked about again; the settled ones are gone from the outbox."""
    numbers = [task.number for task in tasks if task.tries]
    if numbers:
        due = world.clock() + _MOST_WAIT / 6
        world.database.write(lambda connection: outbox.postpone(connection, numbers, due))


class Settled:
    """What became of tasks: recorded in the transaction that takes them out of the outbox."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._events: list[tuple[str, Event] | Batch] = []
        self._delivered = Alike()

    def put(self, task: Task, event: Event | None) -> None:
        """A task is done, and what is to be told of it."""
        self._numbers.append(task.number)
        if event is not None:
            self._events.append((task.key, event))

    def delivered(self, task: Task, now: float, receipt: Receipt) -> None:
        """The site has this attempt."""
        self._numbers.append(task.number)
        self._delivered.add((task.attempt, now), task.key, partial(_delivered, now, task.attempt, receipt), receipt.id)

    def record(self, world: World) -> None:
        """Write it down."""
        if not self._numbers:
            return
        events = [*self._events, *self._delivered.events()]

        def work(connection: Connection) -> Recorded:
            recorded = record_in(connection, world, events) if events else Recorded()
            outbox.done(connection, self._numbers)
            return recorded

        announce(world, world.database.write(work))


def is_closed(job: Job, attempt: Attempt) -> bool:
    """Whether this attempt must not be sent any more."""
    return (
        attempt.over or job.state in ENDED or attempt.number != len(job.attempts) or job.cancel_requested_at is not None
    )


def never_there(now: float, attempt: int) -> Ended:
    """The report that an attempt is surely not at its site and will not come there."""
    return Ended(id=f"site-{attempt}-ended", time=now, attempt=attempt, kind=EndKind.CANCELLED)


def _delivered(now: float, attempt: int, receipt: Receipt) -> Delivered:
    return Delivered(id=f"site-{attempt}-delivered", time=now, attempt=attempt, receipt=receipt.id)
