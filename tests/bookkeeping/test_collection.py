"""Parents: states and histograms, incremental and counted."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.collection import (
    ChildClass,
    Children,
    class_of,
    counted,
    moved,
    parent_state,
    with_children,
)
from gridwms.bookkeeping.machine.replay import replay
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
        assert sum(children.histogram) == number
        for kind in ChildClass:
            expected = sum(class_of(*one) is kind for one in known)
            missing = number - len(known) if kind is ChildClass.REST else 0
            assert children.count(kind) == expected + missing


def test_the_histogram_of_a_new_parent() -> None:
    out: list[streams.Event] = []
    chain = streams.Chain(streams.Clock(random.Random(1)), out)
    streams.registered(chain, jobtype="COLLECTION", nsubjobs=2)
    parent = replay(out).status
    assert parent.children_hist[S.UNKNOWN] == 2
    status = with_children(parent, counted(2, [(S.RUNNING, None)]))
    assert (status.children_hist[S.RUNNING], status.children_hist[S.UNKNOWN]) == (1, 1)
