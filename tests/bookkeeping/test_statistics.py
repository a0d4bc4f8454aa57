"""Statistics of computing elements."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import canonical
from gridwms.bookkeeping.machine.replay import step
from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.bookkeeping.statistics import ARCHIVES, SERIES, BadInterval, NoData, Series, Statistics, What, phases
from gridwms.bookkeeping.status import JobStatus
from tests.bookkeeping import streams

NOW = 1_400_000_400
RUNNING = Series(What.COUNT, StateCode.RUNNING)
LASTS = Series(What.DURATION, StateCode.RUNNING)
WAITS = Series(What.FROM_TO, StateCode.SUBMITTED, StateCode.RUNNING)


def status(state: StateCode, when: float, before: JobStatus | None = None, **changes: object) -> JobStatus:
    base = before or JobStatus(destination="ce")
    times = list(base.state_enter_times)
    times[state] = int(when)
    return replace(base, state=state, state_enter_time=int(when * 1e6), state_enter_times=tuple(times), **changes)


def job(statistics: Statistics, begin: int, wait: int, last: int, code: DoneCode) -> None:
    submitted = status(StateCode.SUBMITTED, begin)
    running = status(StateCode.RUNNING, begin + wait, submitted)
    done = status(StateCode.DONE, begin + wait + last, running, done_code=code)
    for before, after in ((None, submitted), (submitted, running), (running, running), (running, done)):
        statistics.update(before, after)


def test_rate_and_durations() -> None:
    statistics = Statistics()
    for number in range(30):
        job(statistics, NOW + number * 10, 5, 100 + number, DoneCode.OK if number % 3 else DoneCode.FAILED)
    end = NOW + 500
    answer = statistics.ask(RUNNING, "ce", NOW, NOW + 300, end)
    assert (answer.resolution, answer.count) == (10, 30)
    assert answer.rate == pytest.approx(0.1)
    lasts = statistics.ask(LASTS, "ce", NOW, end, end)
    assert (lasts.count, lasts.mean) == (30, 114.5)
    assert lasts.deviation == pytest.approx(math.sqrt(sum((n - 14.5) ** 2 for n in range(30)) / 29))
    assert statistics.ask(WAITS, "ce", NOW, end, end).mean == 5
    assert statistics.success_fraction("ce", NOW, end, end) == pytest.approx(2 / 3)
    assert statistics.destinations(RUNNING) == ["ce"]


def test_what_is_old_is_known_coarsely_and_then_not_at_all() -> None:
    statistics = Statistics()
    job(statistics, NOW, 1, 1, DoneCode.OK)
    resolutions = []
    for age in (100, 1000, 5000, 100_000):
        found = statistics.ask(RUNNING, "ce", NOW, NOW + 10, NOW + age)
        resolutions.append(found.resolution)
        assert found.count == pytest.approx(10 / found.resolution)
    assert resolutions == [10, 60, 900, 3600]
    with pytest.raises(NoData):
        statistics.ask(RUNNING, "ce", NOW, NOW + 10, NOW + 30 * 86400)


def test_part_of_a_cell_counts_in_part() -> None:
    statistics = Statistics()
    job(statistics, NOW, 0, 1, DoneCode.OK)
    answer = statistics.ask(RUNNING, "ce", NOW, NOW + 5, NOW + 1)
    assert (answer.count, answer.rate) == (0.5, 0.1)


def test_the_archives_hold_what_they_should() -> None:
    rng = random.Random(1)
    statistics = Statistics()
    moments = sorted(NOW + rng.randrange(600_000) for _ in range(2000))
    for moment in moments:
        job(statistics, moment, 0, 1, DoneCode.OK)
    now = moments[-1]
    for interval, length in ARCHIVES:
        begin = (now // interval - length + 1) * interval
        answer = statistics.ask(RUNNING, "ce", begin, now + interval - now % interval, now)
        assert answer.resolution == interval
        assert round(answer.count) == sum(moment >= begin for moment in moments)


def test_errors() -> None:
    statistics = Statistics()
    with pytest.raises(BadInterval):
        statistics.ask(RUNNING, "ce", 5, 5, 5)
    with pytest.raises(NoData, match="no matching group"):
        statistics.ask(RUNNING, "ce", 1, 5, 5)
    with pytest.raises(NoData, match="no matching state counter"):
        statistics.ask(Series(What.COUNT, StateCode.CLEARED), "ce", 1, 5, 5)
    with pytest.raises(NoData):
        statistics.success_fraction("ce", 1, 5, 5)


def test_real_streams_fill_every_series() -> None:
    statistics, latest = Statistics(), 0
    for seed in range(60):
        memory = Memory()
        for event in canonical(streams.simple(random.Random(seed))[0]):
            after = step(memory, event)
            statistics.update(memory.status if memory.jobtype else None, after.status)
            memory = after
            latest = max(latest, event.timestamp // 1_000_000)
    assert len(SERIES) == 13
    for series in SERIES:
        assert statistics.destinations(series), series


def test_phases() -> None:
    submitted = status(StateCode.SUBMITTED, NOW)
    running = status(StateCode.RUNNING, NOW + 7, submitted)
    assert phases(running) == {(StateCode.SUBMITTED, StateCode.RUNNING): 7}
