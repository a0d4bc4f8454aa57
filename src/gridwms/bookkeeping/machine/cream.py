"""Events of CREAM: in CREAM jobs, where they apply as they come, and in WMS jobs, where the rules of order hold.

gLite reference: CREAM jobs and collections.
"""

from __future__ import annotations

import re

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import data
from gridwms.bookkeeping.machine.data import Rule
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.work import Work
from gridwms.bookkeeping.seqcode import SequenceCode
from gridwms.bookkeeping.states import CreamState, DoneCode, StateCode, WrapperStatus, cream_state_named

STATES: dict[CreamState, StateCode] = {
    CreamState.PENDING: StateCode.WAITING,
    CreamState.IDLE: StateCode.SCHEDULED,
    CreamState.RUNNING: StateCode.RUNNING,
    CreamState.REALLY_RUNNING: StateCode.RUNNING,
    CreamState.DONE_OK: StateCode.DONE,
    CreamState.DONE_FAILED: StateCode.DONE,
    CreamState.ABORTED: StateCode.ABORTED,
    CreamState.CANCELLED: StateCode.CANCELLED,
    CreamState.PURGED: StateCode.CLEARED,
}
"""The state of CREAM to that of the job; the others leave it unchanged."""

_WRAPPER = {
    CreamState.RUNNING: WrapperStatus.WRAPPER_RUNNING,
    CreamState.REALLY_RUNNING: WrapperStatus.PAYLOAD_RUNNING,
}
_DONE = {CreamState.DONE_OK: DoneCode.OK, CreamState.DONE_FAILED: DoneCode.FAILED}
_EXIT_CODE = re.compile(r"\s*([+-]?[0-9]{1,18})")


def step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """A CREAM job after this event; there is no rule of order."""
    work = Work(memory, event, code)
    rule = _IN_CREAM_JOBS.get(event.type)
    if rule is not None:
        rule(work)
    work.enter()
    work.memory["last"] = work.code
    fill(work)
    return work.result()


def fill(work: Work) -> None:
    """What events of CREAM tell beyond the state, late or not."""
    rule = _DATA.get(work.event.type)
    if rule is not None:
        rule(work)
    if work.now("location") is None:
        work.changes["location"] = "this is CREAM"


def _registered(work: Work) -> None:
    event = work.event
    work.given("jdl", "jdl")
    jdl, endpoint = event.text("jdl"), event.text("ns")
    if jdl is not None:
        work.group("cream", jdl=jdl)
    if endpoint is not None:
        work.group("cream", endpoint=endpoint)
        work.changes |= {"destination": endpoint, "network_server": endpoint}
    if work.now("owner") is not None:
        work.group("cream", owner=work.now("owner"))


def _accepted(work: Work) -> None:
    ident = work.event.text("local_jobid")
    work.group("cream", id=ident)
    work.changes["globus_id"] = ident


def _status_data(work: Work) -> None:
    event = work.event
    if event.data.get("result") != "DONE":
        return
    found = _EXIT_CODE.match(event.text("exit_code") or "")
    if found is not None:
        work.group("cream", exit_code=int(found[1]))
        work.changes["exit_code"] = int(found[1])
    if (node := event.text("worker_node")) is not None:
        work.group("cream", node=node)
        work.changes["ce_node"] = node
    if (local := event.text("LRMS_jobid")) is not None:
        work.group("cream", lrms_id=local)
        work.changes["local_id"] = local
    if (failure := event.text("failure_reason")) is not None:
        work.group("cream", failure_reason=failure)
        before = work.now("failure_reasons")
        if failure not in (before or "").split("\n"):
            work.changes["failure_reasons"] = f"{before}\n{failure}" if before else failure


_DATA = {
    "RegJob": _registered,
    "CREAMAccepted": _accepted,
    "CREAMStatus": _status_data,
    "UserTag": data.tagged,
}


def _reason(work: Work, *, replace: bool = False) -> None:
    """The reason of the event becomes that of the job; an absent one only with `replace`."""
    reason = work.event.text("reason")
    if reason is not None or replace:
        work.group("cream", reason=reason)
        work.changes["reason"] = reason


def _moved(work: Work, state: StateCode, cream: CreamState) -> None:
    work.state = state
    work.group("cream", state=cream)


def store(work: Work) -> bool:
    """CREAMStore: a command was taken."""
    if work.late:
        return True
    if work.event.data.get("result") == "OK":
        match work.event.data.get("command"):
            case "CMDSTART":
                _moved(work, StateCode.WAITING, CreamState.PENDING)
            case "CMDSUSPEND":
                work.changes["suspended"] = True
            case "CMDRESUME":
                work.changes["suspended"] = False
    _reason(work)
    return True


def call(work: Work) -> bool:
    """CREAMCall: a command was handed to the batch system."""
    event = work.event
    if work.late or event.data.get("result") != "OK":
        return True
    command = event.data.get("command")
    if command == "CMDSTART" and event.source == sources.CREAM_EXECUTOR and event.data.get("callee") == sources.LRMS:
        _moved(work, StateCode.SCHEDULED, CreamState.IDLE)
        _reason(work)
    elif command == "CMDCANCEL":
        work.group("cream", cancelling=True)
        work.changes["cancelling"] = True
        _reason(work)
    return True


def call_in_cream_job(work: Work) -> bool:
    """CREAMCall: a purge clears the job."""
    if work.event.data.get("result") == "OK" and work.event.data.get("command") == "CMDPURGE":
        _moved(work, StateCode.CLEARED, CreamState.PURGED)
        _reason(work)
    return call(work)


def cancelled(work: Work) -> bool:
    """CREAMCancel."""
    if not work.late:
        if work.event.data.get("status_code") == "DONE":
            _moved(work, StateCode.CANCELLED, CreamState.ABORTED)
        _reason(work, replace=True)
    return True


def aborted(work: Work) -> bool:
    """CREAMAbort."""
    if not work.late:
        _moved(work, StateCode.ABORTED, CreamState.ABORTED)
        _reason(work, replace=True)
    return True


def changed(work: Work) -> bool:
    """CREAMStatus: only what is DONE counts, not what has ARRIVED."""
    if work.late or work.event.data.get("result") != "DONE":
        return True
    state = cream_state_named(work.event.text("new_state") or "")
    work.group("cream", state=state)
    if state is None:
        return True
    work.state = STATES.get(state, work.state)
    if state in _WRAPPER:
        work.changes["jw_status"] = _WRAPPER[state]
    if state in _DONE:
        work.changes["done_code"] = _DONE[state]
        work.group("cream", done_code=_DONE[state])
    return True


def registered(work: Work) -> bool:
    """RegJob of a CREAM job."""
    data.registration(work)
    _moved(work, StateCode.SUBMITTED, CreamState.REGISTERED)
    return True


_IN_CREAM_JOBS: dict[str, Rule] = {
    "RegJob": registered,
    "CREAMStore": store,
    "CREAMCall": call_in_cream_job,
    "CREAMCancel": cancelled,
    "CREAMAbort": aborted,
    "CREAMStatus": changed,
}

IN_WMS_JOBS: dict[str, Rule] = {
    "CREAMStart": data.nothing,
    "CREAMPurge": data.nothing,
    "CREAMAccepted": data.nothing,
    "CREAMStore": store,
    "CREAMCall": call,
    "CREAMCancel": cancelled,
    "CREAMAbort": aborted,
    "CREAMStatus": changed,
}
"""What counts in a WMS job; the other events of CREAM are bad ones there."""
