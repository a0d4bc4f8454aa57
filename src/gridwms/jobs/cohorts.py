"""Jobs that are alike take their steps together: what a rule makes of them is worked out once.

Thousands of jobs come to a site, run and end in the same round, and differ in nothing that a rule of the life cycle
reads. A cohort are jobs that are alike in all of that; a job like no other is a cohort of one. What each has for itself
only travels with it: its key, its place in a compound, and what reports bring (a receipt, an instance).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import repeat, zip_longest
from operator import attrgetter
from typing import Any, NamedTuple

from gridwms.jobs.attempts import is_first
from gridwms.jobs.codec import Form, form_of
from gridwms.jobs.events import EVENT_TYPES, UNREAD, Decision, Delivered, Event, PayloadStarted, Remark, Report
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.retry import decision_id
from gridwms.jobs.steps import UnexpectedEvent, UnknownAttempt, step

Decide = Callable[[Job], Event | None]
"""The decision that a job asks for by itself."""
HadBefore = Callable[["Member", Event], bool]
"""Whether an event happened to a job before; asked only where the job itself does not tell that it is new."""
Own = tuple[str | None, str]
"""Receipt and instance of an attempt."""
Place = tuple[int, str, str]
"""Number, name and value of a node."""

_ATTEMPTS = Job._fields.index("attempts")
_OWN = Attempt._fields.index("receipt")
_NOTHING: Own = None, ""
_SINGLE: Place = 0, "", ""
_new: Any = tuple.__new__


class Member:
    """A job with the others that are alike: these share one object `like`, which is the job of one of them.

    `own`: of its attempts; `place`: in its compound. `start`, `begun`: `like` and `own` before the events that happen
    to it now. It changes with each event: whoever keeps what it was keeps `seen`.
    """

    __slots__ = ("begun", "key", "like", "number", "own", "place", "start")

    def __init__(self, number: int, job: Job, like: Job | None = None) -> None:
        self.number = number
        self.key = job.key
        self.like = self.start = like or job
        self.own = self.begun = _own_of(job)
        self.place: Place = job.node, job.node_name, job.value

    @classmethod
    def untried(cls, number: int, key: str, like: Job) -> Member:
        """A single job without attempts that is as another one but for its key."""
        member = cls.__new__(cls)
        member.number, member.key, member.place = number, key, _SINGLE
        member.like = member.start = like
        member.own = member.begun = ()
        return member

    @property
    def job(self) -> Job:
        """The job as it is now."""
        return _job(self.key, self.like, self.own, self.place)

    @property
    def was(self) -> Job:
        """The job as it was when the events began."""
        return _job(self.key, self.start, self.begun, self.place)

    def receipt(self, attempt: int) -> str | None:
        """What the site calls an attempt."""
        return self.own[attempt - 1][0] if attempt <= len(self.own) else None

    def take(self, move: Move, value: str | None) -> None:
        """Go with one's cohort, and keep what the event brings for this job alone."""
        self.like = move.to.job
        if move.brings >= 0:
            self.own = move.own(self.own, value)

    def surely_new(self, event: Event) -> bool:
        """Whether the job alone tells that it has not had this event before."""
        return surely_new(self.like, event)


def surely_new(job: Job, event: Event) -> bool:
    """The same of a job, and so of all that are like it."""
    if not isinstance(event, Report):
        return event.id == decision_id(job)
    attempts = job.attempts
    return 1 <= event.attempt <= len(attempts) and is_first(attempts[event.attempt - 1], event)


def _job(key: str, like: Job, own: tuple[Own, ...], place: Place) -> Job:
    if like[0] == key:
        return like
    attempts = like.attempts
    if attempts:
        pairs = zip_longest(attempts, own, fillvalue=_NOTHING)
        attempts = tuple([_new(Attempt, attempt[:_OWN] + pair) for attempt, pair in pairs])
    job: Job = _new(Job, (key, *like[1:_ATTEMPTS], attempts, *place))
    return job


def _own_of(job: Job) -> tuple[Own, ...]:
    return tuple([(attempt.receipt, attempt.instance) for attempt in job.attempts])


def members(stored: Mapping[str, tuple[int, Job]]) -> dict[str, Member]:
    """Jobs with their row numbers, by key, each with those among them that are alike."""
    likes: dict[Any, Job] = {}
    return {
        key: Member(number, job, likes.setdefault((job[1:_ATTEMPTS], *[one[:_OWN] for one in job.attempts]), job))
        for key, (number, job) in stored.items()
    }


