"""Taking jobs in: checked, registered durably, their input sandboxes received, then started."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from sqlalchemy import Connection

from gridwms.classad import unparse
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.description import Description
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.compound import wishes
from gridwms.flow.compound.register import PreparedCompound, insert_compound, prepare_compound, registered_event
from gridwms.flow.delegation import renew_from
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.find import find, the_job, the_jobs
from gridwms.flow.hopeless import hopeless
from gridwms.flow.once import Once
from gridwms.flow.quota import admit, check_waiting, room
from gridwms.flow.reading import read
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.uploads import Upload, shared_uploads, uploads_of
from gridwms.flow.world import World
from gridwms.jobs.accounts import Account
from gridwms.jobs.events import Accepted, CompoundRegistered, Registered
from gridwms.jobs.ids import new_key
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent, step_parent
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.jobs.steps import step
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.store import compounds, descriptions, shares
from gridwms.store import events as log
from gridwms.store import jobs as rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The answer to one description. `key` None: refused, and `problems` say why."""

    key: str | None
    state: State | None
    problems: tuple[Problem, ...]
    uploads: tuple[Upload, ...] = ()
    nodes: int = 0


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


_Ready = _Prepared | PreparedCompound | tuple[Problem, ...]


def register(
    world: World,
    owner: str,
    vo: str,
    texts: Sequence[bytes],
    key: str = "",
    dialects: Mapping[bytes, Dialect] = MappingProxyType({}),
    fqan: str = "",
    priority: int | None = None,
    delegation: str = "",
    held: bool = False,
) -> list[Registration]:
    """Register a job a text; the good ones are durable on return, whatever is wrong with the others.

    Jobs without files to upload start at once, unless they are `held` until `start`. `vo`: the one that the identity
    speaks for, "" for any. `key`: chosen by the client; the same key and texts again give the jobs of the first time.
    `dialects`: of texts whose dialect is not to be guessed. `fqan`: the group that the owner acts for. `priority`: in
    the place of those in the texts. `delegation`: the name of the one that they go by. Raises KeyReused, BadKey,
    OverQuota, TooManyWaiting.
    """
    now = world.clock()
    once = Once.of(owner, vo, key, texts) if key else None
    if once is not None and (before := world.database.read(once.recall)) is not None:
        return _again(world, texts, before, dialects, vo)
    prepared: dict[bytes, _Ready] = {}
    answers: list[Registration] = []
    new: dict[str, log.History] = {}
    histories: dict[bytes, log.History] = {}
    whole: list[tuple[PreparedCompound, CompoundRegistered]] = []
    for text in texts:
        ready = prepared.get(text)
        if ready is None:
            ready = _prepare(world, text, dialects.get(text), vo)
            ready = prepared[text] = ready if priority is None else _with_priority(ready, priority)
        if isinstance(ready, tuple):
            answers.append(Registration(key=None, state=None, problems=ready))
            continue
        job = new_key(secrets.randbelow)
        if isinstance(ready, PreparedCompound):
            registered = replace(
                registered_event(world, ready, job, Account(vo, fqan, owner), now, held=held), delegation=delegation
            )
            whole.append((ready, registered))
            answers.append(compound_answer(ready, step_parent(None, registered)))
            continue
        if text not in histories:
            histories[text] = _history(world, Account(vo, fqan, owner), ready, now, delegation, held=held)
        new[job] = histories[text]
        state = histories[text][-1][1].state
        answers.append(Registration(key=job, state=state, problems=ready.problems, uploads=ready.uploads))
    early = admit(world, owner) if new or whole else ()
    nearly: list[Problem] = []
    started = [history[-1][1] for history in histories.values()]
    accounts = {Account(one.vo, one.fqan, one.owner) for one in started}
    servers = _myproxies(prepared.values())
    idle = (_NOT_RENEWED,) if servers and not delegation else ()
    good = [ready for ready in prepared.values() if isinstance(ready, _Prepared)]

    def work(connection: Connection) -> list[str | None] | None:
        # Asked again: the same request may have come by another connection in the meantime.
        if once is not None and (before := once.recall(connection)) is not None:
            return before
        descriptions.put_descriptions(connection, {ready.digest: ready.jdl for ready in good})
        descriptions.put_tags(connection, {ready.digest: ready.description.user_tags for ready in good})
        descriptions.put_classes(connection, {ready.match_class: ready.match_ad for ready in good})
        count = len(new) + sum(one.nodes for _, one in whole)
        nearly[:] = [*early, *idle, *check_waiting(connection, world, owner, count)]
        shares.put_accounts(connection, accounts)
        keys = iter(new.items())
        while some := list(islice(keys, _TOGETHER)):
            _insert(connection, some, now)
        for compound, registered in whole:
            insert_compound(connection, world, compound, registered)
        for server in servers if delegation else ():
            renew_from(connection, owner, delegation, server, now)
        if once is not None:
            once.remember(connection, [answer.key for answer in answers], now)
        return None

    if new or whole:
        done_before = world.database.write(work)
        if done_before is not None:
            return _again(world, texts, done_before, dialects, vo)
        world.waiting.set()
        if whole:
            world.sweeping.set()
        _add_warnings(answers, nearly)
    return answers


