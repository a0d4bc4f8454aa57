"""What is known of jobs, for those who ask: their status and their history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from gridwms.describe.description import Description
from gridwms.flow.credentials.outlook import Carrying, carrying, is_open
from gridwms.flow.errors import NotInState, UnknownJob
from gridwms.flow.find import name_of
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.codec import attempt_of, event_data
from gridwms.jobs.events import Event
from gridwms.jobs.histogram import Histogram, failures
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State
from gridwms.security.policy import OneJob
from gridwms.store import compounds, listing, nodes, remarks, shares, verdicts
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store.logged import Logged


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try of a job. Times are seconds since the epoch."""

    number: int
    site: str
    ce: str
    node: str
    matched_at: float
    delivered_at: float | None
    running_at: float | None
    payload_at: float | None
    ended_at: float | None
    exit_code: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as it is shown. `reason`: why it waits, failed or ended, if there is something to say. `kept_until`: when
    its files and its description are removed; None while it lives, and when they are kept for ever.

    `kind`: "job", or what kind of compound. Of a compound: `nodes`, how many it has, `histogram`, how many are in which
    state, and `failed`, how many failed, were given up or cancelled; its `exit_code` is 0 when all that ended had 0,
    else 1. Of a node: `parent`, the id of its compound, and its name there.
    """

    key: str
    id: str
    state: State
    done_code: DoneCode | None
    exit_code: int | None
    reason: Reason | None
    owner: str
    vo: str
    submitted_at: float
    state_since: float
    expires_at: float | None
    kept_until: float | None
    site: str
    ce: str
    node: str
    attempt: int
    attempts: tuple[AttemptView, ...]
    shallow_count: int
    deep_count: int
    cancel_requested: bool
    executable: str
    user_tags: tuple[tuple[str, str], ...]
    kind: str = "job"
    nodes: int = 0
    histogram: Mapping[State, int] = field(default_factory=dict)
    failed: int = 0
    parent: str = ""
    node_name: str = ""
    credential: Carrying | None = None
    """What it carries, while it needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One entry of the history. `cursor`: its place in the stream of all events; `arrived`: by our clock.

    `state`, `done_code`: where it brought the job; None when the job stayed where it was.
    """

    cursor: int
    key: str
    id: str
    type: str
    source: str
    attempt: int
    time: float
    arrived: float
    state: State | None
    done_code: DoneCode | None
    reason: Reason | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `next` is what to give as `after` for the part behind it, None at the end."""

    jobs: tuple[JobView, ...]
    next: int | None
    states: tuple[State, ...] = ()
    """The states that were asked for, if any were."""


def owners(world: World, keys: Collection[str]) -> dict[str, str]:
    """Whose these jobs are. Raises UnknownJob."""

    def read(connection: Connection) -> dict[str, str]:
        single = listing.owners(connection, keys)
        missing = [key for key in keys if key not in single]
        return single | compounds.owners(connection, missing) if missing else single

    stored = world.database.read(read)
    for key in keys:
        if key not in stored:
            raise UnknownJob(key)
    return stored


def held(world: World, keys: Collection[str]) -> dict[str, listing.Held]:
    """Whose these jobs are and who else may do something with them; those that do not exist are left out."""
    return world.database.read(lambda connection: listing.held(connection, keys))


def held_job(key: str, held: listing.Held) -> OneJob:
    """A job as the policy sees it."""
    return OneJob(key=key, owner=held.owner, vo=held.vo, access=held.access)


def status(world: World, keys: Sequence[str]) -> list[JobView]:
    """These jobs, in the order given. Raises UnknownJob."""
    views = known(world, keys)
    for key in keys:
        if key not in views:
            raise UnknownJob(key)
    return [views[key] for key in keys]


def known(world: World, keys: Sequence[str]) -> dict[str, JobView]:
    """Those of these jobs that there are, by key."""

    def read(connection: Connection) -> tuple[list[tuple[int, Job]], list[JobView]]:
        stored = rows.load(connection, keys)
        whole = compounds.load(connection, [key for key in keys if key not in stored])
        return list(stored.values()), _compound_views(world, connection, dict(whole.values()))

    single, whole = world.database.read(read)
    return {view.key: view for view in (*views_of(world, single), *whole)}


