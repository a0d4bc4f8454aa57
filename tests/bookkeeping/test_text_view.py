"""The plain text pages."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.bookkeeping.status import COMMON_ATTRIBUTES, GROUP_ATTRIBUTES, JobStatus, attribute, attributes
from gridwms.bookkeeping.text_view import (
    clock_text,
    error_text,
    job_text,
    jobs_text,
    notifications_text,
    parse_page,
    state_text,
)
from tests.bookkeeping import streams


@pytest.mark.parametrize(
    ("state", "code", "exit_code", "text"),
    [
        (StateCode.RUNNING, None, 0, "Running"),
        (StateCode.DONE, DoneCode.OK, 0, "Done (Success)"),
        (StateCode.DONE, DoneCode.OK, 3, "Done (Exit Code !=0)"),
        (StateCode.DONE, DoneCode.FAILED, 0, "Done (Failed)"),
        (StateCode.DONE, DoneCode.CANCELLED, 0, "Done (Cancelled)"),
        (StateCode.DONE, None, 0, "Done (Unable to retrieve  a valid done_code)"),
    ],
)
def test_states(state: StateCode, code: DoneCode | None, exit_code: int, text: str) -> None:
    assert state_text(JobStatus(state=state, done_code=code, exit_code=exit_code)) == text


def test_a_job() -> None:
    status = replay(streams.simple(random.Random(2))[0]).status
    text = job_text(status)
    page = parse_page(text)
    assert text.startswith(
        f"Job={streams.JOB}\nStatus={status.state.word}\nowner=/C=XX/O=Grid/CN=Ann\njob_type=SIMPLE\n"
    )
    assert page["failure_reasons"] == (status.failure_reasons or "")
    assert page["destination"] == status.destination
    assert page["lastUpdateTime"] == clock_text(status.last_update_time)
    assert page["parent_job"] == ""
    assert {"condorId", "reason", "ce_node", "resubmitted", "done_code", "exit_code", "jw_status", "acl"} <= page.keys()


def test_a_cream_job_has_the_attributes_of_cream() -> None:
    page = parse_page(job_text(replay(streams.cream(random.Random(2))).status))
    assert page["cream_id"] == "CREAM123"
    assert "vm_state" not in page


def test_no_value_makes_a_line() -> None:
    status = JobStatus(job_id="j", reason="a\nStatus=Done\\n")
    page = parse_page(job_text(status))
    assert (page["reason"], page["Status"]) == (status.reason, "Undefined")


def test_the_other_pages() -> None:
    assert jobs_text("/CN=Ann", ["a", "b"]) == "User_jobs=a,b\nUser_subject=/CN=Ann\n"
    assert jobs_text("", []) == "User_jobs=\nUser_subject=<anonymous>\n"
    assert notifications_text(["n"]) == "User_notifications=n\n"
    assert error_text("Not Found", 2, "No such file", "no matching jobs found") == (
        "Error=Not Found\nCode=2\nDescription=No such file (no matching jobs found)\n"
    )


def test_times() -> None:
    assert clock_text(1_299_998_000_000_000) == "Sun Mar 13 06:33:20 2011"
    assert clock_text(0) == "Thu Jan  1 00:00:00 1970"


def test_attributes_have_their_lb_names() -> None:
    status = replay(streams.cream(random.Random(2))).status
    names = [
        "jobId",
        "owner",
        "condorId",
        "stateEnterTimes",
        "user_tags",
        "jw_status",
        "sandbox_retrieved",
        "cancelReason",
        "history",
    ]
    assert set(names) <= COMMON_ATTRIBUTES.keys()
    assert {"pbs_resource_usage", "condor_job_pid", "cream_lrms_id", "ft_sandbox_type", "vm_system_halting"} <= (
        GROUP_ATTRIBUTES.keys()
    )
    assert attribute(status, "jobId") == streams.JOB
    assert attribute(status, "cream_id") == "CREAM123"
    assert attribute(status, "vm_state") is None
    assert attributes(status)["cream_id"] == "CREAM123"
