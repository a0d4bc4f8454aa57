"""The choice among those that match, for any number of equal jobs at once (gLite reference §2.2 and §2.4)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Protocol

from gridwms.match.verdict import Candidate, Verdict


class Draw(Protocol):
    """The source of chance: `random.Random` has both."""

    def random(self) -> float:
        """At least 0, below 1."""

    def randrange(self, stop: int, /) -> int:
        """A whole number at least 0, below `stop`."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Room at one resource, promised slots already subtracted. Negative numbers count as 0.

    `free`: slots in which a job can start now. `queue_limit_left`: jobs that may still be sent there to wait, None for
    no limit; jobs in free slots do not count against it.
    """

    free: int
    queue_limit_left: int | None = None


def choose(
    verdict: Verdict,
    count: int,
    capacity: Mapping[str, Capacity],
    rng: Draw,
    *,
    fuzzy_factor: float | None = None,
    tried: Collection[str] = (),
    slots: int = 1,
    site_room: Mapping[str, int] | None = None,
) -> list[Candidate | None]:
    """One candidate for each of `count` equal jobs; None where there is no room.

    `capacity`: ce_id to room; a resource that is missing there, or that no site leads to, takes no job. `tried`:
    hosts of earlier attempts, left out unless that leaves none. `fuzzy_factor`: None takes the highest rank, drawing
    among equals; a number makes the stochastic choice with this steepness. `slots`: how many each job occupies.
    `site_room`: how many jobs each site may still get in all its resources together; a missing one has no limit.

    Free slots are filled first, best rank first; then jobs are queued, again best rank first.
    """
    places = [c for c in without_tried(verdict.candidates, tried) if c.site is not None and c.ce_id in capacity]
    sites = {site: float(room) for site, room in (site_room or {}).items()}
    now = [float(max(0, capacity[c.ce_id].free) // max(1, slots)) for c in places]
    later = [_queue_room(capacity[c.ce_id]) for c in places]
    picks: list[Candidate] = []
    for room in (_Room(places, now, sites), _Room(places, later, sites)):
        wanted = count - len(picks)
        picks += _by_rank(room, wanted, rng) if fuzzy_factor is None else _by_chance(room, wanted, rng, fuzzy_factor)
    return [*picks, *[None] * (count - len(picks))]


def without_tried(candidates: Sequence[Candidate], tried: Collection[str]) -> list[Candidate]:
    """The candidates on hosts not yet tried; all of them if that leaves none (gLite reference §2.2, step 3)."""
    hosts = {host.lower() for host in tried}
    return [c for c in candidates if c.host.lower() not in hosts] or list(candidates)


def weights(ranks: Sequence[float], factor: float) -> list[float]:
    """The stochastic choice: w = atan((rank - mean) * factor) + pi/2; a chance is w over the sum (reference §2.4)."""
    finite = [rank for rank in ranks if math.isfinite(rank)]
    mean = sum(finite) / len(finite) if finite else 0.0
    return [math.atan(_distance(rank, mean) * factor) + math.pi / 2 for rank in ranks]


def _distance(rank: float, mean: float) -> float:
    return rank - mean if math.isfinite(rank) else math.copysign(1e300, rank)


def _queue_room(capacity: Capacity) -> float:
    return math.inf if capacity.queue_limit_left is None else max(0, capacity.queue_limit_left)


class _Room:
    """The places of one round and what is left in each; sites are shared between rounds."""

    def __init__(self, places: Sequence[Candidate], left: list[float], sites: dict[str, float]) -> None:
        self.places, self.left, self.sites = places, left, sites

    def takes(self, index: int) -> bool:
        """Whether this place still takes a job."""
        return self.left[index] >= 1 and self.sites.get(self.places[index].site or "", 1) >= 1

    def open(self, indexes: Iterable[int]) -> list[int]:
        """Those of the places that still take a job."""
        return [index for index in indexes if self.takes(index)]

    def put(self, index: int) -> Candidate:
        """Put a job there."""
        place = self.places[index]
        self.left[index] -= 1
        if place.site in self.sites:
            self.sites[place.site] -= 1
        return place


def _by_rank(room: _Room, count: int, rng: Draw) -> list[Candidate]:
    """Best rank first; among equals each job draws one, so that none of them is preferred."""
    picks: list[Candidate] = []
    for _, equals in groupby(range(len(room.places)), key=lambda i: room.places[i].rank):
        places = room.open(equals) if len(picks) < count else []
        while places and len(picks) < count:
            drawn = rng.randrange(len(places)) if len(places) > 1 else 0
            if room.takes(places[drawn]):
                picks.append(room.put(places[drawn]))
            else:
                places[drawn] = places[-1]
                places.pop()
    return picks


def _by_chance(room: _Room, count: int, rng: Draw, factor: float) -> list[Candidate]:
    """Draw by the weights of all places; what is full is passed over."""
    picks: list[Candidate] = []
    weight = weights([place.rank for place in room.places], factor)
    places = room.open(range(len(room.places)))
    while places and len(picks) < count:
        sums = list(accumulate(weight[index] for index in places))
        in_vain, most_in_vain = 0, len(places)
        while len(picks) < count and in_vain < most_in_vain:
            index = places[min(bisect_right(sums, rng.random() * sums[-1]), len(places) - 1)]
            if room.takes(index):
                picks.append(room.put(index))
            else:
                in_vain += 1
        places = room.open(places)
    return picks
