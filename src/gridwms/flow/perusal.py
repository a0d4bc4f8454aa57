"""File perusal as gLite's WMProxy has it (gLite reference §5.7): a list of files that are sent while the job runs, and
what is new of each told once, to whoever asks first.

It stands on the files that are watched (`gridwms.flow.peek`). What gLite keeps as chunks on disk is a mark here: how
far a file was told. A piece is the part between two marks, under a name that says so: `<file>-<attempt>.<begin>-<end>`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from typing import TypedDict

from gridwms.flow import peek
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.find import the_job
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.states import ACTIVE, State
from gridwms.sandbox.names import check_name

MOST_FILES = 15
"""maxPerusalFiles of gLite's WMProxy."""
_NOTE = "perusal.json"
_PIECE = re.compile(r"(.+)-([1-9]\d{0,5})\.(\d{1,15})-(\d{1,15})")
_lock = threading.Lock()
"""Between reading and writing the marks of a job."""


class _Kept(TypedDict):
    """The note of a job. `pieces`: of each file attempt, begin and end of what was told, in order."""

    files: list[str]
    pieces: dict[str, list[tuple[int, int, int]]]


def enable(world: World, key: str, names: Sequence[str]) -> None:
    """Let these files of a job be sent from now on, in the place of those before; none: stop it.

    Raises NotInState, BadName.
    """
    job = _allowed(world, key)
    if job.state not in ACTIVE and job.state is not State.SUBMITTED:
        raise NotInState(f"the job is {job.state}: nothing is written any more.")
    wanted = list(dict.fromkeys(check_name(name) for name in names))
    if len(wanted) > MOST_FILES:
        raise NotInState(f"{len(wanted)} files are too many to be sent early: {MOST_FILES} are allowed.")
    with _lock:
        _keep(world, key, {**_kept(world, key), "files": wanted})


def sent(world: World, key: str) -> list[str]:
    """The files of a job that its wrapper is to send: those on the list, and those that somebody watches."""
    return sorted({*peek.watched(world, key), *_kept(world, key)["files"]})


def pieces(world: World, key: str, name: str, *, everything: bool) -> list[str]:
    """The names of the pieces of a file that are new since somebody last asked, with `everything` those before too.

    Raises NotInState.
    """
    job = _allowed(world, key)
    if job.state is State.SUBMITTED:
        raise NotInState("the job has not been started.", "jobStart lets it go.")
    with _lock:
        kept = _kept(world, key)
        told = kept["pieces"].setdefault(check_name(name), [])
        if name not in kept["files"] and not told:
            what = f"the file '{name}'" if kept["files"] else "this job"
            raise NotInState(f"Perusal not enabled for {what}", f"enableFilePerusal puts '{name}' on the list.")
        new = _new(world, job, name, told)
        if new:
            kept["pieces"][name] = [*told, *new]
            _keep(world, key, kept)
    chosen = [*told, *new] if everything else new
    return [f"{name}-{attempt}.{begin}-{end}" for attempt, begin, end in chosen]


def piece(world: World, key: str, called: str) -> bytes:
    """What a piece holds. Raises NotFound."""
    found = _PIECE.fullmatch(called)
    told = _kept(world, key)["pieces"].get(found[1], []) if found else []
    part = (int(found[2]), int(found[3]), int(found[4])) if found else (0, 0, 0)
    if found is None or part not in [(attempt, begin, end) for attempt, begin, end in told]:
        raise NotFound(f"Job {key} has no piece '{called}' of a file.", "getPerusalFiles tells their names.")
    attempt, begin, end = part
    return world.sandbox.read_peek(key, attempt, found[1], begin, end - begin)


def _new(world: World, job: Job, name: str, told: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """What came since: of the current attempt, and what was left untold of those before."""
    new = []
    for attempt in range(1, len(job.attempts) + 1):
        begin = max((end for number, _begin, end in told if number == attempt), default=0)
        end = world.sandbox.peek_size(job.key, attempt, name)
        if end > begin:
            new.append((attempt, begin, end))
    return new


def _allowed(world: World, key: str) -> Job:
    job = the_job(world, key)
    if not world.descriptions.of(job).peek:
        raise NotInState("Perusal not enabled for this job", "Put 'PerusalFileEnable = true;' into its description.")
    return job


def _kept(world: World, key: str) -> _Kept:
    found = world.sandbox.read_note(key, _NOTE)
    return json.loads(found) if found else {"files": [], "pieces": {}}


def _keep(world: World, key: str, kept: _Kept) -> None:
    world.sandbox.put_note(key, _NOTE, json.dumps(kept).encode())
