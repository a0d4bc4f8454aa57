"""The recipes reach the states that they are named after, in any order of arrival."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode, WrapperStatus
from tests.bookkeeping.recipes import Logger
from tests.bookkeeping.streams import arrived, disturbed


@pytest.mark.parametrize(
    ("recipe", "state"),
    [
        ("submitted", StateCode.SUBMITTED),
        ("waiting", StateCode.WAITING),
        ("ready", StateCode.READY),
        ("scheduled", StateCode.SCHEDULED),
        ("running", StateCode.RUNNING),
        ("done", StateCode.DONE),
        ("cleared", StateCode.CLEARED),
        ("aborted", StateCode.ABORTED),
        ("cancelled", StateCode.CANCELLED),
    ],
)
def test_state(recipe: str, state: StateCode) -> None:
    events = Logger().run(recipe)
    assert replay(events).status.state is state
    rng = random.Random(recipe)
    for _ in range(20):
        assert arrived(disturbed(rng, events)).memory.status.state is state


def test_done_of_a_dag() -> None:
    status = replay(Logger("DAG").run("done_dag")).status
    assert (status.state, status.done_code, status.jobtype) == (StateCode.DONE, DoneCode.OK, JobType.DAG)


def test_what_a_job_that_is_scheduled_tells() -> None:
    status = replay(Logger().run("scheduled")).status
    assert status.location == "LRMS/destination hostname/destination instance"
    assert status.destination == "destination CE/queue"
    assert status.network_server == "ns:7772"
    assert status.ui_host == "sending component hostname"
    assert status.condor_id == "new jobId (Condor, Globus ...)"
    assert status.condor_jdl == status.rsl == status.matched_jdl == "job description in receiver language"


def test_shallow_resubmission_selects_the_branch_of_the_payload() -> None:
    logger = Logger()
    events = logger.run("shallow_resub_simple")
    status = replay(events).status
    assert status.payload_running
    assert status.jw_status is WrapperStatus.PAYLOAD_RUNNING
    assert (status.destination, status.ce_node) == ("CE3/queue3", "worker3")
    assert status.possible_destinations == ("CE1/queue1", "CE2/queue2", "CE3/queue3")
    assert status.possible_ce_nodes == ("worker1", "worker2", "worker3")
    rng = random.Random(9)
    for _ in range(50):
        assert arrived(disturbed(rng, events)).memory.status == status
