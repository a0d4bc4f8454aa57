from __future__ import annotations

import math
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.market import Resource
from gridwms.match import Ranking, Room, choose, room_of
from gridwms.match.choose import weights
from tests.match.resources import place, snapshot_of

Slots = tuple[int, int | None]
RNG = random.Random(1)


@dataclass
class Stand:
    """Places with a rank, and the room in each."""

    ranking: Ranking
    room: Room

    def picks(self, count: int, rng: random.Random | None = None, **how: Any) -> list[str | None]:
        """The ids chosen for `count` jobs; None for those without a place."""
        picks = choose(self.ranking, count, self.room, rng or RNG, **how)
        names = {index: self.ranking[index].ce_id for index in set(picks)}
        return [*(names[index] for index in picks), *[None] * (count - len(picks))]


def stand(*places: tuple[float, Resource | str, Slots], site_room: dict[str, int] | None = None) -> Stand:
    """Each place: its rank, itself, its free slots and how many may wait there (None for any number)."""
    resources = [place(what) if isinstance(what, str) else what for _, what, _ in places]
    snapshot = snapshot_of(*resources)
    order = sorted(range(len(places)), key=lambda number: -places[number][0])
    rows = [snapshot.columns.row_of[resources[number].ce_id] for number in order]
    ranks = numpy.array([places[number][0] for number in order], dtype=numpy.float64)
    room = room_of(snapshot, site_room=site_room)
    for resource, (_, _, (free, queue)) in zip(resources, places, strict=True):
        row = snapshot.columns.row_of[resource.ce_id]
        room.free[row], room.queue[row] = free, math.inf if queue is None else queue
    return Stand(Ranking(snapshot, numpy.array(rows, dtype=numpy.int64), ranks), room)


def test_the_highest_rank_wins() -> None:
    assert stand((1, "a", (5, None)), (3, "b", (5, None)), (2, "c", (5, None))).picks(3) == ["b", "b", "b"]


def test_a_burst_fills_free_slots_first_and_then_queues() -> None:
    places = stand((3, "a", (2, 1)), (2, "b", (1, 1)), (1, "c", (1, 0)))
    assert places.picks(8) == ["a", "a", "b", "c", "a", "b", None, None]


def test_a_queue_without_a_limit_takes_all_that_is_left() -> None:
    assert stand((3, "a", (1, None)), (2, "b", (1, None))).picks(5) == ["a", "b", "a", "a", "a"]


def test_more_promised_than_there_was_counts_as_nothing() -> None:
    assert stand((1, "a", (-3, -1))).picks(2) == [None, None]


def test_equals_are_drawn_fairly_and_none_is_overfilled() -> None:
    places = stand(*((1, name, (10, 0)) for name in "abcd"))
    first = Counter(places.picks(1, random.Random(seed))[0] for seed in range(400))
    assert set(first) == set("abcd")
    assert min(first.values()) > 60
    assert Counter(places.picks(40)) == {"a": 10, "b": 10, "c": 10, "d": 10}


@pytest.mark.parametrize("count", [1, 2])
def test_equals_among_many_others_are_drawn_fairly(count: int) -> None:
    """A few of the highest rank take a job, among many that are full, of another site, or tried before."""
    full = [(9, f"full{n}", (0, 0)) for n in range(40)]
    away = [(9, place(f"away{n}", site=None), (5, 0)) for n in range(20)]
    good = [(9, name, (5, 0)) for name in "abcde"]
    low = [(1, f"low{n}", (5, 0)) for n in range(300)]
    places = stand(*full, *away, *good, *low)
    draws = 2000
    counts = Counter(places.picks(count, random.Random(seed), tried=["a"])[-1] for seed in range(draws))
    assert set(counts) == set("bcde")
    chi_square = sum((counts[name] - draws / 4) ** 2 / (draws / 4) for name in "bcde")
    assert chi_square < 16.27  # three degrees of freedom, one chance in a thousand


