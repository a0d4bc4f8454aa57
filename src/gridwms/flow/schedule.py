"""Matching what waits with what is there: once a class and snapshot, then places for as many jobs as there is room.

Nothing is done per waiting job: lines (jobs of one class, account and priority) are counted, a class is matched once
however many jobs it holds, and only the jobs that get a place are read and written. Lines take turns by the shares
of their accounts; in an account the highest priority goes first, then what waits longest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection

from gridwms.classad import ClassAdSyntaxError, evaluate_attribute
from gridwms.flow.compound.together import keep_together
from gridwms.flow.data.located import Located
from gridwms.flow.match_class import MatchClass, read_class
from gridwms.flow.obstacles import obstacles, reason_of
from gridwms.flow.quarantine import Quarantine, quarantine
from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.share.turns import Rounds, Turns
from gridwms.flow.sites import closed, room
from gridwms.flow.world import World
from gridwms.jobs.cohorts import Batch, Member
from gridwms.jobs.events import Matched
from gridwms.jobs.job import NO_WISHES, Job, Wishes
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.market.snapshot import Resource, Snapshot
from gridwms.match.capacity import Room, room_of
from gridwms.match.changes import changes
from gridwms.match.choose import choose
from gridwms.match.explain import Explanation, code_of, explain
from gridwms.match.matching import Matching
from gridwms.match.submit_to import named
from gridwms.match.verdict import Candidate, Verdict
from gridwms.store import closures, descriptions, listing, outbox, present, verdicts
from gridwms.store import jobs as rows
from gridwms.store.listing import Line

logger = structlog.get_logger(__name__)

_Told = tuple[Reason | None, Explanation | None]
_MOST = 2000
"""How many jobs of one line are placed in a round, and about how many of all in one transaction."""
_BEHIND = 200
"""How many jobs are looked at behind those at the head of the line, when some of these wait for one place."""
_LOOK_AGAIN, _LOOKS = 300.0, 20
"""Seconds after which the numbers of a class that still waits for the same reason are looked at again, and how many
classes are looked at so in one round."""


@dataclass(slots=True)
class _Plan:
    """Places for the oldest jobs of a line, the best one first. `slots`: that each of them takes."""

    line: Line
    verdict: Verdict
    slots: int
    places: list[Candidate] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Said:
    """What was recorded last of a class, since when its code holds, and of which snapshot its numbers are."""

    code: str | None
    began: float = 0.0
    data: dict[str, Any] | None = None
    looked_at: float = 0.0
    version: int = -1


@dataclass(frozen=True, slots=True)
class Look:
    """What matching says of one job now. `reason` None: it could go. `matching`: how many resources suit it.

    `untried`: it could not, because so many are on hosts that it has not tried, and all of these are full.
    """

    reason: Reason | None
    explanation: dict[str, Any] | None
    matching: int = 0
    untried: int = 0


class Scheduler:
    """Holds what can be kept between rounds: the ads of classes, and their verdicts on the current snapshot."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._classes: dict[str, MatchClass] = {}
        self._compiled: dict[str, Matching] = {}
        self._verdicts: dict[str, Verdict | Reason] = {}
        self._version = -1
        self._places: dict[str, Located | Reason] = {}
        self._said: dict[str, _Said] = {}
        self._looks = 0
        self._closed: dict[str, str] = {}
        self._unfit: dict[Wishes, frozenset[str]] = {}
        self._turns = Rounds(world)
        self._left_alone = Quarantine()

    def round(self) -> bool:
        """Place what can be placed now; whether another round at once may place more."""
        world = self._world
        snapshot = world.market.snapshot
        self._take_up(snapshot)
        self._looks = 0
        lines = world.database.read(lambda connection: listing.waiting_lines(connection, _MOST))
        classes = {line.match_class for line in lines}
        self._forget_all_but(classes)
        if not lines:
            self._turns.nobody_waits()
            return False
        self._load(classes - self._classes.keys())
        room = self._room(snapshot)
        verdicts: dict[str, Verdict] = {}
        for match_class in classes:
            verdict = self._open(match_class, room, snapshot)
            if isinstance(verdict, Reason):
                self._say(match_class, verdict.code, partial(_alone, verdict))
            else:
                verdicts[match_class] = verdict
        turns = self._turns.begin([line for line in lines if line.match_class in verdicts], _MOST)
        plans = self._plan(turns, verdicts, room)
        placed = sum(self._place(some, room, snapshot) for some in _batches(plans))
        for match_class, verdict in verdicts.items():
            full = self._full(match_class, verdict, room) if match_class in turns.full else None
            code = code_of(verdict) or (full.code if full else None)
            self._say(match_class, code, partial(_explained, verdict, full))
        turns.say(verdicts)
        return placed > 0 and (turns.cut or placed < sum(len(plan.places) for plan in plans))

    def _open(self, match_class: str, room: Room, snapshot: Snapshot) -> Verdict | Reason:
        """The verdict on a class, with the places that are open to its jobs now."""
        verdict = self._verdict(match_class, snapshot)
        together = "" if isinstance(verdict, Reason) else self._classes[match_class].together
        if isinstance(verdict, Reason) or not together:
            return verdict
        return keep_together(self._world, together, verdict, room, partial(self._verdicts_of, snapshot))

    def _plan(self, turns: Turns, verdicts: Mapping[str, Verdict], room: Room) -> list[_Plan]:
        """Places for as many jobs as there is room, whose turn it is first. `room` shrinks by them."""
        plans: dict[Line, _Plan] = {}
        while (turn := turns.next()) is not None:
            line, slots = turn
            known, candidates = self._classes[line.match_class], verdicts[line.match_class].candidates
            plan = plans.setdefault(line, _Plan(line, verdicts[line.match_class], known.slots))
            wanted = min(max(1, slots // known.slots), turns.wanted(line))
            picks = choose(
                candidates,
                wanted,
                room.within(turns.site_room(line)),
                self._world.rng,
                fuzzy_factor=known.fuzzy_factor,
                slots=known.slots,
            )
            made = {index: candidates[index] for index in set(picks)}
            sites: Counter[str] = Counter()
            for index, same in groupby(picks):
                jobs = sum(1 for _ in same)
                room.take(made[index].row, known.slots, jobs)
                sites[made[index].site or ""] += jobs
            plan.places += [made[index] for index in picks]
            turns.got(line, sites, wanted, known.slots)
        return [plan for plan in plans.values() if plan.places]

    def _verdicts_of(self, snapshot: Snapshot, classes: set[str]) -> dict[str, Verdict | Reason]:
        self._load(classes - self._classes.keys())
        return {match_class: self._verdict(match_class, snapshot) for match_class in classes}

    def with_other_place(self, jobs: Sequence[Job]) -> list[Job]:
        """Those among these jobs for which a host that they have not tried has a free slot now."""
        snapshot = self._world.market.snapshot
        self._take_up(snapshot)
        self._load({job.match_class for job in jobs} - self._classes.keys())
        room = self._room(snapshot)
        found = []
        for job in jobs:
            verdict = self._verdict(job.match_class, snapshot)
            if isinstance(verdict, Reason) or self._classes[job.match_class].together:
                continue
            slots = self._classes[job.match_class].slots
            tried = _tried(job, snapshot)
            for index in choose(verdict.candidates, 1, room, self._world.rng, tried=tried, slots=slots):
                place = verdict.candidates[index]
                if room.free[place.row] >= slots and place.host.lower() not in tried:
                    room.take(place.row, slots)
                    found.append(job)
        return found

    def _take_up(self, snapshot: Snapshot) -> None:
        if snapshot.version != self._version:
            self._verdicts, self._unfit, self._version = {}, {}, snapshot.version

    def _unfit_for(self, wishes: Wishes, snapshot: Snapshot) -> frozenset[str]:
        """The hosts at which a job is not to be tried: that it avoids, or that surely have too little memory."""
        if wishes == NO_WISHES:
            return frozenset()
        found = self._unfit.get(wishes)
        if found is None:
            found = self._unfit[wishes] = frozenset(
                one.host.lower() for one in snapshot.resources if one.site in wishes.sites or _is_small(one, wishes)
            )
        return found

    def look(self, job: Job) -> Look:
        """What matching says of one waiting job, without giving it a place."""
        snapshot = self._world.market.snapshot
        self._take_up(snapshot)
        self._load({job.match_class})
        room = self._room(snapshot)
        verdict = self._open(job.match_class, room, snapshot)
        if isinstance(verdict, Reason):
            return Look(verdict, None)
        slots = self._classes[job.match_class].slots
        open_ = choose(verdict.candidates, 1, room, self._world.rng, slots=slots)
        full = None if open_ or code_of(verdict) else self._full(job.match_class, verdict, room)
        why, explanation = _explained(verdict, full)
        tried = _tried(job, snapshot)
        rows = verdict.candidates.rows
        elsewhere = int(room.untried(rows[room.led_to(rows)], tried).sum()) if tried and open_ else 0
        if elsewhere and choose(verdict.candidates, 1, room, self._world.rng, tried=tried, slots=slots):
            elsewhere = 0
        return Look(why, _data(explanation), verdict.matching, elsewhere)

    def _room(self, snapshot: Snapshot) -> Room:
        world = self._world
        now = world.clock()
        limited = [name for name in world.sites if world.settings.policy(name).max_queued]
        paced = [name for name in world.sites if world.settings.policy(name).max_per_minute]
        (held, promised), queued, undelivered, planned, self._left_alone = world.database.read(
            lambda connection: (
                present.promised(connection, snapshot.taken_at),
                present.queued(connection, limited) if limited else {},
                outbox.undelivered(connection, paced) if paced else {},
                closures.current(connection, now),
                quarantine(world, connection),
            )
        )
        self._closed = closed(world, planned, now)
        places = room(world, self._closed, held, queued, undelivered)
        return room_of(snapshot, promised, site_room=places, element_room=self._left_alone.room)

    def _full(self, match_class: str, verdict: Verdict, room: Room) -> Reason:
        """Why none of the resources that match takes a job more."""
        slots = self._classes[match_class].slots
        found = obstacles(self._world, verdict.candidates, room, self._closed, self._left_alone, slots)
        return reason_of(found, len(verdict.candidates))

    def _forget_all_but(self, waiting: Collection[str]) -> None:
        for kept in (self._classes, self._compiled, self._verdicts, self._places, self._said):
            for match_class in kept.keys() - waiting:
                del kept[match_class]

    def _load(self, missing: set[str]) -> None:
        if not missing:
            return
        ads, said = self._world.database.read(
            lambda connection: (
                descriptions.get_classes(connection, missing),
                verdicts.latest(connection, missing),
            )
        )
        for match_class, text in ads.items():
            try:
                self._classes[match_class] = read_class(text)
            except ClassAdSyntaxError as error:
                logger.error("the ad of a match class cannot be read", match_class=match_class, why=str(error))
        self._said |= {
            match_class: _Said(v.reason.code if v.reason else None, v.began, v.explanation, v.since)
            for match_class, v in said.items()
        }

    def _verdict(self, match_class: str, snapshot: Snapshot) -> Verdict | Reason:
        place = self._place_of_data(match_class)
        found = self._verdicts.get(match_class)
        if found is None:
            try:
                found = self._match(match_class, snapshot, place)
            except Exception as error:  # one class of jobs must not keep all others waiting
                logger.exception("a match class cannot be matched", match_class=match_class)
                found = reason("description_lost", text=f"matching failed: {type(error).__name__}: {error}")
            self._verdicts[match_class] = found
        return found

    def _place_of_data(self, match_class: str) -> Located | Reason | None:
        """Where the input data of a class lies; a verdict from before it moved is forgotten."""
        known = self._classes.get(match_class)
        if known is None or known.data is None or known.submit_to:
            return None
        place = self._world.data.where(known.data)
        if place != self._places.get(match_class):
            self._places[match_class] = place
            self._verdicts.pop(match_class, None)
        return place

    def _match(self, match_class: str, snapshot: Snapshot, place: Located | Reason | None) -> Verdict | Reason:
        known = self._classes.get(match_class)
        if known is None:
            return reason("description_lost", text="its matching ad is not in the database, or of another version")
        matching = self._compiled.get(match_class)
        if matching is None:
            policies = self._world.settings.policies
            matching = Matching(known.ad, known.ad["Requirements"], known.ad["Rank"], policies)
            self._compiled[match_class] = matching
        if known.submit_to:
            return named(known.submit_to, snapshot, matching)
        if isinstance(place, Reason):
            return place
        return matching.on(snapshot, place.wanted if place is not None else None)

    def _place(self, plans: Sequence[_Plan], room: Room, snapshot: Snapshot) -> int:
        """Give the places of plans to the oldest jobs of their lines; how many got one."""
        world = self._world
        now = world.clock()

        def work(connection: Connection) -> tuple[Recorded, int]:
            allowed = self._turns.allowance(connection)
            stored: dict[str, Member] = {}
            taken: dict[str, tuple[Candidate, _Plan]] = {}
            for plan in plans:
                places, account = plan.places[::-1], plan.line.account
                count = len(places)
                oldest = listing.waiting_of(connection, plan.line, count + _BEHIND)
                found = rows.members_numbered(connection, oldest[:count])
                for key, one in found.items():
                    if not one.like.attempts:
                        place = places.pop() if places else None
                    else:
                        place = self._for_retry(one.job, plan.verdict, places, room, snapshot, plan.slots)
                    if place is not None and allowed(account, place.site or ""):
                        taken[key] = place, plan
                if places and len(oldest) > count:  # some at the head wait for another place: they hold up nobody
                    behind = rows.members_numbered(connection, oldest[count:])
                    fresh = [key for key, one in behind.items() if not one.like.attempts]
                    for key, place in zip(fresh, reversed(places), strict=False):
                        if allowed(account, place.site or ""):
                            taken[key] = place, plan
                    found |= behind
                stored |= found
            told: dict[tuple[int, int], tuple[Matched, list[str]]] = {}
            for key, (place, plan) in taken.items():
                like = stored[key].like
                alike = told.get((id(place), id(like)))
                if alike is None:
                    alike = told[id(place), id(like)] = _matched(like, place, plan, now), []
                alike[1].append(key)
            recorded = apply(connection, world, stored, [Batch(keys, event) for event, keys in told.values()])
            return recorded, sum(1 for key in taken if recorded.jobs.apart(key)[0].state is State.READY)

        recorded, placed = world.database.write(work)
        announce(world, recorded)
        return placed

    def _for_retry(
        self, job: Job, verdict: Verdict, places: list[Candidate], elsewhere: Room, snapshot: Snapshot, slots: int
    ) -> Candidate | None:
        """A place on a host that the job has not tried: one of those chosen, else one with room besides them.

        One that it has tried only when no other host matches (bug 28235).
        """
        unfit = self._unfit_for(job.wishes, snapshot)
        tried = _tried(job, snapshot) | unfit
        for index in range(len(places) - 1, -1, -1):
            if places[index].host.lower() not in tried:
                return places.pop(index)
        picks = choose(verdict.candidates, 1, elsewhere, self._world.rng, tried=tried, slots=slots)
        if picks and (place := verdict.candidates[picks[0]]).host.lower() not in unfit:
            elsewhere.take(place.row, slots)
            return place
        rows = verdict.candidates.rows
        if elsewhere.untried(rows[elsewhere.led_to(rows)], tried).any():
            return None  # it waits for one of them
        return next((places.pop(index) for index in range(len(places) - 1, -1, -1) if _may(places[index], unfit)), None)

    def _say(self, match_class: str, code: str | None, tell: Callable[[], _Told]) -> None:
        """Keep why a class waits when that has changed, and now and then when its numbers have.

        Only then is it worked out in full.
        """
        now = self._world.clock()
        known = self._said.get(match_class)
        if known is None and code is None:
            return
        same = known is not None and known.code == code
        if same and known is not None:
            if (
                code is None
                or now - known.looked_at < _LOOK_AGAIN
                or self._looks >= _LOOKS
                or known.version == self._version
            ):
                return
            self._looks += 1
        why, explanation = tell()
        data = _data(explanation)
        began = known.began if same and known is not None else now
        self._said[match_class] = _Said(code, began, data, now, self._version)
        if same and known is not None and (known.data is None or not changes(known.data, data)):
            return
        new = verdicts.ClassVerdict(match_class, now, why, data | {"began": began})
        self._world.database.write(lambda connection: verdicts.add(connection, [new]))


def _may(place: Candidate, unfit: Collection[str]) -> bool:
    return place.host.lower() not in unfit


def _is_small(resource: Resource, wishes: Wishes) -> bool:
    memory = evaluate_attribute(resource.ad, "GlueHostMainMemoryRAMSize") if wishes.memory_mb else None
    return isinstance(memory, int) and memory < wishes.memory_mb


def _tried(job: Job, snapshot: Snapshot) -> set[str]:
    """The hosts of its attempts, as far as the market still knows them."""
    known = (snapshot.find(attempt.ce) for attempt in job.attempts)
    return {place.host.lower() for place in known if place is not None}


def _data(explanation: Explanation | None) -> dict[str, Any]:
    """An explanation as JSON types, without the reason."""
    data = asdict(explanation) if explanation else {}
    data.pop("reason", None)
    return data


def _alone(why: Reason) -> _Told:
    return why, None


def _explained(verdict: Verdict, full: Reason | None) -> _Told:
    explanation = explain(verdict)
    return explanation.reason or full, explanation


def _batches(plans: Sequence[_Plan]) -> Iterator[list[_Plan]]:
    """The plans by what one transaction takes."""
    batch: list[_Plan] = []
    for plan in plans:
        if batch and sum(len(one.places) for one in batch) + len(plan.places) > _MOST:
            yield batch
            batch = []
        batch.append(plan)
    if batch:
        yield batch


def _matched(job: Job, place: Candidate, plan: _Plan, now: float) -> Matched:
    return Matched(
        id=decision_id(job),
        time=now,
        attempt=len(job.attempts) + 1,
        site=place.site or "",
        ce=place.ce_id,
        rank=place.rank,
        considered=plan.verdict.considered,
        matching=plan.verdict.matching,
        slots=plan.slots,
    )