def _add_warnings(answers: list[Registration], warnings: Sequence[Problem]) -> None:
    """Warnings about all of them are told with the first that was accepted."""
    if warnings:
        index = next(index for index, answer in enumerate(answers) if answer.key)
        answers[index] = replace(answers[index], problems=(*answers[index].problems, *warnings))


def compound_answer(ready: PreparedCompound, parent: Parent) -> Registration:
    """The answer to a description of a compound."""
    uploads = () if ready.started else tuple(ready.uploads(parent))
    return Registration(
        key=parent.key, state=parent.state, problems=ready.problems, uploads=uploads, nodes=parent.nodes
    )


def _again(
    world: World, texts: Sequence[bytes], keys: Sequence[str | None], dialects: Mapping[bytes, Dialect], vo: str
) -> list[Registration]:
    """The answers to a submission that was made before; files that have not arrived are asked for again."""
    known = {key for key in keys if key}
    stored, whole = world.database.read(lambda c: (rows.load(c, known), compounds.load(c, known)))
    ready = {text: _prepare(world, text, dialects.get(text), vo) for text in set(texts)}
    answers = []
    for text, key in zip(texts, keys, strict=True):
        found = _findings(ready[text])
        if key is None:
            errors = found if any(one.severity is Severity.ERROR for one in found) else (_REFUSED_BEFORE,)
            answers.append(Registration(key=None, state=None, problems=errors))
            continue
        warnings = tuple(one for one in found if one.severity is not Severity.ERROR)
        if key in whole:
            answers.append(_compound_again(ready[text], whole[key][1], warnings))
            continue
        job = stored[key][1]
        uploads = uploads_of(world.descriptions.of(job)) if job.state is State.SUBMITTED else ()
        answers.append(Registration(key=key, state=job.state, problems=warnings, uploads=uploads))
    return answers


def _compound_again(ready: _Ready, parent: Parent, warnings: tuple[Problem, ...]) -> Registration:
    awaited = isinstance(ready, PreparedCompound) and parent.started_at is None
    uploads = tuple(ready.uploads(parent)) if isinstance(ready, PreparedCompound) and awaited else ()
    return Registration(key=parent.key, state=parent.state, problems=warnings, uploads=uploads, nodes=parent.nodes)


_NOT_RENEWED = Problem(
    severity=Severity.WARNING,
    code="no_effect",
    message="has no effect without a delegated proxy, which is what would be renewed: 'gridwms delegation create'",
    attribute="MyProxyServer",
)
_REFUSED_BEFORE = Problem(
    severity=Severity.ERROR,
    code="refused_before",
    message="This was refused when it came with this key first; it would be accepted now: send it with a new key.",
)


def _findings(ready: _Ready) -> tuple[Problem, ...]:
    return ready if isinstance(ready, tuple) else ready.problems


def _prepare(world: World, text: bytes, dialect: Dialect | None, vo: str) -> _Ready:
    """What equal texts share; the problems alone when one of them is an error."""
    reading = read(world, text, dialect, vo)
    description = reading.description
    if reading.compound is not None:
        return prepare_compound(world, reading.compound, reading.problems)
    if description is None:
        return reading.problems
    jdl = unparse(description.ad)
    ad = matching_ad(description.ad, description.requirements, description.rank)
    return _Prepared(
        description=description,
        problems=(*reading.problems, *hopeless(world, ad)),
        uploads=uploads_of(description),
        jdl=jdl,
        digest=descriptions.digest_of(jdl),
        match_class=match_class_key(ad),
        match_ad=unparse(ad),
    )


def _myproxies(prepared: Iterable[_Ready]) -> tuple[str, ...]:
    """The MyProxy servers that accepted descriptions name, the last one last."""
    named = (
        one.description.myproxy if isinstance(one, _Prepared) else one.compound.myproxy
        for one in prepared
        if not isinstance(one, tuple)
    )
    return tuple(dict.fromkeys(filter(None, named)))


def _with_priority(ready: _Ready, priority: int) -> _Ready:
    if isinstance(ready, PreparedCompound):
        ready.facts = [facts._replace(priority=priority) for facts in ready.facts]
    elif isinstance(ready, _Prepared):
        return replace(ready, description=replace(ready.description, priority=priority))
    return ready


