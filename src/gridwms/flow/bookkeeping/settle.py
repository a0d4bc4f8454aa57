"""Bringing jobs of other systems up to date with the events that have come for them.

Events that sort after all known ones of their job are steps of the state machine; for any others the job is computed
anew from all its events. So the result does not depend on the order of arrival, and what comes twice counts once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import acl_of
from gridwms.bookkeeping.collection import moved
from gridwms.bookkeeping.event import Event, Identity
from gridwms.bookkeeping.machine.order import of_two
from gridwms.bookkeeping.machine.record import Progress, advance_all, recompute
from gridwms.store import lb_events, lb_jobs
from gridwms.store.database import Database
from gridwms.store.lb_events import BookedEvent
from gridwms.store.lb_jobs import BookedJob, Standing

_AT_ONCE = 100
"""Jobs in one transaction, so that other writers need not wait long."""
_DEEPEST = 10
"""How many levels of parents follow a change."""
Place = tuple[str | None, Standing | None]
"""The parent of a job, and what the job is for it."""


def settle(database: Database, most: int, jobids: Collection[str] | None = None) -> int:
    """Bring jobs up to date: these, or at most `most` of those that wait for it; how many of them were done."""
    done = 0
    while done < most:
        waiting = database.read(lambda connection: lb_jobs.marked(connection, min(_AT_ONCE, most - done), jobids))  # noqa: B023
        if not waiting:
            break
        done += database.write(lambda connection: settle_in(connection, waiting))  # noqa: B023
    return done


def settle_in(connection: Connection, numbers: Collection[int]) -> int:
    """Bring the jobs with these row numbers up to date, and their parents; how many jobs those were."""
    batch = _Batch(connection)
    jobs = lb_jobs.load_numbers(connection, numbers)
    batch.jobs |= jobs
    news = lb_events.unseen(connection, [job.number for job in jobs.values()])
    again = [job for job in jobs.values() if not _in_order(batch, job, news.get(job.number, []))]
    known = lb_events.of_jobs(connection, [job.number for job in again])
    for job in again:
        _anew(batch, job, known[job.number])
    _tell_parents(batch)
    lb_events.drop(connection, batch.known)
    lb_jobs.save(connection, batch.jobs.values())
    lb_jobs.unmark(connection, numbers)
    lb_jobs.set_tags(connection, batch.tags)
    return len(jobs)


class _Batch:
    """What one transaction changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.jobs: dict[str, BookedJob] = {}
        self.known: list[int] = []
        self.tags: dict[int, dict[str, str]] = {}
        self.moved: list[tuple[BookedJob, Place]] = []

    def load(self, names: Iterable[str]) -> None:
        """Have these jobs at hand, new ones too."""
        wanted = [name for name in names if name not in self.jobs]
        self.jobs |= lb_jobs.load(self._connection, wanted)
        new = lb_jobs.add(self._connection, [name for name in wanted if name not in self.jobs])
        self.jobs |= {name: BookedJob(number, name) for name, number in new.items()}


def _in_order(batch: _Batch, job: BookedJob, news: Sequence[BookedEvent]) -> bool:
    """Step the job if all news come after what is known; whether they did."""
    events = [one.event for one in news]
    if job.seen < 0 or any(event.type == "ChangeACL" for event in events):
        return False
    after = advance_all(job.progress, events)
    if after is not None:
        _put(batch, job, after, news)
    return after is not None


def _anew(batch: _Batch, job: BookedJob, stored: Sequence[BookedEvent]) -> None:
    """Compute the job from all its events; of those that are equal one is kept."""
    events: dict[Identity, tuple[Event, int]] = {}
    for one in stored:
        event = one.event
        before = events.get(event.identity)
        if before is None:
            events[event.identity] = event, one.number
        elif of_two(before[0], event) is before[0]:
            batch.known.append(one.number)
        else:
            batch.known.append(before[1])
            events[event.identity] = event, one.number
    job.acl = acl_of(event for event, _number in events.values())
    _put(batch, job, recompute(event for event, _number in events.values()), stored)


def _put(batch: _Batch, job: BookedJob, after: Progress, news: Sequence[BookedEvent]) -> None:
    was, tags = _place(job), job.progress.memory.fields.get("user_tags", ())
    job.progress, job.seen = after, max((one.number for one in news), default=job.seen)
    if after.memory.fields.get("user_tags", ()) != tags:
        batch.tags[job.number] = dict(after.memory.fields["user_tags"])
    if was[0] is not None or after.memory.fields.get("parent_job") is not None:
        batch.moved.append((job, was))


def _place(job: BookedJob) -> Place:
    return job.progress.memory.fields.get("parent_job"), job.standing


def _tell_parents(batch: _Batch) -> None:
    """Let parents count what their children came to, and theirs in turn."""
    moving = batch.moved
    for _level in range(_DEEPEST):
        moving = [(job, was) for job, was in moving if was != _place(job)]
        names = {name for job, was in moving for name in (was[0], _place(job)[0]) if name and name != job.jobid}
        if not names:
            return
        batch.load(names)
        before = [(batch.jobs[name], _place(batch.jobs[name])) for name in names]
        for job, was in moving:
            now = _place(job)
            for name in {was[0], now[0]} & names:
                parent = batch.jobs[str(name)]
                left, entered = (was[1] if was[0] == name else None), (now[1] if now[0] == name else None)
                after = moved(parent.children, left, entered)
                parent.states, parent.done_ok = after.states, after.done_ok
        moving = before
