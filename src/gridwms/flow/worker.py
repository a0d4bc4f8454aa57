"""What the wrapper of an attempt may ask of the service (docs/worker-protocol.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from gridwms.flow import perusal
from gridwms.flow.credentials import carried
from gridwms.flow.errors import FlowError, NotFound, NotInState
from gridwms.flow.find import the_job
from gridwms.flow.gathering import Gathering, Read, read_lines
from gridwms.flow.inputs import input_file
from gridwms.flow.record import Recorded, Told, announce, apply
from gridwms.flow.worker_lines import MAX_LINES
from gridwms.flow.world import World
from gridwms.jobs.cohorts import Batch, Member, Own, Seen
from gridwms.jobs.events import Event, PayloadStarted
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.states import ENDED, State
from gridwms.sandbox.errors import SandboxFull
from gridwms.store import jobs as rows

GO_ON = "go on"
STOP = "stop"


def input_path(world: World, key: str, attempt: int, index: int) -> Path:
    """The input file number `index`, for an attempt that is still open."""
    job = _open(world, key, attempt)
    inputs = world.descriptions.of(job).inputs if job.parent is not None else ()
    if index < len(inputs):
        return input_file(world, job, index, inputs[index])
    return world.sandbox.input_path(key, index)


class Word(NamedTuple):
    """What one wrapper says: event lines, and with `instance` the wish for the token."""

    key: str
    attempt: int
    lines: Sequence[str] = ()
    instance: str | None = None


def events(world: World, key: str, attempt: int, lines: Sequence[str]) -> str:
    """Record what a wrapper saw. Answers GO_ON, or STOP when the attempt is to end now. Raises FlowError."""
    (answer,) = hear(world, [Word(key=key, attempt=attempt, lines=lines)])
    if isinstance(answer, FlowError):
        raise answer
    return GO_ON if answer is None else STOP


def take_token(world: World, key: str, attempt: int, instance: str, lines: Sequence[str]) -> str | None:
    """Let one instance of the wrapper, and no other ever, start the payload. None: it may; else why not.

    This is the border between shallow and deep resubmission, and what makes a payload run once: it is granted
    under the lock of the job's row, to the current attempt alone, and asking again gives the same answer.
    """
    (answer,) = hear(world, [Word(key=key, attempt=attempt, lines=lines, instance=instance)])
    if isinstance(answer, FlowError):
        raise answer
    return answer


def hear(world: World, words: Sequence[Word]) -> list[str | FlowError | None]:
    """Record what wrappers say, in one transaction; at most one word a job.

    For each: None (go on, or the token is granted), a sentence why it is to stop, or the error that kept its lines
    from being recorded.
    """
    recorded, answers = world.database.write(lambda connection: _hear(connection, world, words))
    announce(world, recorded)
    return answers


def _hear(connection: Connection, world: World, words: Sequence[Word]) -> tuple[Recorded, list[str | FlowError | None]]:
    now = world.clock()
    stored = rows.members(connection, [word.key for word in words])
    errors: dict[int, FlowError] = {}
    said = Gathering()
    wishes: dict[int, list[Word]] = defaultdict(list)
    for index, word in enumerate(words):
        try:
            reads = read_reports(_attempt(stored.get(word.key), word), word.lines, now)
        except FlowError as error:
            errors[index] = error
            continue
        said.add(word.key, word.attempt, reads)
        if word.instance is not None:
            wishes[word.attempt].append(word)
    events: list[Told] = [*said.events()]
    for attempt, some in wishes.items():
        instances = [word.instance or "" for word in some]
        events.append(Batch([word.key for word in some], partial(_grant, attempt, now), values=instances))
    recorded = apply(connection, world, stored, events)
    return recorded, _answers(recorded.jobs, words, errors)


def _grant(attempt: int, now: float, job: Job) -> Event | None:
    """The token for a job as it is after what its wrapper said with the wish for it."""
    if job.attempts[attempt - 1].payload_at is not None or not _wanted(job, attempt):
        return None
    return PayloadStarted(id=f"worker-{attempt}-token", time=now, attempt=attempt, instance="")


def _attempt(found: Member | None, word: Word) -> Attempt:
    if found is None or not 1 <= word.attempt <= len(found.like.attempts):
        raise NotFound(
            f"Job {word.key} has no attempt {word.attempt}.", "End: this wrapper belongs to another service."
        )
    return found.like.attempts[word.attempt - 1]


def _answers(jobs: Seen, words: Sequence[Word], errors: Mapping[int, FlowError]) -> list[str | FlowError | None]:
    """Why each attempt is to stop, or may not have the token; None when it may go on."""
    going: dict[tuple[int, int], bool] = {}
    answers: list[str | FlowError | None] = []
    for index, word in enumerate(words):
        if index in errors:
            answers.append(errors[index])
            continue
        like, own = jobs.apart(word.key)
        alike = id(like), word.attempt
        if alike not in going:
            going[alike] = _wanted(like, word.attempt)
        if not going[alike]:
            answers.append(f"attempt {word.attempt} of job {word.key} is closed")
        elif word.instance is not None and _is_taken(like, own, word):
            answers.append("another instance of this attempt has started the payload")
        else:
            answers.append(None)
    return answers


def _is_taken(like: Job, own: Sequence[Own], word: Word) -> bool:
    """Whether another instance has the token."""
    this = word.attempt - 1
    return like.attempts[this].payload_at is not None and own[this][1] != word.instance


def put_output(
    world: World, key: str, attempt: int, name: str, stream: Iterable[bytes], length: int | None = None
) -> int:
    """Receive an output file of an attempt; its size. Only names that the description lists are taken."""
    job = _open(world, key, attempt)
    if not is_listed(world.descriptions.of(job).outputs, name):
        raise NotFound(f"'{name}' is not in the OutputSandbox of job {key}.", "List it in OutputSandbox.")
    try:
        size = world.sandbox.put_output(key, attempt, name, stream, length)
    except SandboxFull:
        world.held_outputs[key] = "there is no room left at the service."
        raise
    world.held_outputs.pop(key, None)
    return size


def check_open(world: World, key: str, attempt: int) -> None:
    """Return when this attempt is open and to go on. Raises FlowError."""
    if not _wanted(_open(world, key, attempt), attempt):
        raise NotInState(f"Attempt {attempt} of job {key} is to end.", "End: its owner has cancelled the job.")


def is_listed(patterns: Sequence[str], name: str) -> bool:
    """Whether a file of this name, or the rest of one that was too large, is in an OutputSandbox."""
    plain = name.removesuffix(".tail")
    return any(fnmatchcase(n, pattern.rsplit("/", 1)[-1]) for pattern in patterns for n in (name, plain))


def watched(world: World, key: str, attempt: int) -> list[tuple[int, str]]:
    """Which files a user watches, and from which byte on they are to be sent."""
    _open(world, key, attempt)
    return [(world.sandbox.peek_size(key, attempt, name), name) for name in perusal.sent(world, key)]


def credentials(world: World, key: str, attempt: int) -> list[tuple[str, int, int]]:
    """What the job carries: kind, which one it is, seconds left. Raises FlowError when the attempt is to end."""
    job = _open(world, key, attempt)
    if not _wanted(job, attempt):
        raise NotInState(f"Attempt {attempt} of job {key} is to end.", "End: its owner has cancelled the job.")
    return [(kind.value, serial, left) for kind, serial, left in carried.told(world, job)]


def credential(world: World, key: str, attempt: int, kind: str) -> bytes:
    """The proxy's file, or the token. A secret."""
    return carried.text(world, _open(world, key, attempt), kind)


