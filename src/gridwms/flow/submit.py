"""Taking jobs in: checked, registered durably, their input sandboxes received, then started."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.classad import unparse
from gridwms.describe.description import Description
from gridwms.describe.jdl.read import read_jdl
from gridwms.describe.problem import Problem
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.find import the_job
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Accepted, Event, Registered
from gridwms.jobs.ids import new_key
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
class _New:
    events: tuple[Event, ...]
    key: str


def register(world: World, owner: str, vo: str, texts: Sequence[bytes]) -> list[Registration]:
    """Register a job a text; the good ones are durable on return, whatever is wrong with the others.

    Jobs without files to upload start at once. `vo`: the one that the identity speaks for, "" for any.
    """
    answers: list[Registration] = []
    new: list[_New] = []
    texts_by_digest: dict[str, str] = {}
    classes: dict[str, str] = {}
    now = world.clock()
    for text in texts:
        reading = read_jdl(text, world.settings.jdl_defaults, now=now)
        description = reading.description
        if description is None:
            answers.append(Registration(key=None, state=None, problems=reading.problems))
            continue
        jdl = unparse(description.ad)
        description_digest = digest(jdl)
        texts_by_digest[description_digest] = jdl
        ad = matching_ad(description.ad, description.requirements, description.rank)
        match_class = match_class_key(ad)
        classes[match_class] = unparse(ad)
        uploads = uploads_of(description)
        key = new_key(secrets.choice)
        registered = Registered(
            key=key,
            time=now,
            owner=owner,
            vo=vo or description.vo,
            description=description_digest,
            match_class=match_class,
            retry_count=description.retry_count,
            shallow_retry_count=description.shallow_retry_count,
            expires_at=description.expires_at or now + world.settings.expiry_seconds,
        )
        events: tuple[Event, ...] = (registered,)
        if not uploads:
            events += (Accepted(id="d000000001", time=now),)
        new.append(_New(events=events, key=key))
        state = State.SUBMITTED if uploads else State.WAITING
        answers.append(Registration(key=key, state=state, problems=reading.problems, uploads=uploads))

    def work(connection: Connection) -> None:
        descriptions.put_descriptions(connection, texts_by_digest)
        descriptions.put_classes(connection, classes)
        _insert(connection, new, now)

    if new:
        world.database.write(work)
        world.waiting.set()
    return answers


def _insert(connection: Connection, new: Sequence[_New], now: float) -> None:
    jobs = []
    for one in new:
        job = None
        for event in one.events:
            job, _effects = step(job, event)
        if job is not None:
            jobs.append(job)
    numbers = rows.add(connection, jobs)
    log.append(connection, [(numbers[one.key], event) for one in new for event in one.events], now)


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
