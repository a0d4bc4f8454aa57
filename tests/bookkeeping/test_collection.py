"""Parents: states and histograms, incremental and counted."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.collection import (
    ChildClass,
    Children,
    class_of,
    counted,
    histogram_text,
    moved,
    parent_state,
    state_event,
    with_children,
)
from gridwms.bookkeeping.machine.replay import replay, step
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode
from tests.bookkeeping import streams

OK, FAILED = DoneCode.OK, DoneCode.FAILED
S = StateCode


@pytest.mark.parametrize(
    ("children", "state", "of_transfers"),
    [
        ([], S.WAITING, S.WAITING),
        ([(S.RUNNING, None), (S.DONE, OK)], S.RUNNING, S.RUNNING),
        ([(S.DONE, OK)], S.WAITING, S.WAITING),
        ([(S.DONE, OK), (S.DONE, OK)], S.DONE, S.DONE),
        ([(S.DONE, OK), (S.DONE, FAILED)], S.WAITING, S.WAITING),
        ([(S.DONE, OK), (S.CLEARED, None)], S.DONE, S.WAITING),
        ([(S.CANCELLED, None), (S.CLEARED, None)], S.CLEARED, S.WAITING),
        ([(S.ABORTED, None), (S.CLEARED, None)], S.ABORTED, S.WAITING),
        ([(S.ABORTED, None), (S.DONE, OK)], S.ABORTED, S.ABORTED),
        ([(S.ABORTED, None), (S.SCHEDULED, None)], S.WAITING, S.WAITING),
    ],
)
def test_state_of_two_children(
    children: list[tuple[StateCode, DoneCode | None]], state: StateCode, of_transfers: StateCode
) -> None:
    found = counted(2, children)
    assert parent_state(found, JobType.COLLECTION) is state
    assert parent_state(found, JobType.FILE_TRANSFER_COLLECTION) is of_transfers


@pytest.mark.parametrize("seed", range(50))
def test_incremental_is_exact(seed: int) -> None:
    rng = random.Random(seed)
    number = rng.randrange(1, 12)
    now: list[tuple[StateCode, DoneCode | None] | None] = [None] * number
    children = Children(number)
    for _ in range(60):
        which = rng.randrange(number)
        after = rng.choice(list(S)), rng.choice((None, *DoneCode))
        children = moved(children, now[which], after)
        now[which] = after
        known = [one for one in now if one is not None]
        assert children == counted(number, known)
        assert sum(children.histogram) == sum(children.fast_histogram) == number
        for kind in ChildClass:
            expected = sum(class_of(*one) is kind for one in known)
            missing = number - len(known) if kind is ChildClass.REST else 0
            assert children.count(kind) == expected + missing


def test_the_event_that_the_server_logs() -> None:
    out: list[streams.Event] = []
    chain = streams.Chain(streams.Clock(random.Random(1)), out)
    streams.registered(chain, jobtype="COLLECTION", nsubjobs=2)
    parent = replay(out)
    assert parent.status.children_hist[S.UNKNOWN] == 2
    child = streams.of_job([out[0]], streams.JOB + "1")[0]
    children = counted(2, [(S.RUNNING, None)])
    event = state_event(parent, children, child, timestamp=streams.START, host="lb", user="/CN=lb")
    assert event is not None
    assert event.data["histogram"] == histogram_text(children.fast_histogram)
    assert str(event.data["histogram"]).startswith("Submitted=0, Waiting=0, Ready=0, Scheduled=0, Running=1, ")
    assert event.seqcode.endswith(":LBS=000001")
    after = step(parent, event)
    assert after.status.state is S.RUNNING
    assert replay([*out, event]) == after
    assert state_event(after, children, child, timestamp=0, host="lb", user="") is None
    assert with_children(after.status, children).children_hist[S.UNKNOWN] == 1


def test_a_dag_is_not_computed() -> None:
    parent = replay(streams.dag(random.Random(1)))
    child = streams.dag(random.Random(1))[0]
    assert state_event(parent, counted(3, []), child, timestamp=0, host="", user="") is None
