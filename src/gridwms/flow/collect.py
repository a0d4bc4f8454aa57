"""Bringing results home: the output sandbox of the attempt that counts, and the note that it was fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.compound import wishes
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.find import find, the_job
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Cleared
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import ACTIVE, DoneCode, State
from gridwms.store import jobs as rows


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of the output sandbox at the service; `size` in bytes. `truncated`: only its tail was kept."""

    name: str
    size: int
    truncated: bool


def output_files(world: World, key: str) -> list[OutputFile]:
    """The output of a job. Raises NotInState when there is none (yet)."""
    job = _with_output(world, key)
    names = {pattern.rsplit("/", 1)[-1] for pattern in world.descriptions.of(job).outputs}
    return [
        OutputFile(file.name, file.size, file.name.endswith(".tail") and file.name not in names)
        for file in world.sandbox.outputs(key, len(job.attempts))
    ]


def open_output(world: World, key: str, name: str) -> Path:
    """Where one output file lies. Raises NotFound."""
    job = _with_output(world, key)
    if name not in {file.name for file in world.sandbox.outputs(key, len(job.attempts))}:
        raise NotFound(f"Job {key} has no output file '{name}'.", "'gridwms output --list' names those it has.")
    return world.sandbox.output_path(key, len(job.attempts), name)


def clear(world: World, keys: Sequence[str]) -> list[Answer]:
    """Note that the output of these jobs was fetched: DONE (OK) becomes CLEARED; others stay as they are.

    Of a compound all nodes that are done become so.
    """
    found = find(world, keys)
    answers = {key: wishes.clear(world, number) for key, (number, _parent) in found.compounds.items()}
    now = world.clock()

    def work(connection: Connection) -> Recorded:
        stored = rows.load(connection, found.jobs)
        events = [
            (key, Cleared(id=decision_id(job), time=now, reason=reason("output_retrieved")))
            for key, (_number, job) in stored.items()
            if job.state is State.DONE and job.done_code is DoneCode.OK
        ]
        return apply(connection, world, stored, events)

    if found.jobs:
        recorded = world.database.write(work)
        announce(world, recorded)
        answers |= {key: _cleared(recorded.jobs[key]) for key in found.jobs}
    return [answers[key] for key in keys]


def _cleared(job: Job) -> Answer:
    done = job.state is State.CLEARED
    return Answer(job.key, done, "cleared" if done else f"it is {job.state}", job.state)


def _with_output(world: World, key: str) -> Job:
    job = the_job(world, key)
    if job.state is State.PURGED:
        raise NotInState(f"Job {key} was purged: its output is gone.", "Submit it again if you need it.")
    if job.state in ACTIVE or job.state is State.SUBMITTED:
        raise NotInState(
            f"Job {key} is {job.state}: it has no output yet.",
            "'gridwms wait' tells when it has; 'gridwms peek' looks.",
        )
    return job
