"""The incremental record against the replay of all events, over orders of arrival, duplicates and job types."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from gridwms.bookkeeping.machine.order import canonical
from gridwms.bookkeeping.machine.record import Arrival, JobRecord, Progress, advance, recompute
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import StateCode
from tests.bookkeeping import streams


@pytest.mark.parametrize("kind", streams.KINDS)
@pytest.mark.parametrize("seed", range(15))
def test_any_arrival_gives_the_replay(kind: str, seed: int) -> None:
    rng = random.Random(f"{kind} {seed}")
    events = streams.KINDS[kind](rng)
    expected = replay(events)
    for _ in range(4):
        record = JobRecord(streams.disturbed(rng, events))
        assert record.memory == expected
        assert len(record.events) == len(events)


@pytest.mark.parametrize("kind", streams.KINDS)
def test_every_prefix_of_any_arrival_gives_the_replay_of_it(kind: str) -> None:
    rng = random.Random(kind)
    events = streams.disturbed(rng, streams.KINDS[kind](rng))
    record = JobRecord()
    for count, event in enumerate(events, start=1):
        record.add(event)
        assert record.memory == replay(events[:count])


def test_all_permutations_of_a_short_stream() -> None:
    rng = random.Random(1)
    events = streams.file_transfer(rng)
    expected = replay(events)
    for order in itertools.permutations(events):
        assert JobRecord(order).memory == expected


@pytest.mark.parametrize("seed", range(200))
def test_simple_jobs_end_where_they_should(seed: int) -> None:
    events, state = streams.simple(random.Random(seed))
    assert replay(events).status.state.word == state


def test_events_in_canonical_order_are_never_recomputed() -> None:
    record = JobRecord()
    assert {record.add(event) for event in canonical(streams.simple(random.Random(3))[0])} == {Arrival.IN_ORDER}


def test_duplicates_are_discarded() -> None:
    events = streams.simple(random.Random(4))[0]
    record = JobRecord(events)
    assert {record.add(event) for event in events} == {Arrival.DUPLICATE}


def test_of_duplicates_that_differ_the_same_one_counts_in_either_order() -> None:
    first, *rest = streams.simple(random.Random(5))[0]
    other = replace(first, data={**first.data, "jdl": "[other]"})
    one, two = JobRecord([first, other, *rest]), JobRecord([other, first, *rest])
    assert one.memory == two.memory
    assert set(one.events) == set(two.events)


def test_a_job_is_invisible_before_its_registration() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    record = JobRecord(rest)
    assert record.status is None
    record.add(first)
    assert record.status is not None
    assert record.memory == replay([first, *rest])


def test_a_registration_without_a_kind_is_none() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    empty = replace(first, data={}, timestamp=0)
    for order in ([empty, first, *rest], [*rest, first, empty], [first, empty, *rest]):
        record = JobRecord(order)
        assert record.memory == replay(order)
        assert record.status is not None
    assert JobRecord([empty, *rest]).status is None


def test_a_second_registration_counts_in_its_place() -> None:
    first, *rest = streams.simple(random.Random(6))[0]
    second = replace(first, seqcode=rest[3].seqcode, data={**first.data, "ns": "other"})
    for order in ([first, *rest, second], [second, *rest, first], [*rest, second, first]):
        assert JobRecord(order).memory == replay([first, second, *rest])


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
