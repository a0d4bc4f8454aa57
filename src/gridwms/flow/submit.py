"""Taking jobs in: checked, registered durably, their input sandboxes received, then started."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.classad import unparse
from gridwms.describe.description import Description
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.find import the_job
from gridwms.flow.once import Once
from gridwms.flow.reading import COMPOUND_NOT_SERVED, read
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Accepted, Event, Registered
from gridwms.jobs.ids import new_key
from gridwms.jobs.job import Job
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.jobs.steps import step
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.store import descriptions
from gridwms.store import events as log
from gridwms.store import jobs as rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that the client has to send: its number, its name on the worker node, its path at the client."""

    index: int
    name: str
    local: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The answer to one description. `key` None: refused, and `problems` say why."""

    key: str | None
    state: State | None
    problems: tuple[Problem, ...]
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A text that was read and found good, ready to become any number of jobs."""

    description: Description
    problems: tuple[Problem, ...]
    uploads: tuple[Upload, ...]
    jdl: str
    digest: str
    match_class: str
    match_ad: str


def register(world: World, owner: str, vo: str, texts: Sequence[bytes], key: str = "") -> list[Registration]:
    """Register a job a text; the good ones are durable on return, whatever is wrong with the others.

    Jobs without files to upload start at once. `vo`: the one that the identity speaks for, "" for any. `key`: chosen
    by the client; the same key and texts again give the jobs of the first time. Raises KeyReused, BadKey.
    """
    now = world.clock()
    once = Once.of(owner, vo, key, texts) if key else None
    if once is not None and (before := world.database.read(once.recall)) is not None:
        return _again(world, texts, before, now)
    prepared: dict[bytes, _Prepared | tuple[Problem, ...]] = {}
    answers: list[Registration] = []
    new: dict[str, tuple[Event, ...]] = {}
    for text in texts:
        ready = prepared.get(text)
        if ready is None:
            ready = prepared[text] = _prepare(world, text)
        if isinstance(ready, tuple):
            answers.append(Registration(key=None, state=None, problems=ready))
            continue
        job = new_key(secrets.randbelow)
        new[job] = _first_events(world, job, owner, vo, ready, now)
        state = State.SUBMITTED if ready.uploads else State.WAITING
        answers.append(Registration(key=job, state=state, problems=ready.problems, uploads=ready.uploads))
    good = [ready for ready in prepared.values() if isinstance(ready, _Prepared)]

    def work(connection: Connection) -> list[str | None] | None:
        # Asked again: the same request may have come by another connection in the meantime.
        if once is not None and (before := once.recall(connection)) is not None:
            return before
        descriptions.put_descriptions(connection, {ready.digest: ready.jdl for ready in good})
        descriptions.put_classes(connection, {ready.match_class: ready.match_ad for ready in good})
        _insert(connection, new, now)
        if once is not None:
            once.remember(connection, [answer.key for answer in answers], now)
        return None

    if new:
        done_before = world.database.write(work)
        if done_before is not None:
            return _again(world, texts, done_before, now)
        world.waiting.set()
    return answers


def _again(world: World, texts: Sequence[bytes], keys: Sequence[str | None], now: float) -> list[Registration]:
    """The answers to a submission that was made before; files that have not arrived are asked for again."""
    stored = world.database.read(lambda connection: rows.load(connection, {key for key in keys if key}))
    findings = {text: _findings(_prepare(world, text)) for text in set(texts)}
    answers = []
    for text, key in zip(texts, keys, strict=True):
        found = findings[text]
        if key is None:
            errors = found if any(one.severity is Severity.ERROR for one in found) else (_REFUSED_BEFORE,)
            answers.append(Registration(key=None, state=None, problems=errors))
            continue
        job = stored[key][1]
        warnings = tuple(one for one in found if one.severity is not Severity.ERROR)
        uploads = uploads_of(world.descriptions.of(job)) if job.state is State.SUBMITTED else ()
        answers.append(Registration(key=key, state=job.state, problems=warnings, uploads=uploads))
    return answers