def known_in(world: World, connection: Connection, keys: Sequence[str]) -> list[JobView]:
    """The same of another database than the service's, in the order given. Raises UnknownJob."""
    stored = rows.load(connection, keys)
    whole = compounds.load(connection, [key for key in keys if key not in stored])
    found = [
        *_views(world, connection, list(stored.values()), {}),
        *_compound_views(world, connection, dict(whole.values())),
    ]
    views = {view.key: view for view in found}
    for key in keys:
        if key not in views:
            raise UnknownJob(key)
    return [views[key] for key in keys]


def list_jobs(
    world: World, *, owner: str | None, states: Collection[State] = (), after: int | None = None, limit: int = 100
) -> Page:
    """Single jobs and compounds, the newest first; `after` continues a list. Nodes are listed by `nodes_of`."""

    def read(connection: Connection) -> tuple[list[int], list[tuple[int, Job]], dict[int, JobView]]:
        single = listing.numbers(connection, owner, states, after, limit + 1)
        whole = compounds.numbers(connection, owner, states, after, limit + 1)
        chosen = sorted({*single, *whole}, reverse=True)[: limit + 1]
        here = set(chosen[:limit])
        stored = rows.load_numbers(connection, here & set(single))
        parents = compounds.load_numbers(connection, here & set(whole))
        views = dict(zip(parents, _compound_views(world, connection, parents), strict=True))
        return chosen, list(stored.values()), views

    chosen, single, views = world.database.read(read)
    views |= dict(zip((number for number, _job in single), views_of(world, single), strict=True))
    shown = tuple(views[number] for number in chosen[:limit])
    return Page(shown, chosen[limit - 1] if len(chosen) > limit else None)


def compound_views(world: World, numbers: Sequence[int]) -> list[JobView]:
    """Compounds by row number, in the order given."""

    def read(connection: Connection) -> list[JobView]:
        found = compounds.load_numbers(connection, numbers)
        return _compound_views(world, connection, {number: found[number] for number in numbers})

    return world.database.read(read)


def nodes_of(
    world: World, key: str, *, states: Collection[State] = (), failed: bool = False, after: int = -1, limit: int = 100
) -> Page:
    """The nodes of a compound in their order, those behind node number `after`. Raises UnknownJob, NotInState."""

    def read(connection: Connection) -> tuple[list[int], dict[str, tuple[int, Job]], int]:
        found = compounds.load(connection, [key])
        if key not in found:
            raise NotInState(f"Job {key} is no compound: it has no nodes.", "'gridwms status' shows it.")
        number, parent = found[key]
        wanted = _FAILED if failed else states
        end = number + parent.nodes
        chosen = nodes.in_states(connection, number + after + 1, end, wanted, limit + 1, failed=failed)
        return chosen, rows.load_numbers(connection, chosen[:limit]), number

    owners(world, [key])
    chosen, stored, first = world.database.read(read)
    ordered = sorted(stored.values(), key=itemgetter(0))
    following = chosen[limit - 1] - first if len(chosen) > limit else None
    return Page(tuple(views_of(world, ordered)), following, tuple(states))


_FAILED = (State.ABORTED, State.CANCELLED, State.DONE, State.CLEARED)


def history(world: World, key: str) -> list[EventView]:
    """The log of a job in the order of arrival. Raises UnknownJob."""
    logged = world.database.read(lambda connection: log.of_job(connection, key))
    if not logged:
        raise UnknownJob(key)
    return [event_view(one) for one in logged]


def _compound_views(world: World, connection: Connection, parents: Mapping[int, Parent]) -> list[JobView]:
    histograms = compounds.counts(connection, parents)
    said = remarks.tags(connection, [-number for number in parents])
    return [
        _compound_view(world, parent, histograms[number], said.get(-number, {})) for number, parent in parents.items()
    ]


def _compound_view(world: World, parent: Parent, histogram: Histogram, said: Mapping[str, str]) -> JobView:
    by_state: dict[State, int] = {}
    for bucket, count in histogram.items():
        by_state[bucket.state] = by_state.get(bucket.state, 0) + count
    ended = parent.state in (State.DONE, State.CLEARED)
    return JobView(
        key=parent.key,
        id=job_url(world, parent.key),
        state=parent.state,
        done_code=parent.done_code,
        exit_code=int(any(bucket.failed for bucket in histogram)) if ended else None,
        reason=parent.reason,
        owner=parent.owner,
        vo=parent.vo,
        submitted_at=parent.submitted_at,
        state_since=parent.state_since,
        expires_at=None,
        kept_until=kept_until(world, parent.state, parent.state_since),
        site="",
        ce="",
        node="",
        attempt=0,
        attempts=(),
        shallow_count=0,
        deep_count=0,
        cancel_requested=parent.cancel_requested_at is not None,
        executable="",
        user_tags=merged_tags(parent.user_tags, said),
        kind=parent.kind,
        nodes=parent.nodes,
        histogram={state: by_state[state] for state in State if by_state.get(state)},
        failed=failures(histogram),
    )


