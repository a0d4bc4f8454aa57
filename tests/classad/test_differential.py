"""Our values against those of HTCondor's own library, case by case.

A seed gives a batch of cases; Hypothesis draws the seeds. The oddities of the library that we do not follow are
written down in `oddities`, are put in the place of ours while this runs, and so are part of what must agree.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import conformance
from tests.classad import oddities
from tests.classad.grammar import Grammar, PatternGrammar, SyntaxGrammar, TimeGrammar
from tests.classad.oracle import Oracle

BATCH = 500
Case = tuple[str, str | None, str | None]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Callable[[str], Oracle]]:
    children: dict[str, Oracle] = {}

    def of(mode: str) -> Oracle:
        return children.setdefault(mode, Oracle(mode))

    yield of
    for child in children.values():
        child.close()


def compare(oracle: Oracle, cases: list[Case]) -> None:
    answers = oracle.evaluate_many(cases)
    assert len(answers) == len(cases)
    with oddities.installed():
        for case, theirs in zip(cases, answers, strict=True):
            ours = conformance.evaluate(*case, oracle.mode)
            assert ours == theirs or oddities.explained(case[0], theirs), f"{case}\n  theirs {theirs}\n  ours   {ours}"


@pytest.mark.parametrize("part", range(8))
def test_strict_values(part: int, oracles: Callable[[str], Oracle]) -> None:
    """40,000 cases."""

    @given(st.integers(0, 2**40))
    @settings(max_examples=10, deadline=None, derandomize=True, database=None)
    def run(seed: int) -> None:
        compare(oracles("strict"), Grammar(seed * 8 + part).cases(BATCH))

    run()


@pytest.mark.parametrize("part", range(2))
def test_compat_values(part: int, oracles: Callable[[str], Oracle]) -> None:
    """8,000 cases as HTCondor's daemons evaluate them."""

    @given(st.integers(0, 2**40))
    @settings(max_examples=8, deadline=None, derandomize=True, database=None)
    def run(seed: int) -> None:
        compare(oracles("compat"), Grammar(seed * 2 + part).cases(BATCH))

    run()


@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_texts_that_may_be_no_expressions(mode: str, oracles: Callable[[str], Oracle]) -> None:
    """Both refuse the same texts, and read the others alike."""

    @given(st.integers(0, 2**40))
    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    def run(seed: int) -> None:
        compare(oracles(mode), SyntaxGrammar(seed).cases(BATCH))

    run()


def test_regular_expressions(oracles: Callable[[str], Oracle]) -> None:
    @given(st.integers(0, 2**40))
    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    def run(seed: int) -> None:
        compare(oracles("strict"), PatternGrammar(seed).cases(BATCH))

    run()


def test_times_as_text(oracles: Callable[[str], Oracle]) -> None:
    @given(st.integers(0, 2**40))
    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    def run(seed: int) -> None:
        compare(oracles("strict"), TimeGrammar(seed).cases(BATCH))

    run()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_a_million_values(mode: str, oracles: Callable[[str], Oracle]) -> None:
    """New seeds at every run."""
    seeds = random.SystemRandom()
    for _ in range(1000):
        seed = seeds.getrandbits(48)
        compare(oracles(mode), Grammar(seed).cases(BATCH))