class Batch(NamedTuple):
    """An event of many jobs, no two of the same job. What an event has that no rule reads may be another for each.

    `event`: or what makes one (or none) of a job as it is when its turn comes, the same of all that are alike.
    `ids`: where each has its own. `values`: of each, the receipt that Delivered brings, the instance of PayloadStarted.
    """

    keys: Sequence[str]
    event: Event | Callable[[Job], Event | None]
    ids: Sequence[str] | None = None
    values: Sequence[str] | None = None

    def apart(self, which: Iterable[int]) -> Iterator[tuple[str, Event | Callable[[Job], Event | None]]]:
        """Some of them as single events."""
        for index in which:
            event = self.event
            yield self.keys[index], self.of(index, event) if isinstance(event, Event) else partial(self._made, index)

    def _made(self, index: int, job: Job) -> Event | None:
        event = self.event(job) if callable(self.event) else self.event
        return None if event is None else self.of(index, event)

    def of(self, index: int, event: Event) -> Event:
        """The event of one of them."""
        changes: dict[str, Any] = {}
        if self.ids is not None:
            changes["id"] = self.ids[index]
        if self.values is not None:
            changes[OWN_FIELDS[type(event)]] = self.values[index]
        return replace(event, **changes) if changes else event


OWN_FIELDS: dict[type[Event], str] = {Delivered: "receipt", PayloadStarted: "instance"}
"""What a report brings that travels with its job."""


class Together(NamedTuple):
    """Jobs that took one event together, in the order in which they were given. `which`: their places; None: all."""

    move: Move
    members: Sequence[Member]
    which: Sequence[int] | None
    event: Event


class Move:
    """What an event makes of jobs that are alike, with the decisions that follow by themselves.

    `form`: of the event; `following`: those decisions. `steps`: a job before each of them; `reached`: after. `brings`:
    the index of the attempt to which the event gives something of its own, -1 for none. `new`: the jobs alone tell that
    they have not had it before. `count`: how many took it.
    """

    __slots__ = ("brings", "count", "effects", "following", "form", "new", "reached", "steps", "to")

    def __init__(self, cohort: Cohort, begin: Job, event: Event, decide: Decide, *, new: bool) -> None:
        self.following: list[tuple[Event, Form]] = []
        self.new = new
        self.count = 0
        self.brings = event.attempt - 1 if isinstance(event, Delivered | PayloadStarted) else -1
        job, self.effects = step(begin, event)
        self.form = form_of(event, _elsewhere(begin, job))
        self.steps = [(begin, event)]
        self.reached = [job]
        while (following := decide(job)) is not None:
            was = job
            job, effects = step(was, following)
            self.steps.append((was, following))
            self.reached.append(job)
            self.following.append((following, form_of(following, _elsewhere(was, job))))
            self.effects += effects
        self.to = cohort if job is begin else Cohort(job, alone=cohort.alone)

    def own(self, before: tuple[Own, ...], value: str | None) -> tuple[Own, ...]:
        """What a job has for itself after a report that is the first of its kind."""
        here = self.brings
        receipt, instance = before[here] if here < len(before) else _NOTHING
        after = (value, instance) if self.form.type == Delivered.type else (receipt, value or "")
        if here == 0 and len(before) < 2:
            return (after,)
        padded = [*before, *repeat(_NOTHING, here + 1 - len(before))]
        padded[here] = after
        return tuple(padded)


def _elsewhere(before: Job, after: Job) -> Job | None:
    return None if before.state is after.state and before.done_code is after.done_code else after


class Cohort:
    """Jobs that are alike. `alone`: there is but one, and no other will come here."""

    __slots__ = ("alone", "job", "moves")

    def __init__(self, job: Job, *, alone: bool) -> None:
        self.job = job
        self.alone = alone
        self.moves: dict[Any, Move] = {}


class Moved(NamedTuple):
    """Jobs that were alike and changed alike, as one of them did."""

    before: Job
    after: Job
    members: list[Member]

    @property
    def numbers(self) -> list[int]:
        """Their row numbers."""
        return [member.number for member in self.members]