def _history(
    world: World, account: Account, ready: _Prepared, now: float, delegation: str, *, held: bool
) -> log.History:
    """What happens at once to each job of a text, as to one with a key that none has. `account`: its VO "" for any."""
    description = ready.description
    registered = Registered(
        key="",
        time=now,
        owner=account.owner,
        vo=account.vo or description.vo,
        description=ready.digest,
        match_class=ready.match_class,
        retry_count=description.retry_count,
        shallow_retry_count=description.shallow_retry_count,
        expires_at=description.expires_at or now + world.settings.expiry_seconds,
        fqan=account.fqan,
        priority=description.priority,
        delegation=delegation,
    )
    job, _effects = step(None, registered)
    if ready.uploads or held:
        return [(registered, job)]
    accepted = Accepted(id="d000000001", time=now)
    return [(registered, job), (accepted, step(job, accepted)[0])]


_TOGETHER = 5000
"""Jobs that are written at once: a million in one request must not be in memory all at the same time."""


def _insert(connection: Connection, new: Sequence[tuple[str, log.History]], now: float) -> None:
    numbers = rows.add_like(connection, [(key, history[-1][1]) for key, history in new])
    log.append_like(
        connection, [(number, key, history) for number, (key, history) in zip(numbers, new, strict=True)], now
    )


def put_input(world: World, key: str, index: int, stream: Iterable[bytes], length: int | None) -> int:
    """Receive one file of the input sandbox; its size. Sending it again replaces it, until the job is started.

    Raises OverQuota when the owner may keep no more.
    """
    found = find(world, [key])
    if found.compounds:
        _number, parent = found.compounds[key]
        state, started, expected = parent.state, parent.started_at is not None, shared_uploads(parent)
        owner = parent.owner
    else:
        job = the_job(world, key)
        state, started, expected = job.state, False, uploads_of(world.descriptions.of(job))
        owner = job.owner
    if state is not State.SUBMITTED or started:
        raise NotInState(f"Job {key} is {state} already: its input sandbox can no longer change.", "Submit a new job.")
    if index not in {upload.index for upload in expected}:
        raise NotFound(f"The description of job {key} has no input file number {index} to upload.", "Check the number.")
    size = world.sandbox.put_input(key, index, stream, length, room(world, owner))
    if not found.compounds and world.descriptions.of(job).inputs[index].archive:
        world.sandbox.check_input_archive(key, index)
    return size


def start(world: World, keys: Sequence[str]) -> dict[str, State]:
    """Let registered jobs be matched; their state now. Jobs that were started before are left as they are.

    Raises NotInState, and starts none, when an input file of one of them has not arrived.
    """
    found = find(world, keys)
    for job in the_jobs(world, found.jobs).values():
        if job.state is State.SUBMITTED:
            _all_here(job.key, missing_inputs(world, job))
    for key, (number, parent) in found.compounds.items():
        if parent.started_at is None:
            _all_here(key, _missing(world, key, shared_uploads(parent)) or _missing_of_nodes(world, number, parent))
    now = world.clock()

    def work(connection: Connection) -> Recorded:
        stored = rows.load(connection, found.jobs)
        events = [
            (key, Accepted(id=decision_id(job), time=now))
            for key, (_number, job) in stored.items()
            if job.state is State.SUBMITTED and job.parent is None
        ]
        return apply(connection, world, stored, events)

    states: dict[str, State] = {}
    if found.jobs:
        recorded = world.database.write(work)
        announce(world, recorded)
        states = {key: job.state for key, job in recorded.jobs.items()}
    for key, (number, _parent) in found.compounds.items():
        states[key] = wishes.start(world, number).state
    return {key: states[key] for key in keys}


def missing_inputs(world: World, job: Job) -> list[str]:
    """The names of the files of its input sandbox that have not arrived."""
    return _missing(world, job.key, uploads_of(world.descriptions.of(job)))


def _missing(world: World, key: str, expected: Sequence[Upload]) -> list[str]:
    if not expected:
        return []
    here = world.sandbox.inputs(key)
    return [upload.name for upload in expected if upload.index not in here]


def _missing_of_nodes(world: World, number: int, parent: Parent) -> list[str]:
    """The same for nodes that have files of their own, up to the first that lacks one."""
    first, end = number, number + parent.nodes
    while first < end:
        last = min(first + _NODES, end)
        numbers = range(first, last)
        stored = world.database.read(lambda connection: rows.load_numbers(connection, numbers))  # noqa: B023
        for _number, job in stored.values():
            if job.state is State.SUBMITTED and (missing := missing_inputs(world, job)):
                return missing
        first = last
    return []


_NODES = 1000


def _all_here(key: str, missing: Sequence[str]) -> None:
    if missing:
        raise NotInState(
            f"Job {key} cannot start: {len(missing)} files of its input sandbox are missing ({missing[0]!r}).",
            "Send them, then start the job.",
        )
