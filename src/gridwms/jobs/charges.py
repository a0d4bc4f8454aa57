"""What accounts hold at sites, and what they have used: counted from events, one at a time.

Usage is slot seconds that fade with a half-life, as Slurm's (PriorityDecayHalfLife) and HTCondor's
(PRIORITY_HALFLIFE) do. While `slots` run it grows by itself, so between two events nothing has to be done:

    usage(t) = usage(t0) * 2^(-(t - t0) / h) + slots * grown(t - t0),   grown(d) = (1 - 2^(-d / h)) * h / ln 2

What is heard late is charged from when it happened: `grown` since then is added, or taken back.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from gridwms.jobs.events import Event, Report
from gridwms.jobs.job import Attempt, Job


class Holding(NamedTuple):
    """What an account has at a site.

    `queued`, `running`: jobs that hold a place there, on their way included. `slots`: that its running payloads take.
    `usage`: slot seconds, faded until `at`.
    """

    queued: int = 0
    running: int = 0
    slots: int = 0
    usage: float = 0.0
    at: float = 0.0

    @property
    def held(self) -> int:
        return self.queued + self.running


class Charge(NamedTuple):
    """What one event adds to a holding. `since`: slots that run (or, below 0, do not run) since a time."""

    queued: int
    running: int
    slots: int
    since: tuple[tuple[int, float], ...] = ()

    def times(self, count: int) -> Charge:
        """The same for so many jobs."""
        since = tuple((count * slots, time) for slots, time in self.since)
        return Charge(count * self.queued, count * self.running, count * self.slots, since)


Charges = dict[tuple[int, str], list[Charge]]
"""By account and site."""


def grown(seconds: float, half_life: float) -> float:
    """The usage of one slot that has run for so long."""
    return -math.expm1(-math.log(2) * seconds / half_life) * half_life / math.log(2)


def faded(holding: Holding, now: float, half_life: float) -> Holding:
    """The holding at a later time. A clock that was set back stops it."""
    passed = now - holding.at
    if passed <= 0:
        return holding
    usage = holding.usage * 2 ** (-passed / half_life) + holding.slots * grown(passed, half_life)
    return holding._replace(usage=usage, at=now)


def charged(holding: Holding, charges: Iterable[Charge], now: float, half_life: float) -> Holding:
    """The holding after what was recorded at `now`."""
    queued, running, slots, usage, at = faded(holding, now, half_life)
    for charge in charges:
        queued, running, slots = queued + charge.queued, running + charge.running, slots + charge.slots
        for count, since in charge.since:
            usage += count * grown(max(0.0, at - since), half_life)
    return Holding(queued, running, slots, max(0.0, usage), at)


def note(charges: Charges, was: Job, job: Job, event: Event, count: int = 1) -> None:
    """Add what `event`, which made `job` of `was`, means for the account of the job. `count`: jobs that are alike."""
    number = event.attempt if isinstance(event, Report) else len(job.attempts)
    after = job.attempts[number - 1]
    before = was.attempts[number - 1] if number <= len(was.attempts) else None
    if before is not None and (before.over or _read(before) == _read(after)):
        return
    charge = _charge(before, after, event.time)
    if charge is not None:
        charges[job.account, after.site].append(charge.times(count))


_read = attrgetter("running_at", "outcome", "departure", "refused_at", "over")
"""All that places and spans depend on and an event can change."""


def no_charges() -> Charges:
    """Where `note` adds to."""
    return defaultdict(list)


def _charge(before: Attempt | None, after: Attempt, time: float) -> Charge | None:
    """The difference between two views of an attempt; `time`: of a decision that closes it."""
    old_place, new_place = _place(before), _place(after)
    old_span, new_span = _span(before), _span(after, time)
    if old_place == new_place and old_span == new_span:
        return None
    since: list[tuple[int, float]] = []
    slots = 0
    for sign, span in ((-1, old_span), (1, new_span)):
        if span is None:
            continue
        start, end = span
        since.append((sign * after.slots, start))
        if end is None:
            slots += sign * after.slots
        else:
            since.append((-sign * after.slots, max(start, end)))
    return Charge(new_place[0] - old_place[0], new_place[1] - old_place[1], slots, tuple(since))


def _place(attempt: Attempt | None) -> tuple[int, int]:
    """Whether it holds a place in a queue, and whether one to run."""
    if attempt is None or attempt.over or attempt.departure is not None or attempt.refused_at is not None:
        return 0, 0
    return (1, 0) if attempt.running_at is None else (0, 1)


def _span(attempt: Attempt | None, closed: float = 0.0) -> tuple[float, float | None] | None:
    """From when until when it ran, as far as is known; None: it did not."""
    if attempt is None or attempt.running_at is None:
        return None
    ends = [word.time for word in (attempt.outcome, attempt.departure) if word is not None]
    if attempt.over and not ends:
        ends = [closed]
    return max(attempt.running_at, attempt.matched_at), min(ends) if ends else None
