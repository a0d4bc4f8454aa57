from __future__ import annotations

import math
import random
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.match import Candidate, Capacity, Verdict, choose
from gridwms.match.choose import weights, without_tried


def candidate(ce_id: str, rank: float = 0.0, site: str | None = "here", host: str = "") -> Candidate:
    return Candidate(ce_id=ce_id, host=host or ce_id, site=site, rank=rank)


def verdict(*candidates: Candidate) -> Verdict:
    best_first = sorted(candidates, key=lambda c: (-c.rank, c.ce_id))
    return Verdict(snapshot=1, considered=9, candidates=tuple(best_first), unranked=(), clauses=())


def ids(picks: list[Candidate | None]) -> list[str | None]:
    return [pick.ce_id if pick else None for pick in picks]


RNG = random.Random(1)


def test_the_highest_rank_wins() -> None:
    places = verdict(candidate("a", 1), candidate("b", 3), candidate("c", 2))
    room = {name: Capacity(5) for name in "abc"}
    assert ids(choose(places, 3, room, RNG)) == ["b", "b", "b"]


def test_a_burst_fills_free_slots_first_and_then_queues() -> None:
    places = verdict(candidate("a", 3), candidate("b", 2), candidate("c", 1))
    room = {"a": Capacity(2, 1), "b": Capacity(1, 1), "c": Capacity(1, 0)}
    assert ids(choose(places, 8, room, RNG)) == ["a", "a", "b", "c", "a", "b", None, None]


def test_a_queue_without_a_limit_takes_all_that_is_left() -> None:
    places = verdict(candidate("a", 3), candidate("b", 2))
    assert ids(choose(places, 5, {"a": Capacity(1), "b": Capacity(1)}, RNG)) == ["a", "b", "a", "a", "a"]


def test_more_promised_than_there_was_counts_as_nothing() -> None:
    assert ids(choose(verdict(candidate("a")), 2, {"a": Capacity(-3, -1)}, RNG)) == [None, None]


def test_equals_are_drawn_fairly_and_none_is_overfilled() -> None:
    places = verdict(*(candidate(name, 1) for name in "abcd"))
    first = Counter(
        ids(choose(places, 1, {n: Capacity(9) for n in "abcd"}, random.Random(seed)))[0] for seed in range(400)
    )
    assert set(first) == set("abcd")
    assert min(first.values()) > 60
    all_of_them = Counter(ids(choose(places, 40, {n: Capacity(10) for n in "abcd"}, RNG)))
    assert all_of_them == {"a": 10, "b": 10, "c": 10, "d": 10}


def test_what_no_site_leads_to_is_left_out() -> None:
    places = verdict(candidate("a", 3, site=None), candidate("b", 2))
    assert ids(choose(places, 1, {"a": Capacity(5), "b": Capacity(5)}, RNG)) == ["b"]
    assert ids(choose(places, 1, {"a": Capacity(5)}, RNG)) == [None]


def test_hosts_tried_before_are_left_out_unless_there_is_no_other() -> None:
    places = verdict(candidate("a1", 3, host="A.x"), candidate("a2", 2, host="a.x"), candidate("b", 1))
    room = {name: Capacity(5) for name in ("a1", "a2", "b")}
    assert ids(choose(places, 1, room, RNG, tried=["a.X"])) == ["b"]
    assert ids(choose(places, 1, room, RNG, tried=["a.x", "b"])) == ["a1"]
    assert without_tried(places.candidates, []) == list(places.candidates)


def test_a_host_not_yet_tried_is_waited_for() -> None:
    places = verdict(candidate("a", 3), candidate("b", 1))
    assert ids(choose(places, 1, {"a": Capacity(5), "b": Capacity(0, 0)}, RNG, tried=["a"])) == [None]


def test_jobs_that_take_several_slots() -> None:
    places = verdict(candidate("a", 2), candidate("b", 1))
    assert ids(choose(places, 4, {"a": Capacity(5, 0), "b": Capacity(3, 0)}, RNG, slots=2)) == ["a", "a", "b", None]


