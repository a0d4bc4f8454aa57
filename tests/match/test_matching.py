from __future__ import annotations

import math
import random
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import ClassAd, Literal, conjuncts, evaluate, parse_ad, parse_expression
from gridwms.market import Resource
from gridwms.match import ClauseCount, match
from tests.match.resources import ids, matched, place, snapshot_of

FIVE = (
    place("a", 'status = "Production"; cpus = 10; free = 3'),
    place("b", 'status = "production"; cpus = 20; free = 1'),
    place("c", 'status = "Draining"; cpus = 30; free = 9'),
    place("d", 'status = "Production"; free = 2'),
    place("e", 'status = 5; cpus = "many"; free = 4'),
)


def test_both_directions_and_rank() -> None:
    verdict = matched('other.status == "Production" && other.cpus > 5', "other.cpus", *FIVE)
    assert ids(verdict) == ["b", "a"]
    assert [candidate.rank for candidate in verdict.candidates] == [20.0, 10.0]
    assert (verdict.snapshot, verdict.considered, verdict.matching) == (7, 5, 2)


def test_each_clause_is_counted_by_itself() -> None:
    verdict = matched('other.status == "Production" && other.cpus > 5 && true', "1", *FIVE)
    assert tuple(replace(count, relaxed=()) for count in verdict.clauses) == (
        ClauseCount(clause='other.status == "Production"', rejects=2, alone=1, false=1, undefined=0, error=1),
        ClauseCount(clause="other.cpus > 5", rejects=2, alone=1, false=0, undefined=1, error=1),
    )


@pytest.mark.parametrize("requirements", ["other.missing", "1 + {}", "1", '"true"', "false", "other.free", "{true}"])
def test_what_is_not_true_is_no_match(requirements: str) -> None:
    assert ids(matched(requirements, "1", *FIVE)) == []


def test_a_number_is_true_only_as_an_operand() -> None:
    assert ids(matched("other.free && true", "1", place("a", "free = 2"), place("b", "free = 0"))) == ["a"]


def test_a_resource_may_have_requirements_of_its_own() -> None:
    rule = 'Requirements = other.vo == "atlas" && other.cpus <= limit; '
    places = (
        place("a", rule + "limit = 8"),
        place("b", rule + "limit = 2"),
        place("c", "Requirements = true"),
        place("d"),
        place("e", "Requirements = undefined"),
        place("f", "Requirements = 1"),
    )
    verdict = matched("true", "1", *places, job='vo = "atlas"; cpus = 4')
    assert ids(verdict) == ["a", "c", "d"]
    assert verdict.refusals == (
        ClauseCount(clause="1", rejects=1, alone=1, false=0, undefined=0, error=1),
        ClauseCount(clause="other.cpus <= limit", rejects=1, alone=1, false=1, undefined=0, error=0),
        ClauseCount(clause="undefined", rejects=1, alone=1, false=0, undefined=1, error=0),
    )
    assert ids(matched("true", "1", *places, job='vo = "cms"; cpus = 1')) == ["c", "d"]


def test_ranks_that_are_no_numbers_leave_the_resource_out() -> None:
    places = (
        place("a", "r = 1"),
        place("b", 'r = "x"'),
        place("c"),
        place("d", "r = {1}"),
        place("e", "r = 0.5"),
        place("f", 'r = real("NaN")'),
        place("g", 'r = real("-INF")'),
    )
    verdict = matched("true", "other.r", *places)
    assert ids(verdict) == ["a", "e", "g"]
    assert verdict.candidates[-1].rank == -math.inf
    assert verdict.unranked == ("b", "c", "d", "f")
    assert verdict.matching == 7


def test_a_truth_value_ranks_as_a_number_as_in_condor() -> None:
    places = (place("a", "r = true"), place("b", "r = 2"), place("c", "r = false"))
    assert ids(matched("true", "other.r", *places)) == ["b", "a", "c"]


def test_ties_are_all_there() -> None:
    assert ids(matched("true", "1", place("c"), place("a"), place("b"))) == ["a", "b", "c"]


def test_no_resources() -> None:
    verdict = matched("other.x > 1", "1")
    assert (verdict.considered, verdict.matching) == (0, 0)


def test_computed_attributes_of_resources_are_their_own() -> None:
    places = tuple(place(f"p{n}", f"base = {n}; twice = base * 2; back = other.wanted + base") for n in range(4))
    assert ids(matched("other.twice >= 4", "other.twice", *places)) == ["p3", "p2"]
    assert ids(matched("other.back == 12", "1", *places, job="wanted = 10")) == ["p2"]


def test_names_in_nested_ads_climb_to_the_resource() -> None:
    places = (place("a", "n = [ x = 1 ]; y = 1"), place("b", "n = [ x = 1 ]; y = 2"))
    assert ids(matched("other.n.y == 2", "1", *places)) == ["b"]


def test_the_value_of_a_whole_ad() -> None:
    places = (place("a", "x = 1"), place("b", "x = 2"))
    assert ids(matched('size(other) > 1 && other["x"] == 2', "1", *places)) == ["b"]


