"""The choice among those that match, for any number of equal jobs at once (gLite reference §2.2 and §2.4)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import Protocol

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.planes import Rows
from gridwms.match.capacity import Room
from gridwms.match.verdict import Ranking, Reals


class Draw(Protocol):
    """The source of chance: `random.Random` has both."""

    def random(self) -> float:
        """At least 0, below 1."""

    def randrange(self, stop: int, /) -> int:
        """A whole number at least 0, below `stop`."""


def choose(
    ranking: Ranking,
    count: int,
    room: Room,
    rng: Draw,
    *,
    fuzzy_factor: float | None = None,
    tried: Collection[str] = (),
    slots: int = 1,
) -> list[int]:
    """Indexes into `ranking` for as many of `count` equal jobs as there is room; `room` is left as it is.

    `tried`: hosts of earlier attempts, left out unless that leaves none (reference §2.2, step 3). `fuzzy_factor`:
    None takes the highest rank, drawing among equals; a number makes the stochastic choice with this steepness.
    `slots`: how many a job takes. A resource that no site leads to takes no job.

    Free slots are filled first, best rank first; then jobs are queued, again best rank first.
    """
    if fuzzy_factor is None:
        if count == 1 and (first := _first(ranking, room, rng, tried, slots)) is not None:
            return [first]
        for end in _prefixes(ranking, count):
            picks = _picks(ranking, end, count, room, rng, None, tried, slots, queue=False)
            if len(picks) == count:
                return picks
    return _picks(ranking, len(ranking), count, room, rng, fuzzy_factor, tried, slots)


_DRAWS = 32


def _first(ranking: Ranking, room: Room, rng: Draw, tried: Collection[str], slots: int) -> int | None:
    """A free slot for one job among those of the highest rank; None when none was met in so many draws.

    Each that could take it is as likely as any other, however many cannot.
    """
    equals = int(numpy.searchsorted(-ranking.ranks, -ranking.ranks[0], side="right")) if len(ranking) else 0
    for _ in range(min(_DRAWS, 4 * equals)):
        index = rng.randrange(equals) if equals > 1 else 0
        row = ranking.rows[index]
        site, element = room.site[row], room.element[row]
        if not room.led_to(ranking.rows[index : index + 1])[0] or room.free[row] // max(1, slots) < 1:
            continue
        if room.site_room[site] < 1 or room.element_room[element] < 1:
            continue
        if not tried or room.untried(ranking.rows[index : index + 1], tried)[0]:
            return index
    return None


_FIRST_LOOK, _WIDER = 64, 8


def _prefixes(ranking: Ranking, count: int) -> Iterator[int]:
    """Ends of beginnings of a ranking, each with all that are equal to its last.

    Jobs that all find free slots in such a beginning find the very same without the rest.
    """
    ranks, end = ranking.ranks, _FIRST_LOOK * max(1, count)
    while end < len(ranks):
        # Ranks fall, so those that are equal to the last of them end where the next lower one begins.
        whole = int(numpy.searchsorted(-ranks, -ranks[end - 1], side="right"))
        if whole >= len(ranks):
            return
        yield whole
        end = max(whole, end * _WIDER)


def _picks(
    ranking: Ranking,
    end: int,
    count: int,
    room: Room,
    rng: Draw,
    fuzzy_factor: float | None,
    tried: Collection[str],
    slots: int,
    *,
    queue: bool = True,
) -> list[int]:
    """The choice among the first `end`; `queue` False: of free slots alone."""
    rows_of_all, ranks_of_all = ranking.rows[:end], ranking.ranks[:end]
    places = numpy.flatnonzero(room.led_to(rows_of_all))
    if tried:
        other = places[room.untried(rows_of_all[places], tried)]
        if not queue and not len(other):
            return []  # there may be others further down
        places = other if len(other) else places
    rows = rows_of_all[places]
    sites = list(room.site_room)
    _, element = numpy.unique(room.element[rows], return_inverse=True)
    most = room.element_room[room.element[rows]]
    picks: list[int] = []
    free = room.free[rows] // max(1, slots)
    for left in (free, room.queue[rows]) if queue else (free,):
        wanted = count - len(picks)
        if wanted > 0:
            turn = _Turn(numpy.minimum(left, most), element, room.site[rows], sites)
            ranks = ranks_of_all[places]
            found = (
                _by_rank(turn, ranks, wanted, rng)
                if fuzzy_factor is None
                else _by_chance(turn, ranks, wanted, rng, fuzzy_factor)
            )
            picks += places[found].tolist()
            most = most - turn.given[element]
    return picks


def weights(ranks: Reals, factor: float) -> Reals:
    """The stochastic choice: w = atan((rank - mean) * factor) + pi/2; a chance is w over the sum (reference §2.4)."""
    finite = ranks[numpy.isfinite(ranks)]
    mean = float(finite.mean()) if len(finite) else 0.0
    distances = numpy.where(numpy.isfinite(ranks), ranks - mean, numpy.copysign(1e300, ranks))
    chances: Reals = numpy.arctan(distances * factor) + math.pi / 2
    return chances


class _Turn:
    """The places of one round, what each can take, and what is left in the sites, which the rounds share.

    What one view of a computing element was given, its other views have no more.
    """

    def __init__(self, most: Reals, element: Rows, site: NDArray[numpy.int32], sites: list[float]) -> None:
        self.most, self.element, self.site, self.sites = most, element, site, sites
        self.given: Rows = numpy.zeros(len(most), dtype=numpy.int64)

    def open(self, places: Rows) -> Rows:
        """Those that still take a job."""
        sites = numpy.array(self.sites)
        left = self.most[places] - self.given[self.element[places]]
        return places[(left >= 1) & (sites[self.site[places]] >= 1)]

    def takes(self, place: int) -> bool:
        """Whether this place still takes a job."""
        left = self.most[place] - self.given[self.element[place]]
        return bool(left >= 1) and self.sites[self.site[place]] >= 1

    def put(self, place: int) -> int:
        """Put a job there."""
        self.given[self.element[place]] += 1
        self.sites[self.site[place]] -= 1
        return place

    def fill(self, place: int, jobs: int) -> int:
        """Put as many of these jobs there as it takes; how many."""
        element, site = self.element[place], self.site[place]
        taken = max(0, int(min(jobs, self.most[place] - self.given[element], self.sites[site])))
        self.given[element] += taken
        self.sites[site] -= taken
        return taken


def _by_rank(turn: _Turn, ranks: Reals, count: int, rng: Draw) -> list[int]:
    """Best rank first; among equals each job draws one, so that none of them is preferred."""
    picks: list[int] = []
    for equals in _equals(turn.open(numpy.arange(len(ranks))), ranks):
        places = turn.open(equals).tolist()
        if len(places) == 1:
            picks += places * turn.fill(places[0], count - len(picks))
            places = []
        while places and len(picks) < count:
            drawn = rng.randrange(len(places)) if len(places) > 1 else 0
            if turn.takes(places[drawn]):
                picks.append(turn.put(places[drawn]))
            else:
                places[drawn] = places[-1]
                places.pop()
        if len(picks) >= count:
            break
    return picks


def _equals(places: Rows, ranks: Reals) -> Iterator[Rows]:
    """The places in groups of one rank, in their order."""
    if len(places):
        ordered = ranks[places]
        bounds = numpy.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        start = 0
        for end in (*bounds.tolist(), len(places)):
            yield places[start:end]
            start = end


def _by_chance(turn: _Turn, ranks: Reals, count: int, rng: Draw, factor: float) -> list[int]:
    """Draw by the weights of all places; what is full is passed over."""
    picks: list[int] = []
    weight = weights(ranks, factor)
    places = turn.open(numpy.arange(len(ranks)))
    while len(places) and len(picks) < count:
        sums = list(accumulate(weight[places].tolist()))
        indexes = places.tolist()
        in_vain, most_in_vain = 0, len(indexes)
        while len(picks) < count and in_vain < most_in_vain:
            index = indexes[min(bisect_right(sums, rng.random() * sums[-1]), len(indexes) - 1)]
            if turn.takes(index):
                picks.append(turn.put(index))
            else:
                in_vain += 1
        places = turn.open(places)
    return picks