def put_peek(world: World, key: str, attempt: int, name: str, offset: int, stream: Iterable[bytes]) -> int:
    """Receive the next part of a watched file; its size now."""
    _open(world, key, attempt)
    if name not in perusal.sent(world, key):
        raise NotFound(f"Nobody watches '{name}' of job {key}.", "Nothing to do.")
    size = world.sandbox.put_peek(key, attempt, name, offset, stream)
    world.news.set()
    return size


def read_reports(attempt: Attempt, lines: Sequence[str], now: float) -> list[Read]:
    """The reports in these lines. Raises NotInState with the first line that is not one."""
    if len(lines) > MAX_LINES:
        raise NotInState(f"{len(lines)} event lines came at once.", f"Send at most {MAX_LINES}.")
    try:
        return read_lines(lines, attempt.number, attempt.matched_at, now)
    except ValueError as error:
        raise BadEvents(f"An event line cannot be read: {error}.", "See docs/worker-protocol.md.") from error


class BadEvents(NotInState):
    """A wrapper sent lines that are no events: none of them was recorded."""

    code = "bad_events"


def _open(world: World, key: str, attempt: int) -> Job:
    job = the_job(world, key)
    if not 1 <= attempt <= len(job.attempts):
        raise NotFound(f"Job {key} has no attempt {attempt}.", "End: this wrapper belongs to another service.")
    if job.state in ENDED or attempt != len(job.attempts) or job.attempts[attempt - 1].over:
        raise NotInState(f"Attempt {attempt} of job {key} is closed.", "End: the job goes on elsewhere or is over.")
    return job


def _wanted(job: Job, attempt: int) -> bool:
    """Whether this attempt is to go on."""
    this = job.attempts[attempt - 1]
    if attempt != len(job.attempts) or this.over or job.state in ENDED:
        return False
    return job.state is State.DONE or job.cancel_requested_at is None