class Seen(Mapping[str, Job]):
    """Jobs by key as they are now, and stay here whatever becomes of them; made only when somebody asks."""

    def __init__(self, some: Iterable[Member] = ()) -> None:
        self._seen = {one.key: (one.like, one.own, one.place) for one in some}

    def __getitem__(self, key: str) -> Job:
        return _job(key, *self._seen[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)

    def apart(self, key: str) -> tuple[Job, tuple[Own, ...]]:
        """A job that this one is like, and what it has for itself of its attempts."""
        return self._seen[key][:2]

    def renew(self, others: Seen) -> None:
        """Take those over that are in both."""
        self._seen.update({key: one for key, one in others._seen.items() if key in self._seen})


class Cohorts:
    """Jobs on their way through a set of events."""

    def __init__(self, stored: Mapping[str, Member], decide: Decide) -> None:
        self._decide = decide
        self._members = stored
        self._last: Event | None = None
        self._told: Any = None
        self._cohorts: dict[int, Cohort] = {}
        self.moves: list[Move] = []
        likes: list[Job] = []
        for member in stored.values():
            likes.append(like := member.like)
            member.start, member.begun = like, member.own
        names = list(map(id, likes))
        count = Counter(names)
        for name, like in dict(zip(names, likes, strict=True)).items():
            self._cohorts[name] = Cohort(like, alone=count[name] == 1)

    def __getitem__(self, key: str) -> Member:
        return self._members[key]

    def __contains__(self, key: str) -> bool:
        return key in self._members

    @property
    def likes(self) -> list[Job]:
        """A job of each cohort."""
        return [cohort.job for cohort in self._cohorts.values()]

    def take(self, member: Member, event: Event, had_before: HadBefore) -> Move | None:
        """Let an event happen to a job; None when it happened before. Raises UnexpectedEvent or UnknownAttempt."""
        cohort = self._cohorts[id(member.like)]
        move = None if cohort.alone else cohort.moves.get(self._read(event))
        new = member.surely_new(event) if move is None else move.new
        if not new and had_before(member, event):
            return None
        if move is None:
            if not new and not cohort.alone and type(event) in OWN_FIELDS:
                cohort = self._go_alone(member)
            move = self._move(cohort, member.job, event, new=new)
        move.count += 1
        if not cohort.alone:
            name = OWN_FIELDS.get(type(event))
            member.take(move, getattr(event, name) if name else None)
        elif move.to is not cohort:
            member.like, member.own = move.to.job, _own_of(move.to.job)
        return move

    def take_together(self, some: Sequence[Member], batch: Batch) -> tuple[list[Together], list[int]]:
        """Let the event of a batch happen to these jobs of it, given in its order.

        Returns what was made of those whose cohort alone tells that it is new to all of them, and the places of the
        others, which are to be taken one by one.
        """
        groups: dict[int, list[int]] = {}
        for index, name in enumerate(map(id, map(_LIKE, some))):
            try:
                groups[name].append(index)
            except KeyError:
                groups[name] = [index]
        made: list[Together] = []
        left: list[int] = []
        for name, which in groups.items():
            cohort, first = self._cohorts[name], some[which[0]]
            if cohort.alone:
                left += which
                continue
            told = batch.event(first.job) if callable(batch.event) else batch.event
            if told is None:
                continue
            if batch.values is None and type(told) in OWN_FIELDS:
                left += which
                continue
            move = cohort.moves.get(self._read(told))
            if move is None:
                event = batch.of(which[0], told)
                try:
                    move = self._move(cohort, first.job, event, new=True) if surely_new(first.like, event) else None
                except (UnexpectedEvent, UnknownAttempt):
                    move = None
            if move is None or not move.new:
                left += which
                continue
            those = some if len(which) == len(some) else [some[index] for index in which]
            move.count += len(those)
            like = move.to.job
            if batch.values is None:
                for member in those:
                    member.like = like
            else:
                own, values = move.own, batch.values
                for member, index in zip(those, which, strict=True):
                    member.like, member.own = like, own(member.own, values[index])
            made.append(Together(move, those, None if those is some else which, told))
        return made, sorted(left)

    def _read(self, event: Event) -> Any:
        if event is not self._last:
            self._last, self._told = event, (type(event), _READ[type(event)](event))
        return self._told

    def _move(self, cohort: Cohort, begin: Job, event: Event, *, new: bool) -> Move:
        move = Move(cohort, begin, event, self._decide, new=new)
        self.moves.append(move)
        self._cohorts[id(move.to.job)] = move.to
        if not cohort.alone:
            cohort.moves[self._read(event)] = move
        return move

    def _go_alone(self, member: Member) -> Cohort:
        """Be like no other: the rule for the next event compares what it brings with what the job has already."""
        member.like = Job(*member.job)
        cohort = self._cohorts[id(member.like)] = Cohort(member.like, alone=True)
        return cohort

    def seen(self) -> Seen:
        """All jobs by key, as they are now."""
        return Seen(self._members.values())

    def moved(self) -> list[Moved]:
        """Those that changed."""
        found: dict[tuple[int, int], list[Member]] = {}
        for member in self._members.values():
            if member.like is not member.start:
                pair = id(member.start), id(member.like)
                try:
                    found[pair].append(member)
                except KeyError:
                    found[pair] = [member]
        return [
            Moved(some[0].start, some[0].like, some) if len(some) > 1 else Moved(some[0].was, some[0].job, some)
            for some in found.values()
        ]


_LIKE = attrgetter("like")


def _readers() -> Iterable[tuple[type[Event], Callable[[Event], Any]]]:
    for kind in EVENT_TYPES.values():
        names = {field.name for field in fields(kind)} - UNREAD
        if issubclass(kind, Decision):
            names.add("id")  # a number
        yield kind, attrgetter(*(("time", "source") if issubclass(kind, Remark) else sorted(names)))


_READ = dict(_readers())
