"""Trying again what failed: single jobs, nodes, and all that failed in a compound."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.compound import wishes
from gridwms.flow.compound.progress import record_parent
from gridwms.flow.compound.sweep import retried
from gridwms.flow.find import find
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.submit import missing_inputs
from gridwms.flow.world import World
from gridwms.jobs.events import Event, Retried
from gridwms.jobs.histogram import Verdict, bucket_of, verdict_of
from gridwms.jobs.job import Job
from gridwms.jobs.parent import parent_decision_id
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.store import compounds
from gridwms.store import jobs as rows


def retry(world: World, by: str, keys: Sequence[str]) -> list[Answer]:
    """Try jobs again that were given up, cancelled, or whose payload failed; of a compound, the nodes that did.

    Their retry counts begin anew. Nodes after them that were given up for their sake wait for them again. Raises
    UnknownJob, and retries none, when one of them does not exist.
    """
    found = find(world, keys)
    answers = {key: wishes.retry(world, by, number) for key, (number, _parent) in found.compounds.items()}
    answers |= _retry(world, by, found.jobs) if found.jobs else {}
    return [answers[key] for key in keys]


def _retry(world: World, by: str, keys: Sequence[str]) -> dict[str, Answer]:
    now = world.clock()
    stored = world.database.read(lambda connection: rows.load(connection, keys))
    incomplete = {
        key
        for key, (_number, job) in stored.items()
        if not job.attempts and _failed(job) and missing_inputs(world, job)
    }

    def work(connection: Connection) -> tuple[Recorded, dict[str, Job]]:
        stored = rows.load(connection, keys)
        before = {key: job for key, (_number, job) in stored.items()}
        chosen = {key: job for key, job in before.items() if _failed(job) and key not in incomplete}
        parents = compounds.load_numbers(connection, {job.parent for job in chosen.values() if job.parent is not None})
        for number, parent in parents.items():
            if parent.cancel_requested_at is not None:
                # Its nodes go on only when nobody wants it to end any more.
                event = Retried(id=parent_decision_id(parent), time=now, by=by)
                parents[number] = record_parent(connection, number, parent, [event], now)
        events: list[tuple[str, Event]] = [
            (
                key,
                retried(world, parents[job.parent], job, by, now) if job.parent is not None else _again(world, job, by),
            )
            for key, job in chosen.items()
        ]
        return apply(connection, world, stored, events), before

    recorded, before = world.database.write(work)
    announce(world, recorded)
    return {key: _answer(before[key], recorded.jobs[key], key in incomplete) for key in keys}


def _failed(job: Job) -> bool:
    return verdict_of(bucket_of(job)) is Verdict.BAD


def _again(world: World, job: Job, by: str) -> Retried:
    now = world.clock()
    return Retried(id=decision_id(job), time=now, by=by, expires_at=now + world.settings.expiry_seconds)


def _answer(before: Job, after: Job, incomplete: bool) -> Answer:
    if incomplete:
        return Answer(after.key, False, "its input sandbox never came whole: submit it again", after.state)
    if before.state is State.PURGED:
        return Answer(after.key, False, "it was purged: submit it again", after.state)
    if after.decisions == before.decisions:
        return Answer(after.key, False, f"it is {after.state} and has not failed: nothing to retry", after.state)
    if after.state is State.ABORTED:
        return Answer(after.key, False, "nodes that it needs have failed: retry those", after.state)
    return Answer(after.key, True, "tried again", after.state)
