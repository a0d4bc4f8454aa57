"""What keeps jobs from a site: drains, downtimes, limits, and the circuit breaker."""

from __future__ import annotations

import pytest

from gridwms.flow import explain, sites
from gridwms.flow.breaker import Position
from gridwms.flow.errors import NotFound, NotInState
from gridwms.jobs.states import State
from tests.flow.conftest import Stage


def drain(stage: Stage, begins: float | None = None, ends: float | None = None) -> None:
    sites.drain(stage.world, "scripted", by="olga", reason="new disks", begins=begins, ends=ends)


def test_a_drained_site_gets_nothing_new(stage: Stage) -> None:
    drain(stage)
    (key,) = stage.submit()
    stage.schedule()
    assert stage.job(key).state is State.WAITING
    assert "scripted is drained by olga: new disks" in explain.why(stage.world, key).sentence
    sites.resume(stage.world, "scripted")
    stage.schedule()
    assert stage.job(key).state is State.READY


def test_a_downtime_comes_and_goes(stage: Stage) -> None:
    drain(stage, begins=2000, ends=3000)
    assert sites.site(stage.world, "scripted").accepts
    stage.time[0] = 2500
    state = sites.site(stage.world, "scripted")
    assert not state.accepts
    assert "until 1970-01-01 00:50:00 UTC: new disks" in state.why
    stage.time[0] = 3000
    assert sites.site(stage.world, "scripted").accepts
    assert sites.site(stage.world, "scripted").closures == ()


def test_mistakes_are_told(stage: Stage) -> None:
    with pytest.raises(NotFound, match="There is no site 'elsewhere'"):
        sites.resume(stage.world, "elsewhere")
    with pytest.raises(NotInState, match="ends before it begins"):
        drain(stage, begins=2000, ends=1500)


def test_a_black_hole_is_left_alone(stage: Stage) -> None:
    """A site that refuses all it is given draws in no more jobs, and after a restart neither."""
    stage.site.refusing = True
    keys = stage.submit(count=15)
    for _ in range(4):
        stage.schedule()
        stage.errands()
        stage.feedback()
    state = sites.site(stage.world, "scripted")
    assert state.breaker is Position.OPEN and not state.accepts
    assert "failed most of what it was given" in state.why
    (late,) = stage.submit()
    stage.schedule()
    assert stage.job(late).state is State.WAITING
    why = explain.why(stage.world, late)
    assert why.reason is not None and why.reason.code == "site_closed"
    assert (
        "ce1.example.org:2119/jobmanager-test-default failed most of what it was given, and rests until" in why.sentence
    )
    assert keys
