"""Jobs that are alike take their steps together: what a rule makes of them is worked out once.

Thousands of jobs come to a site, run and end in the same round, and differ in nothing that a rule of the life cycle
reads. A cohort are jobs that are alike in all of that; a job like no other is a cohort of one. What each has for itself
only travels with it: its key, its place in a compound, and what reports bring (a receipt, an instance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from itertools import zip_longest
from operator import attrgetter
from typing import Any, NamedTuple

from gridwms.jobs.attempts import is_first
from gridwms.jobs.codec import Form, form_of
from gridwms.jobs.events import EVENT_TYPES, UNREAD, Decision, Delivered, Event, PayloadStarted, Remark, Report
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.retry import decision_id
from gridwms.jobs.steps import step

Decide = Callable[[Job], Event | None]
"""The decision that a job asks for by itself."""
HadBefore = Callable[["Member", Event], bool]
"""Whether an event happened to a job before; asked only where the job itself does not tell that it is new."""
Own = tuple[str | None, str]
"""Receipt and instance of an attempt."""

_ATTEMPTS = Job._fields.index("attempts")
_OWN = Attempt._fields.index("receipt")
_NOTHING: Own = None, ""
_new: Any = tuple.__new__


class Move:
    """What an event makes of jobs that are alike, with the decisions that follow by themselves.

    `form`: of the event; `following`: those decisions. `steps`: a job before each of them; `reached`: after. `brings`:
    the attempt to which the event gives something of its own. `new`: the jobs alone tell that they have not had it
    before. `count`: how many took it.
    """

    __slots__ = ("brings", "count", "effects", "following", "form", "new", "reached", "steps", "to")

    def __init__(self, member: Member, event: Event, decide: Decide, *, new: bool) -> None:
        self.following: list[tuple[Event, Form]] = []
        self.new = new
        self.count = 0
        self.brings: int | None = None
        if isinstance(event, Delivered | PayloadStarted) and not member.cohort.alone:
            self.brings = event.attempt - 1
        begin = member.job
        job, self.effects = step(begin, event)
        self.steps = [(begin, event)]
        self.reached = [job]
        self.form = form_of(event, _elsewhere(begin, job))
        while (following := decide(job)) is not None:
            was = job
            job, effects = step(was, following)
            self.steps.append((was, following))
            self.reached.append(job)
            self.following.append((following, form_of(following, _elsewhere(was, job))))
            self.effects += effects
        self.to = member.cohort if job is begin else Cohort(job, member.number, alone=member.cohort.alone)


def _elsewhere(before: Job, after: Job) -> Job | None:
    return None if before.state is after.state and before.done_code is after.done_code else after


class Cohort:
    """Jobs that are alike. `job`: the one that came here first, the one with the row number `first`.

    `alone`: no other will come here.
    """

    __slots__ = ("alone", "first", "job", "moves")

    def __init__(self, job: Job, first: int, *, alone: bool) -> None:
        self.job = job
        self.first = first
        self.alone = alone
        self.moves: dict[Any, Move] = {}


class Member:
    """A job in its cohort. `was`: as it was loaded, in the cohort `start`; `own`: of its attempts, since then."""

    __slots__ = ("_job", "cohort", "number", "own", "start", "was")

    def __init__(self, number: int, job: Job, cohort: Cohort) -> None:
        self.number = number
        self.was = job
        self._job: Job | None = job
        self.start = self.cohort = cohort
        self.own: list[Own] | None = None

    @property
    def job(self) -> Job:
        """The job as it is now."""
        job = self._job
        if job is None:
            like, was = self.cohort.job, self.was
            pairs = zip_longest(like.attempts, self.own or _own_of(was), fillvalue=_NOTHING)
            attempts = tuple([_new(Attempt, attempt[:_OWN] + own) for attempt, own in pairs])
            job = self._job = _new(Job, (was[0], *like[1:_ATTEMPTS], attempts, *was[_ATTEMPTS + 1 :]))
        return job

    def take(self, move: Move, event: Event) -> None:
        """Go with one's cohort, and keep what the event brings for this job alone."""
        if move.to is not self.cohort:
            self.cohort = move.to
            self._job = move.to.job if move.to.first == self.number else None
        if move.brings is None:
            return
        own = self.own or _own_of(self.was)
        own += [_NOTHING] * (len(move.to.job.attempts) - len(own))
        receipt, instance = own[move.brings]
        if isinstance(event, Delivered):
            receipt = event.receipt
        elif isinstance(event, PayloadStarted):
            instance = event.instance
        own[move.brings] = receipt, instance
        self.own = own

    def surely_new(self, event: Event) -> bool:
        """Whether the job alone tells that it has not had this event before."""
        job = self.cohort.job
        if not isinstance(event, Report):
            return event.id == decision_id(job)
        attempts = job.attempts
        return 1 <= event.attempt <= len(attempts) and is_first(attempts[event.attempt - 1], event)

    def go_alone(self) -> None:
        """Be like no other: the rule for the next event compares what it brings with what the job has already."""
        self.start = Cohort(self.was, self.number, alone=True)
        self.cohort = Cohort(self.job, self.number, alone=True)


