"""Purging: by hand and by age; the record stays, the files go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.flow.audit import audit
from gridwms.flow.cancel import cancel
from gridwms.flow.collect import clear
from gridwms.flow.compound.sweep import sweep
from gridwms.flow.purge import purge, purge_old, select_old
from gridwms.flow.retention import Retention
from gridwms.flow.status import history, status
from gridwms.flow.worker import events, put_output, take_token
from gridwms.jobs.states import DoneCode, State
from gridwms.store import descriptions
from tests.flow.compounds import compound, hand_in, run
from tests.flow.conftest import Stage


def done(stage: Stage, extra: str = "") -> str:
    (key,) = stage.submit(f'OutputSandbox = {{"out"}}; {extra}')
    stage.schedule()
    stage.errands()
    assert take_token(stage.world, key, 1, "i", []) is None
    put_output(stage.world, key, 1, "out", [b"result"])
    events(stage.world, key, 1, ["type=Finished&id=worker-1-2-i&time=1000&exit_code=0"])
    return key


def test_files_and_description_go_and_the_record_stays(stage: Stage) -> None:
    key = done(stage)
    digest = stage.job(key).description
    (answer,) = purge(stage.world, "ann", [key])
    assert (answer.done, stage.job(key).state) == (True, State.PURGED)
    assert stage.world.sandbox.outputs(key, 1) == []
    assert stage.world.database.read(lambda c: descriptions.get_descriptions(c, [digest])) == {}
    assert status(stage.world, [key])[0].exit_code == 0
    told = [(event.type, event.state, event.done_code) for event in history(stage.world, key)]
    assert told == [
        ("Registered", State.SUBMITTED, None),
        ("Accepted", State.WAITING, None),
        ("Matched", State.READY, None),
        ("Delivered", State.SCHEDULED, None),
        ("PayloadStarted", State.RUNNING, None),
        ("Finished", State.DONE, DoneCode.OK),
        ("Purged", State.PURGED, None),
    ]
    assert purge(stage.world, "ann", [key])[0].sentence == "it was purged before"


def test_a_description_stays_while_a_job_needs_it(stage: Stage) -> None:
    first, second = done(stage), done(stage)
    assert stage.job(first).description == stage.job(second).description
    purge(stage.world, "ann", [first])
    assert stage.world.descriptions.of(stage.job(second)).outputs == ("out",)


def test_a_running_job_is_not_purged(stage: Stage) -> None:
    (key,) = stage.submit()
    (answer,) = purge(stage.world, "ann", [key])
    assert (answer.done, answer.sentence) == (False, "it is WAITING: cancel it first")


def test_each_state_is_kept_as_long_as_the_operator_says(stage: Stage) -> None:
    keep = {State.DONE: 1000.0, State.CLEARED: 100.0, State.CANCELLED: 10.0}
    stage.world.settings = replace(stage.world.settings, keep_seconds=keep)
    unfetched, fetched = done(stage), done(stage)
    clear(stage.world, [fetched])
    (cancelled,) = stage.submit()
    cancel(stage.world, "ann", [cancelled])
    (waiting,) = stage.submit()
    states = []
    for seconds in (5, 10, 100, 1000):
        stage.pass_time(seconds)
        purge_old(stage.world)
        states.append([stage.job(key).state for key in (cancelled, fetched, unfetched, waiting)])
    purged = State.PURGED
    assert states == [
        [State.CANCELLED, State.CLEARED, State.DONE, State.WAITING],
        [purged, State.CLEARED, State.DONE, State.WAITING],
        [purged, purged, State.DONE, State.WAITING],
        [purged, purged, purged, State.WAITING],
    ]
    assert purge_old(stage.world) == 0


def test_until_when_files_are_kept_is_shown(stage: Stage) -> None:
    keep = {State.DONE: 1000.0}
    stage.world.settings = replace(stage.world.settings, keep_seconds=keep)
    key = done(stage)
    (waiting,) = stage.submit()
    assert status(stage.world, [key])[0].kept_until == stage.job(key).state_since + 1000
    assert status(stage.world, [waiting])[0].kept_until is None
    clear(stage.world, [key])
    assert status(stage.world, [key])[0].kept_until is None


def test_a_word_comes_before_files_go_that_nobody_fetched(stage: Stage) -> None:
    stage.world.settings = replace(stage.world.settings, keep_seconds={State.DONE: 1000.0}, announce_seconds=100.0)
    key, fetched = done(stage), done(stage)
    clear(stage.world, [fetched])
    retention = Retention(stage.world)
    stage.pass_time(899)
    assert retention.announce() == 0
    stage.pass_time(1)
    assert (retention.announce(), retention.announce()) == (1, 0)
    [told] = [event for event in history(stage.world, key) if event.type == "Expiring"]
    assert told.data["kept_until"] == stage.job(key).state_since + 1000
    assert Retention(stage.world).announce() == 1  # after a restart; nothing is said twice
    assert [event.type for event in history(stage.world, key)].count("Expiring") == 1
    assert [event.type for event in history(stage.world, fetched)].count("Expiring") == 0
    assert list(audit(stage.world.database)) == []
    stage.pass_time(100)
    assert purge_old(stage.world) == 1


def test_jobs_that_ended_at_the_same_time_are_all_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.world.settings = replace(stage.world.settings, keep_seconds={State.DONE: 1000.0}, announce_seconds=100.0)
    keys = [done(stage) for _ in range(5)]
    assert len({stage.job(key).state_since for key in keys}) == 1
    monkeypatch.setattr("gridwms.flow.retention._BATCH", 2)
    stage.pass_time(950)
    retention = Retention(stage.world)
    assert [retention.announce() for _ in range(4)] == [2, 2, 1, 0]
    assert all(history(stage.world, key)[-1].type == "Expiring" for key in keys)


def test_compounds_are_told_of_too(stage: Stage) -> None:
    stage.world.settings = replace(stage.world.settings, keep_seconds={State.DONE: 1000.0}, announce_seconds=100.0)
    whole = hand_in(stage.world, compound(stage.world, 2))
    for number in (0, 1):
        run(stage.world, whole, number)
    assert status(stage.world, [whole])[0].state is State.DONE
    stage.pass_time(950)
    retention = Retention(stage.world)
    assert retention.announce() == 1
    assert [Retention(stage.world).announce(), retention.announce()] == [1, 0]
    assert [event.type for event in history(stage.world, whole)].count("Expiring") == 1
    assert list(audit(stage.world.database)) == []


def test_old_jobs_are_selected_by_age_state_and_owner(stage: Stage) -> None:
    (first,) = stage.submit()
    cancel(stage.world, "ann", [first])
    whole = hand_in(stage.world, compound(stage.world, 2))
    cancel(stage.world, "ann", [whole])
    while sweep(stage.world):
        pass
    stage.pass_time(100)
    finished = done(stage)
    stage.pass_time(10)
    (waiting,) = stage.submit()

    def selected(owner: str | None = None, states: tuple[State, ...] = (), seconds: float = 0.0) -> set[str]:
        return {one.key for one in select_old(stage.world, owner, states, seconds, 100)}

    assert selected() == {first, whole, finished}
    assert selected(seconds=50) == {first, whole}
    assert selected(states=(State.DONE, State.WAITING)) == {finished}
    assert selected(owner="bob") == set()
    assert waiting not in selected()
    assert len(select_old(stage.world, None, (), 0.0, 2)) == 2
