"""Purging: by hand and by age; the record stays, the files go."""

from __future__ import annotations

from dataclasses import replace

from gridwms.flow.cancel import cancel
from gridwms.flow.collect import clear
from gridwms.flow.purge import purge, purge_old
from gridwms.flow.status import history, status
from gridwms.flow.worker import events, put_output, take_token
from gridwms.jobs.states import DoneCode, State
from gridwms.store import descriptions
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