def test_a_site_has_a_limit_over_all_its_resources() -> None:
    places = verdict(candidate("a", 3), candidate("b", 2), candidate("c", 1, site="there"))
    room = {name: Capacity(2, 5) for name in "abc"}
    picks = ids(choose(places, 9, room, RNG, site_room={"here": 3}))
    assert picks == ["a", "a", "b", "c", "c", "c", "c", "c", "c"]
    assert ids(choose(places, 1, room, RNG, site_room={"here": 0, "there": 0})) == [None]


@pytest.mark.parametrize("factor", [1.0, 0.2])
def test_the_stochastic_choice_follows_its_formula(factor: float) -> None:
    ranks = {"a": 4.0, "b": 1.0, "c": 0.0, "d": -5.0}
    mean = sum(ranks.values()) / 4
    weight = {name: math.atan((rank - mean) * factor) + math.pi / 2 for name, rank in ranks.items()}
    draws = 20_000
    places = verdict(*(candidate(name, rank) for name, rank in ranks.items()))
    room = {name: Capacity(draws) for name in ranks}
    counts = Counter(ids(choose(places, draws, room, random.Random(7), fuzzy_factor=factor)))
    expected = {name: draws * weight[name] / sum(weight.values()) for name in ranks}
    chi_square = sum((counts[name] - expected[name]) ** 2 / expected[name] for name in ranks)
    assert chi_square < 16.27  # three degrees of freedom, one chance in a thousand


def test_equal_ranks_are_drawn_evenly_by_the_formula_too() -> None:
    assert weights([2.0, 2.0, 2.0], 5.0) == [math.pi / 2] * 3
    assert weights([1.0, 9.0], 0.0) == [math.pi / 2] * 2


def test_infinite_ranks_do_not_break_the_formula() -> None:
    low, middle, high = weights([-math.inf, 1.0, math.inf], 1.0)
    assert low < middle < high
    assert all(math.isfinite(weight) for weight in (low, middle, high))


def test_the_stochastic_choice_also_fills_free_slots_first() -> None:
    places = verdict(candidate("a", 100), candidate("b", 0))
    picks = ids(choose(places, 7, {"a": Capacity(2, 1), "b": Capacity(2, 1)}, RNG, fuzzy_factor=1.0))
    assert sorted(pick or "" for pick in picks[:4]) == ["a", "a", "b", "b"]
    assert sorted(pick or "" for pick in picks[4:]) == ["", "a", "b"]


def test_no_jobs_and_no_candidates() -> None:
    assert choose(verdict(), 2, {}, RNG) == [None, None]
    assert choose(verdict(candidate("a")), 0, {"a": Capacity(1)}, RNG) == []


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
    places = verdict(*(candidate(f"c{n}", rank) for n, (rank, _, _) in enumerate(rows)))
    room = {f"c{n}": Capacity(free, limit) for n, (_, free, limit) in enumerate(rows)}
    picks = ids(choose(places, count, room, random.Random(seed), fuzzy_factor=factor))
    assert len(picks) == count
    counts = Counter(pick for pick in picks if pick)
    total = 0.0
    for ce_id, (free, limit) in ((name, (c.free, c.queue_limit_left)) for name, c in room.items()):
        most = math.inf if limit is None else free + limit
        assert counts[ce_id] <= most
        total += most
    assert sum(counts.values()) == min(count, total)
    free_slots = sum(c.free for c in room.values())
    used_free = sum(min(counts[name], c.free) for name, c in room.items())
    assert used_free == min(count, free_slots)


@pytest.mark.parametrize("factor", [None, 1.0])
def test_many_small_places_of_one_rank(factor: float | None) -> None:
    places = verdict(*(candidate(f"c{n}", 1) for n in range(10_000)))
    room = {c.ce_id: Capacity(1, 0) for c in places.candidates}
    started = time.process_time()
    picks = choose(places, 20_000, room, random.Random(3), fuzzy_factor=factor)
    assert time.process_time() - started < 2
    assert Counter(ids(picks)).most_common(1) == [(None, 10_000)]


def test_many_at_once() -> None:
    places = verdict(*(candidate(f"c{n}", n % 50) for n in range(10_000)))
    room = {c.ce_id: Capacity(5, 5) for c in places.candidates}
    picks = choose(places, 100_000, room, random.Random(3))
    counts = Counter(ids(picks))
    assert None not in counts
    assert max(counts.values()) <= 10