def test_the_first_look_finds_what_the_whole_would() -> None:
    """Places whose beginning is full: the choice goes on further down, and hosts that were tried come last."""
    rows = [(1000 - n // 7, f"c{n}", (1 if n > 900 else 0, 0)) for n in range(1000)]
    places = stand(*rows)
    best = {f"c{n}" for n in range(901, 1000) if n // 7 == 901 // 7}
    assert {places.picks(1, random.Random(seed))[0] for seed in range(60)} == best
    untried = {f"c{n}" for n in range(901, 1000) if n // 7 == 901 // 7 + 1}
    assert {places.picks(1, random.Random(seed), tried=list(best))[0] for seed in range(80)} == untried
    everywhere = [f"c{n}" for n in range(1000)]
    assert {places.picks(1, random.Random(seed), tried=everywhere)[0] for seed in range(60)} == best


def test_an_element_gets_no_more_than_its_room() -> None:
    places = stand((3, "a", (9, None)), (2, "b", (2, 1)))
    places.room.element_room[places.room.element_names["a"]] = 2
    assert places.picks(6) == ["a", "a", "b", "b", "b", None]
    assert places.picks(1) == ["a"]
    places.room.element_room[places.room.element_names["a"]] = 0
    assert places.picks(1) == ["b"]


def test_infinite_ranks_are_equals_too() -> None:
    places = stand(*((math.inf, name, (1, 0)) for name in "abcd"))
    assert {places.picks(1, random.Random(seed))[0] for seed in range(50)} == set("abcd")


def test_what_no_site_leads_to_is_left_out() -> None:
    places = stand((3, place("a", site=None), (5, None)), (2, "b", (5, None)))
    assert places.picks(1) == ["b"]


def test_hosts_tried_before_are_left_out_unless_there_is_no_other() -> None:
    places = stand((3, place("a1", host="A.x"), (5, 0)), (2, place("a2", host="a.x"), (5, 0)), (1, "b", (5, 0)))
    assert places.picks(1, tried=["a.X"]) == ["b"]
    assert places.picks(1, tried=["a.x", "b"]) == ["a1"]
    assert places.picks(1, tried=["never.seen"]) == ["a1"]


def test_a_host_not_yet_tried_is_waited_for() -> None:
    assert stand((3, "a", (5, None)), (1, "b", (0, 0))).picks(1, tried=["a"]) == [None]


def test_jobs_that_take_several_slots() -> None:
    assert stand((2, "a", (5, 0)), (1, "b", (3, 0))).picks(4, slots=2) == ["a", "a", "b", None]


def test_a_site_has_a_limit_over_all_its_resources() -> None:
    def places(**limits: int) -> Stand:
        rows = (3, "a", (2, 5)), (2, "b", (2, 5)), (1, place("c", site="there"), (2, 5))
        return stand(*rows, site_room=limits)

    assert places(here=3).picks(9) == ["a", "a", "b", "c", "c", "c", "c", "c", "c"]
    assert places(here=0, there=0).picks(1) == [None]


@pytest.mark.parametrize("factor", [1.0, 0.2])
def test_the_stochastic_choice_follows_its_formula(factor: float) -> None:
    ranks = {"a": 4.0, "b": 1.0, "c": 0.0, "d": -5.0}
    mean = sum(ranks.values()) / 4
    weight = {name: math.atan((rank - mean) * factor) + math.pi / 2 for name, rank in ranks.items()}
    draws = 20_000
    places = stand(*((rank, name, (draws, 0)) for name, rank in ranks.items()))
    counts = Counter(places.picks(draws, random.Random(7), fuzzy_factor=factor))
    expected = {name: draws * weight[name] / sum(weight.values()) for name in ranks}
    chi_square = sum((counts[name] - expected[name]) ** 2 / expected[name] for name in ranks)
    assert chi_square < 16.27  # three degrees of freedom, one chance in a thousand


def test_equal_ranks_are_drawn_evenly_by_the_formula_too() -> None:
    assert weights(numpy.array([2.0, 2.0, 2.0]), 5.0).tolist() == [math.pi / 2] * 3
    assert weights(numpy.array([1.0, 9.0]), 0.0).tolist() == [math.pi / 2] * 2


def test_infinite_ranks_do_not_break_the_formula() -> None:
    low, middle, high = weights(numpy.array([-math.inf, 1.0, math.inf]), 1.0).tolist()
    assert low < middle < high
    assert all(math.isfinite(weight) for weight in (low, middle, high))


def test_the_stochastic_choice_also_fills_free_slots_first() -> None:
    picks = stand((100, "a", (2, 1)), (0, "b", (2, 1))).picks(7, fuzzy_factor=1.0)
    assert sorted(pick or "" for pick in picks[:4]) == ["a", "a", "b", "b"]
    assert sorted(pick or "" for pick in picks[4:]) == ["", "a", "b"]


def test_no_jobs_and_no_candidates() -> None:
    assert stand().picks(2) == [None, None]
    assert stand((1, "a", (1, None))).picks(0) == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3), st.none() | st.integers(0, 3)), max_size=6),
    st.integers(0, 25),
    st.none() | st.floats(0, 5),
    st.integers(0, 100),
)
def test_no_place_is_overfilled_and_none_is_left_free(
    rows: list[tuple[int, int, int | None]], count: int, factor: float | None, seed: int
) -> None:
    places = stand(*((rank, f"c{n}", (free, limit)) for n, (rank, free, limit) in enumerate(rows)))
    counts = Counter(pick for pick in places.picks(count, random.Random(seed), fuzzy_factor=factor) if pick)
    most = [math.inf if limit is None else free + limit for _, free, limit in rows]
    assert all(counts[f"c{n}"] <= limit for n, limit in enumerate(most))
    assert sum(counts.values()) == min(count, sum(most))
    used_free = sum(min(counts[f"c{n}"], free) for n, (_, free, _) in enumerate(rows))
    assert used_free == min(count, sum(free for _, free, _ in rows))


@pytest.mark.parametrize("factor", [None, 1.0])
def test_many_small_places_of_one_rank(factor: float | None) -> None:
    places = stand(*((1, f"c{n}", (1, 0)) for n in range(10_000)))
    started = time.process_time()
    picks = places.picks(20_000, random.Random(3), fuzzy_factor=factor)
    assert time.process_time() - started < 2
    assert Counter(picks).most_common(1) == [(None, 10_000)]


def test_many_at_once() -> None:
    counts = Counter(stand(*((n % 50, f"c{n}", (5, 5)) for n in range(10_000))).picks(100_000, random.Random(3)))
    assert None not in counts
    assert max(counts.values()) <= 10
