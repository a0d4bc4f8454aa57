"""What is known of jobs, for those who ask: their status, their history, and the stream of news."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gridwms.flow.errors import UnknownJob
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.codec import attempt_of, event_data
from gridwms.jobs.events import Event
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import listing, remarks, verdicts


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
    """A job as it is shown. `reason`: why it waits, failed or ended, if there is something to say."""

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


def owners(world: World, keys: Collection[str]) -> dict[str, str]:
    """Whose these jobs are. Raises UnknownJob."""
    stored = world.database.read(lambda connection: listing.owners(connection, keys))
    for key in keys:
        if key not in stored:
            raise UnknownJob(key)
    return stored


def held(world: World, keys: Collection[str]) -> dict[str, listing.Held]:
    """Whose these jobs are and who else may do something with them; those that do not exist are left out."""
    return world.database.read(lambda connection: listing.held(connection, keys))


def status(world: World, keys: Sequence[str]) -> list[JobView]:
    """These jobs, in the order given. Raises UnknownJob."""
    stored = world.database.read(lambda connection: rows.load(connection, keys))
    for key in keys:
        if key not in stored:
            raise UnknownJob(key)
    return _views(world, [stored[key] for key in keys])


def list_jobs(
    world: World, *, owner: str | None, states: Collection[State] = (), after: int | None = None, limit: int = 100
) -> Page:
    """Jobs, the newest first; `after` continues a list."""
    numbers = world.database.read(lambda connection: listing.numbers(connection, owner, states, after, limit + 1))
    stored = world.database.read(lambda connection: rows.load_numbers(connection, numbers[:limit]))
    ordered = sorted(stored.values(), key=lambda pair: -pair[0])
    return Page(tuple(_views(world, ordered)), numbers[limit - 1] if len(numbers) > limit else None)


def history(world: World, key: str) -> list[EventView]:
    """The log of a job in the order of arrival. Raises UnknownJob."""
    logged = world.database.read(lambda connection: log.of_job(connection, key))
    if not logged:
        raise UnknownJob(key)
    return [_event_view(one) for one in logged]


def events_after(world: World, cursor: int, *, owner: str | None, limit: int = 1000) -> tuple[list[EventView], int]:
    """What arrived after `cursor`, and the cursor to go on from."""

    def work(connection: Connection) -> tuple[list[log.Logged], int]:
        last = log.last_cursor(connection)
        found = log.after(connection, cursor, owner, limit)
        return found, found[-1].cursor if len(found) == limit else last

    found, following = world.database.read(work)
    return [_event_view(one) for one in found], max(cursor, following)


def _views(world: World, stored: Sequence[tuple[int, Job]]) -> list[JobView]:
    jobs = [job for _number, job in stored]
    said = world.database.read(lambda connection: remarks.tags(connection, [number for number, _job in stored]))
    descriptions = world.descriptions.many({job.description for job in jobs if job.state is not State.PURGED})
    waiting = {job.match_class for job in jobs if job.state is State.WAITING}
    answers = world.database.read(lambda connection: verdicts.latest(connection, waiting)) if waiting else {}
    views = []
    for number, job in stored:
        current = job.current
        description = descriptions.get(job.description)
        why = job.reason
        if job.state is State.WAITING and job.match_class in answers:
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
                site=current.site if current else "",
                ce=current.ce if current else "",
                node=current.node if current else "",
                attempt=len(job.attempts),
                attempts=tuple(_attempt_view(attempt) for attempt in job.attempts),
                shallow_count=job.shallow_count,
                deep_count=job.deep_count,
                cancel_requested=job.cancel_requested_at is not None,
                executable=description.executable if description else "",
                user_tags=_tags(description.user_tags if description else (), said.get(number, {})),
            )
        )
    return views


def _tags(described: Iterable[tuple[str, str]], said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
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


def _event_view(logged: log.Logged) -> EventView:
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
