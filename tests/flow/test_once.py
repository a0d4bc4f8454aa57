"""A submission that comes again with its key makes no second job."""

from __future__ import annotations

import threading

import pytest

from gridwms.flow.cancel import cancel
from gridwms.flow.once import BadKey, KeyReused, forget_old
from gridwms.flow.purge import purge
from gridwms.flow.submit import put_input, register, start
from gridwms.jobs.states import State
from gridwms.store import listing
from tests.flow.conftest import Stage

TRUE = b'[Executable = "/bin/true";]'
WITH_FILE = b'[Executable = "run.sh"; InputSandbox = {"run.sh"};]'


def count(stage: Stage) -> int:
    return sum(stage.world.database.read(listing.counts).values())


def test_the_same_again_is_the_same_jobs(stage: Stage) -> None:
    texts = [TRUE, b"nonsense", WITH_FILE, TRUE]
    first = register(stage.world, "ann", "", texts, "k")
    stage.schedule()
    again = register(stage.world, "ann", "", texts, "k")
    assert [one.key for one in again] == [one.key for one in first]
    assert [one.state for one in again] == [State.READY, None, State.SUBMITTED, State.READY]
    assert again[1].problems == first[1].problems
    assert again[2].uploads == first[2].uploads != ()
    assert count(stage) == 3


def test_a_start_that_was_lost_is_completed(stage: Stage) -> None:
    [first] = register(stage.world, "ann", "", [WITH_FILE], "k")
    assert first.key is not None
    put_input(stage.world, first.key, 0, [b"#!/bin/sh"], None)
    start(stage.world, [first.key])
    [again] = register(stage.world, "ann", "", [WITH_FILE], "k")
    assert (again.key, again.state, again.uploads) == (first.key, State.WAITING, ())
    assert start(stage.world, [first.key]) == {first.key: State.WAITING}


def test_other_contents_are_refused(stage: Stage) -> None:
    register(stage.world, "ann", "", [TRUE], "k")
    for texts, vo in (([TRUE, TRUE], ""), ([TRUE + b" "], ""), ([TRUE], "atlas"), ([TRUE[:5], TRUE[5:]], "")):
        with pytest.raises(KeyReused, match="other contents"):
            register(stage.world, "ann", vo, texts, "k")
    assert count(stage) == 1


def test_keys_belong_to_their_owner(stage: Stage) -> None:
    [mine] = register(stage.world, "ann", "", [TRUE], "k")
    [theirs] = register(stage.world, "bob", "", [TRUE + b" "], "k")
    assert mine.key != theirs.key


def test_what_became_of_the_job_does_not_matter(stage: Stage) -> None:
    [first] = register(stage.world, "ann", "", [TRUE], "k")
    assert first.key is not None
    cancel(stage.world, "ann", [first.key])
    purge(stage.world, "ann", [first.key])
    [again] = register(stage.world, "ann", "", [TRUE], "k")
    assert (again.key, again.state) == (first.key, State.PURGED)


def test_many_at_the_same_time_make_one_job(stage: Stage) -> None:
    gate = threading.Barrier(8)
    keys: list[str | None] = []

    def submit() -> None:
        gate.wait()
        keys.append(register(stage.world, "ann", "", [TRUE], "k")[0].key)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == count(stage) == 1


def test_what_was_refused_whole_leaves_the_key_free(stage: Stage) -> None:
    register(stage.world, "ann", "", [b"nonsense"], "k")
    assert register(stage.world, "ann", "", [TRUE], "k")[0].key


def test_keys_are_forgotten_in_time(stage: Stage) -> None:
    register(stage.world, "ann", "", [TRUE], "k")
    stage.pass_time(stage.world.settings.submit_key_seconds)
    assert forget_old(stage.world) == 0
    stage.pass_time(1)
    assert forget_old(stage.world) == 1
    register(stage.world, "ann", "", [TRUE], "k")
    assert count(stage) == 2


@pytest.mark.parametrize("key", ["x" * 256, "a\nb"])
def test_what_can_be_no_key_is_refused(stage: Stage, key: str) -> None:
    with pytest.raises(BadKey):
        register(stage.world, "ann", "", [TRUE], key)