def views_of(world: World, stored: Sequence[tuple[int, Job]]) -> list[JobView]:
    """Single jobs with their row numbers, as they are shown."""
    described = world.descriptions.many({name_of(job) for _number, job in stored if job.state is not State.PURGED})
    return world.database.read(lambda connection: _views(world, connection, stored, described))


def _views(
    world: World,
    connection: Connection,
    stored: Sequence[tuple[int, Job]],
    descriptions: Mapping[tuple[str, str], Description],
) -> list[JobView]:
    jobs = [job for _number, job in stored]
    said = remarks.tags(connection, [number for number, _job in stored])
    numbers = {job.parent for job in jobs if job.parent is not None}
    parents = compounds.load_numbers(connection, numbers) if numbers else {}
    waiting = {job.match_class for job in jobs if job.state is State.WAITING}
    answers = verdicts.latest(connection, waiting) if waiting else {}
    accounts = {job.account for job in jobs if job.state is State.WAITING}
    held = shares.holds_of(connection, accounts) if accounts else {}
    carried = carrying(world, connection, jobs)
    views = []
    for number, job in stored:
        current = job.current
        description = descriptions.get(name_of(job))
        why = job.reason
        if job.state is State.WAITING and (job.account, job.match_class) in held:
            why = held[job.account, job.match_class][1]
        elif job.state is State.WAITING and job.match_class in answers:
            why = answers[job.match_class].reason or why
        views.append(
            JobView(
                key=job.key,
                id=job_url(world, job.key),
                state=job.state,
                done_code=job.done_code,
                exit_code=job.exit_code,
                reason=why,
                owner=job.owner,
                vo=job.vo,
                submitted_at=job.submitted_at,
                state_since=job.state_since,
                expires_at=job.expires_at,
                kept_until=kept_until(world, job.state, job.state_since) if job.parent is None else None,
                site=current.site if current else "",
                ce=current.ce if current else "",
                node=current.node if current else "",
                attempt=len(job.attempts),
                attempts=tuple(_attempt_view(attempt) for attempt in job.attempts),
                shallow_count=job.shallow_count,
                deep_count=job.deep_count,
                cancel_requested=job.cancel_requested_at is not None,
                executable=description.executable if description else "",
                user_tags=merged_tags(description.user_tags if description else (), said.get(number, {})),
                parent=job_url(world, parents[job.parent].key) if job.parent is not None else "",
                node_name=job.node_name,
                credential=carried.get((job.owner, job.delegation)) if is_open(job) else None,
            )
        )
    return views


def kept_until(world: World, state: State, since: float) -> float | None:
    """Until when the files of a job are kept that has been in a state since a time."""
    seconds = world.settings.keep_seconds.get(state)
    return None if seconds is None else since + seconds


def merged_tags(described: Iterable[tuple[str, str]], said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The tags of the description, and those that were said later; names are compared without case."""
    kept = {name: value for name, value in described if name.lower() not in said}
    return tuple((kept | dict(said)).items())


def _attempt_view(attempt: Attempt) -> AttemptView:
    outcome, departure = attempt.outcome, attempt.departure
    ends = (outcome.time if outcome else None, attempt.refused_at, departure.time if departure else None)
    return AttemptView(
        number=attempt.number,
        site=attempt.site,
        ce=attempt.ce,
        node=attempt.node,
        matched_at=attempt.matched_at,
        delivered_at=attempt.delivered_at,
        running_at=attempt.running_at,
        payload_at=attempt.payload_at,
        ended_at=next((time for time in ends if time is not None), None),
        exit_code=outcome.exit_code if outcome else None,
        reason=outcome.failure if outcome else attempt.refusal or (departure.reason if departure else None),
    )


def event_view(logged: Logged) -> EventView:
    """An entry of the log, to be shown."""
    event: Event = logged.event
    why = getattr(event, "reason", None) or getattr(event, "failure", None)
    return EventView(
        cursor=logged.cursor,
        key=logged.key,
        id=event.id,
        type=event.type,
        source=event.source.value,
        attempt=attempt_of(event),
        time=event.time,
        arrived=logged.arrived,
        state=logged.state,
        done_code=logged.done_code,
        reason=why if isinstance(why, Reason) else None,
        data=event_data(event),
    )