_REFUSED_BEFORE = Problem(
    severity=Severity.ERROR,
    code="refused_before",
    message="This was refused when it came with this key first; it would be accepted now: send it with a new key.",
)


def _findings(ready: _Prepared | tuple[Problem, ...]) -> tuple[Problem, ...]:
    return ready if isinstance(ready, tuple) else ready.problems


def _prepare(world: World, text: bytes) -> _Prepared | tuple[Problem, ...]:
    """What equal texts share; the problems alone when one of them is an error."""
    reading = read(world, text)
    description = reading.description
    if reading.compound is not None:
        return (*reading.problems, COMPOUND_NOT_SERVED)
    if description is None:
        return reading.problems
    jdl = unparse(description.ad)
    ad = matching_ad(description.ad, description.requirements, description.rank)
    return _Prepared(
        description=description,
        problems=reading.problems,
        uploads=uploads_of(description),
        jdl=jdl,
        digest=digest(jdl),
        match_class=match_class_key(ad),
        match_ad=unparse(ad),
    )


def _first_events(world: World, key: str, owner: str, vo: str, ready: _Prepared, now: float) -> tuple[Event, ...]:
    description = ready.description
    registered = Registered(
        key=key,
        time=now,
        owner=owner,
        vo=vo or description.vo,
        description=ready.digest,
        match_class=ready.match_class,
        retry_count=description.retry_count,
        shallow_retry_count=description.shallow_retry_count,
        expires_at=description.expires_at or now + world.settings.expiry_seconds,
    )
    return (registered,) if ready.uploads else (registered, Accepted(id="d000000001", time=now))


def _insert(connection: Connection, new: Mapping[str, tuple[Event, ...]], now: float) -> None:
    made: dict[str, list[tuple[Event, Job]]] = {}
    for key, events in new.items():
        job: Job | None = None
        for event in events:
            job, _effects = step(job, event)
            made.setdefault(key, []).append((event, job))
    numbers = rows.add(connection, [steps[-1][1] for steps in made.values()])
    log.append(connection, [(numbers[key], event, job) for key, steps in made.items() for event, job in steps], now)


def uploads_of(description: Description) -> tuple[Upload, ...]:
    """The files that the client has to send for this description."""
    return tuple(
        Upload(index=index, name=file.name, local=file.local)
        for index, file in enumerate(description.inputs)
        if file.local
    )


def digest(text: str) -> str:
    """The name of a text by its content: SHA-256, 43 letters."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def put_input(world: World, key: str, index: int, stream: Iterable[bytes], length: int | None) -> int:
    """Receive one file of the input sandbox; its size. Sending it again replaces it, until the job is started."""
    job = the_job(world, key)
    if job.state is not State.SUBMITTED:
        raise NotInState(
            f"Job {key} is {job.state} already: its input sandbox can no longer change.", "Submit a new job."
        )
    if index not in {upload.index for upload in uploads_of(world.descriptions.of(job))}:
        raise NotFound(f"The description of job {key} has no input file number {index} to upload.", "Check the number.")
    return world.sandbox.put_input(key, index, stream, length)


def start(world: World, keys: Sequence[str]) -> dict[str, State]:
    """Let registered jobs be matched; their state now. Jobs that were started before are left as they are.

    Raises NotInState, and starts none, when an input file of one of them has not arrived.
    """
    for key in keys:
        job = the_job(world, key)
        if job.state is State.SUBMITTED:
            missing = [
                u.name for u in uploads_of(world.descriptions.of(job)) if u.index not in world.sandbox.inputs(key)
            ]
            if missing:
                raise NotInState(
                    f"Job {key} cannot start: {len(missing)} files of its input sandbox are missing ({missing[0]!r}).",
                    "Send them, then start the job.",
                )
    now = world.clock()

    def work(connection: Connection) -> Recorded:
        stored = rows.load(connection, keys)
        events = [
            (key, Accepted(id=decision_id(job), time=now))
            for key, (_number, job) in stored.items()
            if job.state is State.SUBMITTED
        ]
        return apply(connection, world, stored, events)

    recorded = world.database.write(work)
    announce(world, recorded)
    return {key: job.state for key, job in recorded.jobs.items()}
