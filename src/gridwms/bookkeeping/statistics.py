"""Statistics of computing elements: how often and how fast jobs go through their states (gLite reference: statistics).

Each series keeps four round-robin archives, 60 cells of 10 s, 30 of 60 s, 12 of 900 s and 168 of 3600 s, so what
is recent is known finely and what is old coarsely. A question is answered from the archive that covers most of the
time asked for, the finest of those. Times are seconds since the epoch and come from the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.bookkeeping.status import JobStatus

ARCHIVES = ((10, 60), (60, 30), (900, 12), (3600, 168))
"""Seconds of a cell and number of cells, the finest first."""


class NoData(Exception):
    """There is no such series, or nothing was recorded in the time asked for (ENOENT)."""


class BadInterval(Exception):
    """The interval asked for ends before it begins (EINVAL)."""


class What(Enum):
    """What a series records."""

    COUNT = "how often a state is entered"
    DURATION = "how long a state lasts, in seconds"
    FROM_TO = "how long it is from entering one state to entering another, in seconds"


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of statistics; `code` counts for a Done state only."""

    what: What
    state: StateCode
    final: StateCode | None = None
    code: DoneCode | None = None


_S = StateCode
SERIES: tuple[Series, ...] = (
    Series(What.COUNT, _S.READY),
    Series(What.COUNT, _S.SCHEDULED),
    Series(What.COUNT, _S.RUNNING),
    Series(What.COUNT, _S.DONE, code=DoneCode.OK),
    Series(What.COUNT, _S.DONE, code=DoneCode.FAILED),
    Series(What.DURATION, _S.SCHEDULED),
    Series(What.DURATION, _S.RUNNING),
    Series(What.FROM_TO, _S.SUBMITTED, _S.RUNNING),
    Series(What.FROM_TO, _S.SUBMITTED, _S.DONE, DoneCode.OK),
    Series(What.FROM_TO, _S.SUBMITTED, _S.DONE, DoneCode.FAILED),
    Series(What.FROM_TO, _S.SCHEDULED, _S.RUNNING),
    Series(What.FROM_TO, _S.RUNNING, _S.DONE, DoneCode.OK),
    Series(What.FROM_TO, _S.RUNNING, _S.DONE, DoneCode.FAILED),
)
"""Everything that is recorded, each by destination."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an interval: it may be shorter than the one asked for. `resolution` in seconds."""

    begin: int
    end: int
    resolution: int
    rate: float
    """Events a second."""
    count: float
    mean: float
    """Seconds; 0 without a count."""
    deviation: float
    """Standard deviation of the sample in seconds; 0 for less than two."""


@dataclass(slots=True)
class _Cell:
    count: int = 0
    total: float = 0.0
    squares: float = 0.0


class _Ring:
    """The archives of one series at one destination: cells by their number since the epoch."""

    __slots__ = ("archives", "first", "newest")

    def __init__(self, now: int) -> None:
        self.archives: list[dict[int, _Cell]] = [{} for _ in ARCHIVES]
        self.first = self.newest = now

    def add(self, now: int, value: float) -> None:
        self.first, self.newest = min(self.first, now), max(self.newest, now)
        for (interval, length), cells in zip(ARCHIVES, self.archives, strict=True):
            place, newest = now // interval, self.newest // interval
            if place <= newest - length:
                continue
            cell = cells.setdefault(place, _Cell())
            cell.count += 1
            cell.total += value
            cell.squares += value * value
            if len(cells) > length:
                for old in [one for one in cells if one <= newest - length]:
                    del cells[old]

    def ask(self, begin: int, end: int, now: int) -> Answer:
        best, choice = 0, None
        for archive, (interval, length) in enumerate(ARCHIVES):
            newest = max(now, self.newest) // interval
            lower, upper = max(begin, (newest - length + 1) * interval), min(end, (newest + 1) * interval)
            if upper - lower > best:
                best, choice = upper - lower, (archive, interval, lower, upper)
        if choice is None:
            raise NoData("no data available")
        archive, interval, lower, upper = choice
        lower = max(lower, self.first - self.first % interval)
        if lower >= upper:
            raise NoData("no data available")
        count = total = squares = 0.0
        for place, cell in self.archives[archive].items():
            start = place * interval
            share = max(0, min(upper, start + interval) - max(lower, start)) / interval
            count += cell.count * share
            total += cell.total * share
            squares += cell.squares * share
        mean = total / count if count else 0.0
        spread = max(0.0, squares - count * mean * mean) / (count - 1) if count > 1 else 0.0
        return Answer(lower, upper, interval, count / (upper - lower), count, mean, math.sqrt(spread))


