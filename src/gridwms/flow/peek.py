"""Watching files of a running job."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.flow.errors import NotInState
from gridwms.flow.find import the_job
from gridwms.flow.world import World
from gridwms.jobs.states import ACTIVE, State
from gridwms.sandbox.names import check_name

WATCH_SECONDS = 600.0
"""How long a wish lasts when nobody asks again."""


@dataclass(frozen=True, slots=True)
class Peek:
    """Part of a watched file. `finished`: the job has ended, nothing more will come."""

    data: bytes
    next_offset: int
    finished: bool


def watch(world: World, key: str, name: str) -> None:
    """Ask that a file of a running job be sent while it grows. Raises NotInState when the job does not allow it."""
    job = the_job(world, key)
    check_name(name)
    if job.state in ACTIVE and not world.descriptions.of(job).peek:
        raise NotInState(
            f"Job {key} was submitted without file peeking.",
            "Put 'PerusalFileEnable = true;' into its description; its OutputSandbox comes when it has ended.",
        )
    world.watches.add(key, name, world.clock() + WATCH_SECONDS)


def watched(world: World, key: str) -> list[str]:
    """The files of a job that somebody watches."""
    return world.watches.of(key, world.clock())


def read(world: World, key: str, name: str, offset: int, limit: int) -> Peek:
    """What there is of a watched file from `offset` on; from the output sandbox once that has arrived."""
    watch(world, key, name)
    job = the_job(world, key)
    attempt = len(job.attempts)
    finished = job.state not in ACTIVE and job.state is not State.SUBMITTED
    data = b""
    if attempt:
        if finished:
            data = world.sandbox.read_output(key, attempt, name, offset, limit)
        data = data or world.sandbox.read_peek(key, attempt, name, offset, limit)
    return Peek(data, offset + len(data), finished and not data)
