"""The transition table, every event from every source with every result, and the rules of order, one by one.

`arrive` steps events as they come, without sorting: what a late event may and may not do.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.event_types import EVENT_TYPES
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.replay import replay, step
from gridwms.bookkeeping.seqcode import SequenceCode
from gridwms.bookkeeping.sources import SOURCES
from gridwms.bookkeeping.states import DoneCode, SandboxRetrieved, StateCode, WrapperStatus
from tests.bookkeeping.streams import JC, JOB, LM, LRMS, NS, OWNER, START, UI, WM

S = StateCode


def event(source: str, kind: str, code: SequenceCode, when: int = 0, **data: Value) -> Event:
    values = {name.rstrip("_"): value for name, value in data.items()}
    return Event(kind, START + when * 1_000_000, JOB, source, str(code), "host", OWNER, "inst", data=values)


def registration(**data: Value) -> Event:
    return event(UI, "RegJob", SequenceCode(), jdl="[]", ns="ns", jobtype="SIMPLE", **data)


def arrive(*events: Event) -> Memory:
    memory = Memory()
    for one in events:
        memory = step(memory, one)
    return memory


STATES: dict[tuple[str, str, str], StateCode] = {
    ("Accepted", NS, ""): S.WAITING,
    ("Accepted", LM, ""): S.READY,
    ("Accepted", LRMS, ""): S.SCHEDULED,
    ("EnQueued", NS, "OK"): S.WAITING,
    ("EnQueued", WM, "OK"): S.READY,
    ("EnQueued", LM, "OK"): S.WAITING,
    ("EnQueued", NS, "FAIL"): S.WAITING,
    ("EnQueued", WM, "FAIL"): S.WAITING,
    ("DeQueued", WM, ""): S.WAITING,
    ("DeQueued", JC, ""): S.READY,
    ("Transfer", UI, "OK"): S.WAITING,
    ("Transfer", JC, "OK"): S.READY,
    ("Transfer", LM, "OK"): S.SCHEDULED,
    ("Transfer", UI, "FAIL"): S.SUBMITTED,
    ("Transfer", JC, "FAIL"): S.READY,
    ("Transfer", LM, "FAIL"): S.READY,
    ("Refused", NS, ""): S.SUBMITTED,
    ("Refused", LM, ""): S.READY,
    ("Refused", LRMS, ""): S.READY,
    ("ReallyRunning", LRMS, ""): S.RUNNING,
    ("ReallyRunning", LM, ""): S.RUNNING,
    **{
        (kind, source, ""): state
        for kind, state in {
            "RegJob": S.SUBMITTED,
            "HelperCall": S.WAITING,
            "HelperReturn": S.WAITING,
            "Match": S.WAITING,
            "Pending": S.WAITING,
            "Running": S.RUNNING,
            "Abort": S.ABORTED,
        }.items()
        for source in SOURCES
    },
    **{("Done", source, "OK"): S.DONE for source in SOURCES if source != LRMS},
    **{("Done", source, "FAILED"): S.DONE for source in SOURCES if source != LRMS},
    **{("Done", source, "KILLED"): S.DONE for source in SOURCES if source != LRMS},
    **{("Done", source, "CANCELLED"): S.CANCELLED for source in SOURCES if source != LRMS},
    **{("Cancel", source, "DONE"): S.CANCELLED for source in SOURCES},
    **{("Clear", source, code): S.CLEARED for source in SOURCES for code in ("USER", "TIMEOUT", "NOOUTPUT")},
}
RESULTS = {
    "Transfer": "result",
    "EnQueued": "result",
    "Done": "status_code",
    "Cancel": "status_code",
    "Clear": "reason",
}
MOVED_BY_CREAM = ("CREAMStore", "CREAMCall", "CREAMCancel", "CREAMAbort", "CREAMStatus")


@pytest.mark.parametrize("kind", [name for name in EVENT_TYPES if name not in (*MOVED_BY_CREAM, "CollectionState")])
def test_every_row(kind: str) -> None:
    fields = {one.name: one for one in EVENT_TYPES[kind].fields}
    attribute = RESULTS.get(kind)
    results = fields[attribute].codes if attribute else ("",)
    before = arrive(registration(), event(NS, "Accepted", SequenceCode(ui=1), from_=UI))
    before = replace(before, fields={**before.fields, "state": S.UNKNOWN})
    for source, result in itertools.product(SOURCES, results):
        data: dict[str, Value] = {attribute: result} if attribute else {}
        data |= {"wn_seq": str(SequenceCode(wm=1))} if kind == "ReallyRunning" else {}
        after = step(before, event(source, kind, SequenceCode(ui=1, wm=1), 5, **data))
        expected = STATES.get((kind, source, result), S.UNKNOWN)
        assert after.status.state is expected, (source, result)
        if expected is not S.UNKNOWN:
            assert after.status.state_enter_time == START + 5_000_000
            assert after.status.state_enter_times[expected] == START // 1_000_000 + 5


def test_bad_events_change_nothing() -> None:
    before = arrive(registration())
    for source, kind in (
        (UI, "Accepted"),
        (WM, "Notification"),
        (LRMS, "CREAMRunning"),
        (NS, "DeQueued"),
        (WM, "ConnectJob"),
    ):
        assert step(before, event(source, kind, SequenceCode(wm=9), 5)) == before
    for kind in ("UserTag", "Clear", "CollectionState"):
        assert step(before, event(WM, kind, SequenceCode(wm=9), 5)) == before
    assert step(before, event(LM, "ReallyRunning", SequenceCode(wm=9), 5, wn_seq="?")) == before


def test_started_and_refused_leave_state_reason_and_code() -> None:
    before = arrive(registration(), event(WM, "Pending", SequenceCode(wm=1), reason="none yet"))
    for result in ("START", "REFUSED"):
        after = step(before, event(WM, "EnQueued", SequenceCode(wm=2), 5, result=result, job="[m]", reason="x"))
        assert after == replace(before, fields={**before.fields, "matched_jdl": "[m]"})
        after = step(before, event(JC, "Transfer", SequenceCode(wm=2), 5, result=result, job="c"))
        assert after == replace(before, fields={**before.fields, "condor_jdl": "c"})


def test_late_events_deliver_data_and_move_nothing() -> None:
    before = arrive(registration(), event(LM, "Running", SequenceCode(wm=5, lm=3), node="new"))
    late = [
        event(NS, "Accepted", SequenceCode(wm=0, ns=0), 9, from_host="ui"),
        event(LRMS, "Accepted", SequenceCode(wm=1), 9, local_jobid="globus"),
        event(WM, "Match", SequenceCode(wm=1), 9, dest_id="ce"),
        event(WM, "UserTag", SequenceCode(wm=1), 9, name="Colour", value="red"),
        event(LM, "Done", SequenceCode(wm=1), 9, status_code="FAILED", reason="broke", exit_code=7),
    ]
    after = before
    for one in late:
        after = step(after, one)
    kept = ("state", "reason", "location", "last_update_time", "state_enter_time")
    assert [getattr(after.status, name) for name in kept] == [getattr(before.status, name) for name in kept]
    assert after.last == before.last
    status = after.status
    assert (status.ui_host, status.globus_id, status.destination) == ("ui", "globus", "ce")
    assert status.user_tags == (("colour", "red"),)
    assert (status.done_code, status.exit_code) == (DoneCode.FAILED, 0)
    assert status.failure_reasons == "broke [delayed event, destination unreliable]"


def test_the_newer_tag_wins_whenever_it_comes() -> None:
    newer = event(WM, "UserTag", SequenceCode(wm=4), name="A", value="new")
    older = event(WM, "UserTag", SequenceCode(wm=2), name="a", value="old")
    for order in ((newer, older), (older, newer)):
        assert arrive(registration(), *order).status.user_tags == (("a", "new"),)


def test_the_first_events_of_the_log_monitor_do_not_block_the_lrms() -> None:
    code = SequenceCode(wm=3, jss=2)
    memory = arrive(
        registration(),
        event(LM, "Accepted", code),
        event(LM, "Transfer", code._replace(lm=1), result="OK", destination=LRMS, dest_host="ce"),
        event(LRMS, "Running", code._replace(lrms=1), node="wn"),
    )
    assert memory.status.state is S.RUNNING
    late = step(memory, event(LM, "Transfer", code._replace(lm=1), 7, result="OK"))
    assert late.status.state is S.RUNNING
    assert late.status.state_enter_times[S.SCHEDULED] == START // 1_000_000 + 7


def test_after_a_deep_resubmission_older_cycles_are_too_old() -> None:
    memory = arrive(
        registration(),
        event(WM, "Match", SequenceCode(wm=1), dest_id="ce1"),
        event(LRMS, "ReallyRunning", SequenceCode(wm=2, lrms=1)),
        event(WM, "Resubmission", SequenceCode(wm=4), result="WILLRESUB"),
    )
    assert (memory.floor, memory.selected) == (SequenceCode(wm=4), None)
    assert memory.status.possible_destinations == ()
    assert not memory.status.payload_running
    after = step(memory, event(LRMS, "Running", SequenceCode(wm=2, lrms=9), node="old"))
    assert (after.status.ce_node, after.status.possible_ce_nodes) == (None, ("old",))
    again = step(after, event(LRMS, "ReallyRunning", SequenceCode(wm=2, lrms=9)))
    assert again == after


def test_a_late_deep_resubmission_counts_all_the_same() -> None:
    memory = arrive(
        registration(),
        event(WM, "Match", SequenceCode(wm=6), dest_id="ce2"),
        event(WM, "Resubmission", SequenceCode(wm=4), 9, result="WILLRESUB"),
    )
    assert memory.floor == SequenceCode(wm=4)
    assert memory.last == SequenceCode(wm=6)
    other = step(memory, event(LM, "Resubmission", SequenceCode(wm=8), result="WILLRESUB"))
    assert other.floor == SequenceCode(wm=4)


def test_other_branches_are_bad_and_a_new_entry_into_the_wms_forgets_them() -> None:
    memory = arrive(
        registration(),
        event(WM, "Match", SequenceCode(wm=1), dest_id="ce1"),
        event(LRMS, "ReallyRunning", SequenceCode(wm=2, lrms=1)),
    )
    assert memory.status.jw_status is WrapperStatus.PAYLOAD_RUNNING
    bad = step(memory, event(WM, "Match", SequenceCode(wm=5), dest_id="ce2"))
    assert (bad.status.state, bad.status.destination) == (S.RUNNING, "ce1")
    assert bad.status.possible_destinations == ("ce1", "ce2")
    anew = step(bad, event(NS, "EnQueued", SequenceCode(ns=1), result="OK", queue="q"))
    assert anew.selected is None
    assert anew.status.state is S.WAITING
    assert anew.branches == bad.branches


def test_cancel_has_an_order_of_its_own() -> None:
    memory = arrive(registration(), event(LM, "Running", SequenceCode(wm=5), node="n"))
    memory = step(memory, event(NS, "Cancel", SequenceCode(ns=9), status_code="REQ", reason="bye"))
    assert memory.status.cancelling
    assert memory.last == SequenceCode(wm=5)
    late = step(memory, event(LM, "Cancel", SequenceCode(ns=8), status_code="DONE", reason="x"))
    assert (late.status.state, late.status.cancel_reason) == (S.RUNNING, "x")
    refused = step(memory, event(NS, "Cancel", SequenceCode(ns=10), status_code="ABORT", reason="no"))
    assert (refused.status.cancelling, refused.status.state) == (False, S.RUNNING)
    done = step(memory, event(LM, "Cancel", SequenceCode(ns=10), status_code="DONE", reason="done"))
    assert (done.status.state, done.status.location, done.status.remove_from_proxy) == (S.CANCELLED, "none", True)
    assert done.last == SequenceCode(ns=10)


def test_after_an_end_only_the_wm_aborts() -> None:
    ended = arrive(registration(), event(WM, "Abort", SequenceCode(wm=3), reason="first"))
    cleared = step(ended, event(NS, "Clear", SequenceCode(wm=4), reason="USER"))
    assert (cleared.status.state, cleared.status.sandbox_retrieved) == (S.ABORTED, SandboxRetrieved.USER)
    again = step(ended, event(WM, "Abort", SequenceCode(wm=2), reason="second"))
    assert again.status.reason == "second"


def test_suspended_only_while_running() -> None:
    memory = arrive(registration(), event(LM, "Suspend", SequenceCode(wm=1), reason="x"))
    assert not memory.status.suspended
    memory = arrive(
        registration(),
        event(LM, "Running", SequenceCode(wm=1), node="n"),
        event(LM, "Suspend", SequenceCode(wm=2), reason="x"),
    )
    assert (memory.status.suspended, memory.status.suspend_reason) == (True, "x")
    after = step(memory, event(LM, "EnQueued", SequenceCode(wm=3), result="OK", queue="q"))
    assert (after.status.suspended, after.status.suspend_reason) == (False, None)
    assert (after.status.resubmitted, after.status.jw_status) == (True, WrapperStatus.UNKNOWN)


def test_locations() -> None:
    def place(source: str, kind: str, **data: Value) -> str | None:
        return arrive(registration(), event(source, kind, SequenceCode(wm=1), **data)).status.location

    assert place(NS, "Accepted") == "NetworkServer/host/inst"
    assert place(WM, "EnQueued", result="OK", queue="q") == "q/host/inst"
    assert place(JC, "Transfer", result="OK", destination=LM, dest_host="h") == "LogMonitor/h/"
    assert place(JC, "Transfer", result="FAIL") == "JobController/host/inst"
    assert place(WM, "HelperCall", helper_name="broker") == "broker/host/inst"
    assert place(NS, "Pending") == "WorkloadManager/host/inst"
    assert place(LRMS, "Running", node="wn") == "LRMS/worknode/wn"
    assert place(LM, "Done", status_code="OK") == "none"
    assert place(LM, "Done", status_code="FAILED") == "LogMonitor/host/inst"


def test_the_network_server_of_the_first_event_that_tells() -> None:
    first = replace(registration(), data={"jobtype": "SIMPLE"})
    memory = arrive(first, event(NS, "Accepted", SequenceCode(ui=1)))
    assert memory.status.network_server == "host:inst"


def test_fixed_codes_of_the_purger_and_of_lost_codes() -> None:
    base = [registration(), event(LM, "Done", SequenceCode(ui=1, ns=4, wm=5), status_code="OK", exit_code=0)]
    assert replay([*base, event(NS, "Clear", SequenceCode(ui=9, ns=96669), reason="TIMEOUT")]).status.state is S.CLEARED
    aborted = [registration(), event(WM, "Abort", SequenceCode(ns=96660), reason="lost")]
    assert replay(aborted).status.state is S.ABORTED


def test_cream_moves_wms_jobs_too() -> None:
    executor = sources.CREAM_EXECUTOR
    memory = arrive(
        registration(),
        event(executor, "CREAMStatus", SequenceCode(wm=1), new_state="REALLY-RUNNING", result="DONE", worker_node="w"),
    )
    assert (memory.status.state, memory.status.ce_node) == (S.RUNNING, "w")
    late = step(memory, event(executor, "CREAMStatus", SequenceCode(), new_state="IDLE", result="DONE"))
    assert late.status.state is S.RUNNING
    arrived = step(memory, event(executor, "CREAMStatus", SequenceCode(wm=2), new_state="DONE-OK", result="ARRIVED"))
    assert arrived.status.state is S.RUNNING