class Statistics:
    """All series of a server. Feed it every change of a job's status; ask it for intervals."""

    __slots__ = ("_rings",)

    def __init__(self) -> None:
        self._rings: dict[tuple[Series, str], _Ring] = {}

    def update(self, before: JobStatus | None, after: JobStatus) -> None:
        """Take in that a job went from one status to another (None: it was not known)."""
        if after.destination is None or (before is not None and before.state is after.state):
            return
        now = after.state_enter_time // 1_000_000
        for series in SERIES:
            value = _recorded(series, before, after)
            if value is not None:
                self._ring(series, after.destination, now).add(now, value)

    def _ring(self, series: Series, destination: str, now: int) -> _Ring:
        return self._rings.setdefault((series, destination), _Ring(now))

    def destinations(self, series: Series) -> list[str]:
        """Of which destinations there is such a series, sorted."""
        return sorted(destination for one, destination in self._rings if one == series)

    def ask(self, series: Series, destination: str, begin: int, end: int, now: int) -> Answer:
        """What is known of an interval. Raises NoData or BadInterval."""
        if begin >= end:
            raise BadInterval("from >= to")
        if series not in SERIES:
            raise NoData("no matching state counter")
        ring = self._rings.get((series, destination))
        if ring is None:
            raise NoData("no matching group")
        return ring.ask(begin, end, now)

    def success_fraction(self, destination: str, begin: int, end: int, now: int) -> float:
        """Which part of the jobs that ended at a destination ended well. Raises NoData or BadInterval."""
        ended = dict.fromkeys((DoneCode.OK, DoneCode.FAILED), 0.0)
        for code in ended:
            series = Series(What.COUNT, StateCode.DONE, code=code)
            if (series, destination) in self._rings:
                ended[code] = self.ask(series, destination, begin, end, now).count
        total = sum(ended.values())
        if begin >= end:
            raise BadInterval("from >= to")
        if not total:
            raise NoData("no data available")
        return ended[DoneCode.OK] / total


def _recorded(series: Series, before: JobStatus | None, after: JobStatus) -> float | None:
    """What a change of state adds to a series; None for nothing."""
    match series.what:
        case What.COUNT:
            return 1.0 if _reaches(series.state, series.code, after) else None
        case What.DURATION:
            if before is None or before.state is not series.state:
                return None
            return max(0, after.state_enter_time - before.state_enter_time) / 1_000_000
        case What.FROM_TO:
            if series.final is None or not _reaches(series.final, series.code, after):
                return None
            begin, end = after.state_enter_times[series.state], after.state_enter_times[series.final]
            return float(end - begin) if begin and end > begin else None


def _reaches(state: StateCode, code: DoneCode | None, after: JobStatus) -> bool:
    return after.state is state and (state is not StateCode.DONE or after.done_code is code)


def phases(status: JobStatus) -> dict[tuple[StateCode, StateCode], int]:
    """The seconds between the states that a job has entered, in their order: what is told from a dump."""
    entered = [(when, state) for state, when in zip(StateCode, status.state_enter_times, strict=True) if when]
    entered.sort()
    return {(one, other): later - earlier for (earlier, one), (later, other) in pairwise(entered)}