def _own_of(job: Job) -> list[Own]:
    return [(attempt.receipt, attempt.instance) for attempt in job.attempts]


class Moved(NamedTuple):
    """Jobs that were alike and changed alike, as one of them did. `jobs`: each with its row number, as it is now."""

    before: Job
    after: Job
    jobs: list[tuple[int, Job]]


class Cohorts:
    """Jobs on their way through a set of events."""

    def __init__(self, stored: Mapping[str, tuple[int, Job]], decide: Decide) -> None:
        self._decide = decide
        self._members: dict[str, Member] = {}
        self._last: Event | None = None
        self._told: Any = None
        self.moves: list[Move] = []
        cohorts: dict[Any, Cohort] = {}
        for key, (number, job) in stored.items():
            alike = job[1:_ATTEMPTS], *[attempt[:_OWN] for attempt in job.attempts]
            cohort = cohorts.get(alike)
            if cohort is None:
                cohort = cohorts[alike] = Cohort(job, number, alone=True)
            else:
                cohort.alone = False
            self._members[key] = Member(number, job, cohort)

    def __getitem__(self, key: str) -> Member:
        return self._members[key]

    def __contains__(self, key: str) -> bool:
        return key in self._members

    def take(self, member: Member, event: Event, had_before: HadBefore) -> Move | None:
        """Let an event happen to a job; None when it happened before. Raises UnexpectedEvent or UnknownAttempt."""
        move: Move | None = None
        if not member.cohort.alone:
            if event is not self._last:
                self._last, self._told = event, (type(event), _READ[type(event)](event))
            move = member.cohort.moves.get(self._told)
        new = member.surely_new(event) if move is None else move.new
        if not new and had_before(member, event):
            return None
        if move is None:
            if not new and not member.cohort.alone and isinstance(event, Delivered | PayloadStarted):
                member.go_alone()
            move = Move(member, event, self._decide, new=new)
            self.moves.append(move)
            if not member.cohort.alone:
                member.cohort.moves[self._told] = move
        move.count += 1
        member.take(move, event)
        return move

    def jobs(self) -> dict[str, Job]:
        """All jobs by key, as they are now."""
        return {key: member.job for key, member in self._members.items()}

    def moved(self) -> list[Moved]:
        """Those that changed."""
        found: dict[tuple[int, int], Moved] = {}
        for member in self._members.values():
            start, now = member.start, member.cohort
            if now is start:
                continue
            moved = found.get(pair := (id(start), id(now)))
            if moved is None:
                moved = found[pair] = Moved(start.job, now.job, [])
            moved.jobs.append((member.number, member.job))
        return list(found.values())


def _readers() -> Iterable[tuple[type[Event], Callable[[Event], Any]]]:
    for kind in EVENT_TYPES.values():
        names = {field.name for field in fields(kind)} - UNREAD
        if issubclass(kind, Decision):
            names.add("id")  # a number
        yield kind, attrgetter(*(("time", "source") if issubclass(kind, Remark) else sorted(names)))


_READ = dict(_readers())
