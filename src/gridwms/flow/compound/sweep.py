"""What is to be done to all nodes of a compound, a thousand a transaction, from a list that survives any end.

A use case writes its wish and does the first thousand; the loop of the service does the rest. Each step is a
transaction of its own, and doing one twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.compound.advance import MOST, taken_up
from gridwms.flow.compound.progress import Progress, lets_go_one_by_one
from gridwms.flow.record import Recorded, announce, apply, follow
from gridwms.flow.world import World
from gridwms.jobs.events import Aborted, Cancelled, CancelRequested, Cleared, Event, Prioritized, Purged, Retried
from gridwms.jobs.histogram import Verdict, bucket_of, verdict_of
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import AT_SITE, DoneCode, State
from gridwms.store import compounds, descriptions, leaving, nodes
from gridwms.store import jobs as rows
from gridwms.store.compounds import NodeTask

Rule = Callable[[World, Parent, NodeTask, Job, float], Event | None]
"""The decision about one node, if there is one to make."""


@dataclass(frozen=True, slots=True)
class _Sweep:
    rule: Rule
    states: frozenset[State]
    failed: bool = False


def sweep(world: World) -> bool:
    """Do a step of everything that is to be done; whether there was anything."""
    tasks = world.database.read(compounds.tasks)
    for task in tasks:
        do_step(world, task)
    return bool(tasks)


def finish(world: World, compound: int, most: int = 0) -> None:
    """Do what is to be done to the nodes of one compound: all of it, or at most so many steps of each kind."""
    steps = 0
    while tasks := world.database.read(lambda connection: compounds.tasks(connection, compound)):
        if most and steps >= most:
            world.sweeping.set()
            return
        for task in tasks:
            do_step(world, task)
        steps += 1


def do_step(world: World, task: NodeTask) -> None:
    """Do the next thousand nodes of a task, and note how far it came."""

    def work(connection: Connection) -> tuple[Recorded, list[str]]:
        # Somebody else may have done it, or wished something else, meanwhile.
        current = next((t for t in compounds.tasks(connection, task.compound) if t.kind == task.kind), None)
        if current is None:
            return Recorded(), []
        parent = compounds.load_numbers(connection, [task.compound])[task.compound]
        if current.kind == leaving.TASK:
            _leave(connection, current, parent)
            return Recorded(), []
        if current.kind in ("advance", "reopen"):
            return _advance(connection, world, current, parent), []
        return _sweep(connection, world, current, parent)

    recorded, purged = world.database.write(work)
    announce(world, recorded)
    for key in purged:
        # After the commit: a crash in between leaves files of a purged job, which a purge by hand removes.
        world.sandbox.remove(key)


def _sweep(connection: Connection, world: World, task: NodeTask, parent: Parent) -> tuple[Recorded, list[str]]:
    now, kind = world.clock(), _SWEEPS[task.kind]
    end = task.compound + parent.nodes
    numbers = nodes.in_states(connection, task.next, end, kind.states, MOST, failed=kind.failed)
    stored = rows.load_numbers(connection, numbers)
    made = [(key, kind.rule(world, parent, task, job, now)) for key, (_number, job) in stored.items()]
    events = [(key, event) for key, event in made if event is not None]
    purged = [key for key, event in events if isinstance(event, Purged)]
    last = len(numbers) < MOST
    if last:
        compounds.drop_tasks(connection, task.compound, [task.kind])
    else:
        compounds.go_on(connection, task, numbers[-1] + 1)
    recorded = apply(connection, world, stored, events)
    if last and task.kind == "purge":
        purged.append(parent.key)
        descriptions.drop_of(connection, _names(connection, task.compound, parent))
    if last and task.kind == "retry":
        follow(connection, world, _moved(connection, task.compound), recorded)
    return recorded, purged


def _advance(connection: Connection, world: World, task: NodeTask, parent: Parent) -> Recorded:
    compounds.drop_tasks(connection, task.compound, [task.kind])
    recorded = Recorded()
    if task.kind == "reopen" and parent.cancel_requested_at is None:
        numbers = nodes.given_up(connection, task.compound, task.compound + parent.nodes, MOST)
        stored = rows.load_numbers(connection, numbers)
        if len(numbers) == MOST:
            compounds.put_task(connection, task.compound, "reopen")
        now = world.clock()
        recorded = apply(connection, world, stored, [(key, taken_up(job, now)) for key, (_n, job) in stored.items()])
    follow(connection, world, _moved(connection, task.compound), recorded)
    return recorded


def _leave(connection: Connection, task: NodeTask, parent: Parent) -> None:
    whole = leaving.Whole(task.compound, parent.key, parent.nodes)
    following = leaving.take_out(connection, whole, task.next, MOST)
    if following is not None:
        compounds.go_on(connection, task, following)


def _moved(connection: Connection, compound: int) -> Progress:
    parents = compounds.load_numbers(connection, [compound])
    return Progress(parents, compounds.counts(connection, [compound]), {compound})


def _names(connection: Connection, compound: int, parent: Parent) -> Collection[str]:
    return {parent.description} | nodes.descriptions_of(connection, compound, compound + parent.nodes)


def _cancel(_world: World, _parent: Parent, task: NodeTask, job: Job, now: float) -> Event | None:
    if job.state in (State.SUBMITTED, State.WAITING):
        return Cancelled(id=decision_id(job), time=now, reason=reason("cancelled_by_user", by=task.by))
    if job.state in AT_SITE and job.cancel_requested_at is None:
        return CancelRequested(id=decision_id(job), time=now, by=task.by)
    return None


def _abort(_world: World, _parent: Parent, task: NodeTask, job: Job, now: float) -> Event | None:
    if job.state in (State.SUBMITTED, State.WAITING) and task.reason is not None:
        return Aborted(id=decision_id(job), time=now, reason=task.reason)
    return None


def _prioritize(_world: World, parent: Parent, task: NodeTask, job: Job, now: float) -> Event | None:
    if job.priority == parent.priority:
        return None
    return Prioritized(id=decision_id(job), time=now, priority=parent.priority, by=task.by)


def _clear(_world: World, _parent: Parent, _task: NodeTask, job: Job, now: float) -> Event | None:
    if job.state is State.DONE and job.done_code is DoneCode.OK:
        return Cleared(id=decision_id(job), time=now, reason=reason("output_retrieved"))
    return None


def _purge(_world: World, _parent: Parent, task: NodeTask, job: Job, now: float) -> Event | None:
    if job.state in _ENDED and task.reason is not None:
        return Purged(id=decision_id(job), time=now, reason=task.reason)
    return None


def _retry(world: World, parent: Parent, task: NodeTask, job: Job, now: float) -> Event | None:
    if verdict_of(bucket_of(job)) is not Verdict.BAD:
        return None
    return retried(world, parent, job, task.by, now)


def retried(world: World, parent: Parent, job: Job, by: str, now: float) -> Retried:
    """The decision to try a node again: at once, or when those that it waits for let it."""
    ready = parent.started_at is not None and not lets_go_one_by_one(parent)
    expires_at = now + world.settings.expiry_seconds if ready else None
    return Retried(id=decision_id(job), time=now, by=by, ready=ready, expires_at=expires_at)


_ENDED = frozenset({State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED})
_SWEEPS = {
    "cancel": _Sweep(_cancel, frozenset({State.SUBMITTED, State.WAITING, *AT_SITE})),
    "abort": _Sweep(_abort, frozenset({State.SUBMITTED, State.WAITING})),
    "priority": _Sweep(_prioritize, frozenset({State.SUBMITTED, State.WAITING, *AT_SITE})),
    "clear": _Sweep(_clear, frozenset({State.DONE})),
    "purge": _Sweep(_purge, _ENDED),
    "retry": _Sweep(_retry, _ENDED, failed=True),
}
