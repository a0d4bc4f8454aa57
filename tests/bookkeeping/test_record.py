"""The incremental record against the replay of all events, over orders of arrival, duplicates and job types."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from gridwms.bookkeeping.machine.order import canonical
from gridwms.bookkeeping.machine.record import Progress, advance, advance_all, recompute
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import StateCode
from tests.bookkeeping import streams
from tests.bookkeeping.streams import arrived


@pytest.mark.parametrize("kind", streams.KINDS)
@pytest.mark.parametrize("seed", range(15))
def test_any_arrival_gives_the_replay(kind: str, seed: int) -> None:
    rng = random.Random(f"{kind} {seed}")
    events = streams.KINDS[kind](rng)
    expected = replay(events)
    for _ in range(4):
        assert arrived(streams.disturbed(rng, events)).memory == expected


def test_all_permutations_of_a_short_stream() -> None:
    rng = random.Random(1)
    events = streams.file_transfer(rng)
    expected = replay(events)
    for order in itertools.permutations(events):
        assert arrived(order).memory == expected


@pytest.mark.parametrize("seed", range(200))
def test_simple_jobs_end_where_they_should(seed: int) -> None:
    events, state = streams.simple(random.Random(seed))
    assert replay(events).status.state.word == state


def test_events_in_canonical_order_are_never_recomputed() -> None:
    events = canonical(streams.simple(random.Random(3))[0])
    progress = Progress()
    for event in events:
        after = advance(progress, event)
        assert after is not None
        progress = after
    assert progress.memory == replay(events)


def test_what_is_known_does_not_advance_a_job() -> None:
    events = canonical(streams.simple(random.Random(4))[0])
    progress = arrived(events)
    assert [advance(progress, event) for event in events] == [None] * len(events)


@pytest.mark.parametrize("kind", streams.KINDS)
def test_many_at_once_are_as_one_by_one(kind: str) -> None:
    rng = random.Random(kind)
    events = canonical(streams.KINDS[kind](rng))
    for cut in range(len(events)):
        before, news = arrived(events[:cut]), events[cut:]
        rng.shuffle(news)
        assert advance_all(before, news) == arrived(events)
    assert advance_all(arrived(events[1:]), events[:1]) is None
    assert advance_all(Progress(), [events[0], events[0]]) is None


def test_of_duplicates_that_differ_the_same_one_counts_in_either_order() -> None:
    first, *rest = streams.simple(random.Random(5))[0]
    other = replace(first, data={**first.data, "jdl": "[other]"})
    assert arrived([first, other, *rest]) == arrived([other, first, *rest])


def test_a_job_is_invisible_before_its_registration() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    assert not arrived(rest).registered
    whole = arrived([*rest, first])
    assert whole.registered
    assert whole.memory == replay([first, *rest])


def test_a_registration_without_a_kind_is_none() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    empty = replace(first, data={}, timestamp=0)
    for order in ([empty, first, *rest], [*rest, first, empty], [first, empty, *rest]):
        assert arrived(order).memory == replay(order)
        assert arrived(order).registered
    assert not arrived([empty, *rest]).registered


def test_a_second_registration_counts_in_its_place() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    second = replace(first, seqcode=rest[3].seqcode, data={**first.data, "ns": "other"})
    for order in ([first, *rest, second], [second, *rest, first], [*rest, second, first]):
        assert arrived(order).memory == replay([first, second, *rest])


@pytest.mark.parametrize("kind", streams.KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_progress_without_events_in_hand(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    events = streams.KINDS[kind](rng)
    stored: list[streams.Event] = []
    progress = Progress()
    for event in streams.disturbed(rng, events):
        if event in stored:
            continue
        stored.append(event)
        progress = advance(progress, event) or recompute(stored)
        assert progress == recompute(stored)
    assert progress.memory == replay(events)


def test_the_first_of_two_ends_stays_but_an_abort_of_the_wm_overrides() -> None:
    out: list[streams.Event] = []
    chain = streams.Chain(streams.Clock(random.Random(1)), out)
    streams.registered(chain)
    streams.accepted(chain)
    chain.log(streams.LM, "Done", status_code="CANCELLED", reason="r", exit_code=0)
    chain.log(streams.NS, "Clear", reason="USER")
    status = replay(out).status
    assert (status.state, status.sandbox_retrieved.name) == (StateCode.CANCELLED, "USER")
    chain.log(streams.WM, "Abort", reason="too late")
    assert replay(out).status.state is StateCode.ABORTED