def test_names_in_any_script() -> None:
    places = (place("a", "'É' = 1"), place("b", "'É' = 2"))
    assert ids(matched("other.'É' == 2", "1", *places)) == ["b"]


def test_what_changes_from_call_to_call_is_asked_each_time() -> None:
    places = tuple(place(f"p{n:03}") for n in range(200))
    assert 20 < len(ids(matched("random() < 0.5", "1", *places))) < 180


def test_equal_numbers_of_different_types_are_told_apart() -> None:
    places = (place("a", "x = 1"), place("b", "x = 1.0"), place("c", "x = true"), place("d", 'x = "1"'))
    assert ids(matched("other.x =?= 1", "1", *places)) == ["a"]
    assert ids(matched("other.x =?= 1.0", "1", *places)) == ["b"]
    assert ids(matched("other.x =?= true", "1", *places)) == ["c"]
    zeros = (place("a", "x = 0.0"), place("b", "x = -0.0"))
    assert ids(matched("isError(1 / other.x)", "1", *zeros)) == ids(
        matched("isError(1 / other.x)", "1", zeros[0])
    ) + ids(matched("isError(1 / other.x)", "1", zeros[1]))


def test_many_threads_over_one_snapshot() -> None:
    places = snapshot_of(*(place(f"p{n:03}", f"x = {n}; y = {n % 7}") for n in range(300)))
    job = parse_ad("[ k = 1 ]")
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for turn in range(60):
                limit = (seed * turn) % 300
                verdict = match(job, parse_expression(f"other.x >= {limit}"), parse_expression("other.y"), places)
                assert verdict.matching == 300 - limit
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


VALUES = st.sampled_from(
    ["1", "2", "1.0", "true", "false", '"a"', '"A"', "undefined", "error", "{1, 2}", "[ x = 1 ]", "x + 1", "other.k"]
)
RESOURCES = st.lists(
    st.dictionaries(st.sampled_from(["x", "y", "z", "Requirements"]), VALUES, max_size=4), max_size=6
).map(
    lambda ads: tuple(
        place(f"r{number}", "; ".join(f"{name} = {value}" for name, value in ad.items()))
        for number, ad in enumerate(ads)
    )
)
ATOMS = st.sampled_from(["other.x", "other.y", "other.z", "k", "m", "1", "2", '"a"', "true", "undefined", "other.n.x"])
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "=?=", "<", "+", "&&"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        inner.map(lambda text: f"!{text}" if text[0] == "(" else f"isUndefined({text})"),
        inner.map(lambda text: f"member({text}, other.x)"),
    ),
    max_leaves=6,
)


def plainly(job: ClassAd, requirements: str, rank: str, places: tuple[Resource, ...]) -> list[tuple[str, float]]:
    """Matching as its definition reads: one resource at a time."""
    found = []
    for resource in places:
        if evaluate(parse_expression(requirements), job, resource.ad) is not True:
            continue
        own = resource.ad.get("Requirements")
        if own is not None and evaluate(own, resource.ad, job) is not True:
            continue
        value = evaluate(parse_expression(rank), job, resource.ad)
        if isinstance(value, int | float) and value == value:
            found.append((resource.ce_id, float(value)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, CONDITIONS, RESOURCES)
def test_the_same_as_one_by_one(requirements: str, rank: str, places: tuple[Resource, ...]) -> None:
    job = parse_ad("[ k = 1; m = other.x ]")
    verdict = match(job, parse_expression(requirements), parse_expression(rank), snapshot_of(*places))
    found = [(candidate.ce_id, candidate.rank) for candidate in verdict.candidates]
    assert [rank for _, rank in found] == sorted((rank for _, rank in found), reverse=True)
    assert sorted(found, key=lambda pair: (-pair[1], pair[0])) == plainly(job, requirements, rank, places)
    clauses = [clause for clause in conjuncts(parse_expression(requirements)) if clause != Literal(True)]
    for count in (*verdict.clauses, *verdict.refusals):
        assert count.rejects == count.false + count.undefined + count.error
        assert 0 <= count.alone <= count.rejects <= len(places)
    assert len(verdict.clauses) <= len(clauses)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_rank_that_classes_share_gives_the_same_order(seed: int) -> None:
    """The index of a rank is used from the third class on; the order must not differ from that of the first."""
    rng = random.Random(seed)
    values = ["1", "2.5", "-3", "true", '"a"', "undefined", "error", "1e400", "y"]
    places = snapshot_of(
        *(place(f"r{number:03}", f"x = {rng.choice(values)}; y = {rng.randint(0, 3)}") for number in range(260))
    )
    job, rank = parse_ad("[]"), parse_expression("other.x + other.y")
    wanted = parse_expression("other.y < 9")
    first, *later = (match(job, wanted, rank, places) for _ in range(4))
    alone = match(job, wanted, parse_expression("0 + (other.x + other.y)"), places)
    for verdict in (*later, alone):
        assert verdict.candidates.rows.tolist() == first.candidates.rows.tolist()
        assert verdict.candidates.ranks.tolist() == first.candidates.ranks.tolist()
        assert verdict.unranked == first.unranked
    assert any(order is not None for order in places.columns.orders.values()) or len(first.candidates) == 0
