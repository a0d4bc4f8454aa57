"""The order among one's own waiting jobs, changed after they were submitted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.compound import wishes
from gridwms.flow.find import find
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Prioritized
from gridwms.jobs.job import Job
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import ENDED, DoneCode, State
from gridwms.store import jobs as rows


def prioritize(world: World, by: str, keys: Sequence[str], priority: int) -> list[Answer]:
    """Give jobs another priority among those of their owner. Of a compound: all nodes that have not ended.

    Raises UnknownJob, and changes none, when one of them does not exist.
    """
    found = find(world, keys)
    answers = {
        key: wishes.prioritize(world, by, number, priority) for key, (number, _parent) in found.compounds.items()
    }
    answers |= _prioritize(world, by, found.jobs, priority) if found.jobs else {}
    return [answers[key] for key in keys]


def _prioritize(world: World, by: str, keys: Sequence[str], priority: int) -> dict[str, Answer]:
    now = world.clock()

    def work(connection: Connection) -> tuple[Recorded, dict[str, Job]]:
        stored = rows.load(connection, keys)
        events = [
            (key, Prioritized(id=decision_id(job), time=now, priority=priority, by=by))
            for key, (_number, job) in stored.items()
            if may_change(job) and job.priority != priority
        ]
        before = {key: job for key, (_number, job) in stored.items()}
        return apply(connection, world, stored, events), before

    recorded, before = world.database.write(work)
    announce(world, recorded)
    world.waiting.set()
    return {key: _answer(before[key], recorded.jobs[key], priority) for key in keys}


def may_change(job: Job) -> bool:
    """Whether a job can still wait for a place: now, or when it is tried again."""
    return job.state not in ENDED and not (job.state is State.DONE and job.done_code is DoneCode.OK)


def _answer(before: Job, after: Job, priority: int) -> Answer:
    if not may_change(before):
        sentence = f"it is {after.state} already: its priority has no meaning any more"
        return Answer(after.key, False, sentence, after.state)
    if before.priority == priority:
        return Answer(after.key, True, f"its priority was {priority} before", after.state)
    beside = "" if after.state in (State.SUBMITTED, State.WAITING) else "; it counts if the job is tried again"
    return Answer(after.key, True, f"priority {priority} (was {before.priority}){beside}", after.state)
