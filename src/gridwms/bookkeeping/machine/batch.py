"""Jobs seen by the monitors of local batch systems, PBS (Torque) and Condor, ordered by the codes of those monitors."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import data
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import condor_code, pbs_code
from gridwms.bookkeeping.machine.work import Work
from gridwms.bookkeeping.seqcode import SequenceCode
from gridwms.bookkeeping.states import DoneCode, StateCode

_PBS_LETTERS = "TQHWREC"
"""Internal states of PBS by number: transit, queued, held, waiting, running, exiting, complete."""


def pbs_step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """A PBS job after this event."""
    work = Work(memory, event, code)
    own = pbs_code(event.seqcode)
    work.late = own is not None and memory.pbs_last is not None and own < memory.pbs_last
    if (rule := _PBS.get(event.type)) is not None:
        rule(work)
    if not work.late:
        work.enter()
        if own is not None:
            work.memory["pbs_last"] = own
    if work.now("location") is None:
        work.changes["location"] = "this is PBS"
    return work.result()


def _move(work: Work, state: StateCode, code: DoneCode | None = None) -> None:
    if not work.late:
        work.state = state
        if code is not None:
            work.changes["done_code"] = code


def _fill(work: Work, group: str, /, **attributes: str) -> None:
    """Fields of a group from attributes of the event that are there."""
    for field, name in attributes.items():
        if (value := work.event.data.get(name)) is not None:
            work.group(group, **{field: value})


def _pbs_internal(work: Work) -> None:
    number = work.event.number("newstate")
    if not work.late and number is not None and 0 <= number < len(_PBS_LETTERS):
        work.group("pbs", state=_PBS_LETTERS[number], substate=work.event.number("newsubstate") or 0)


def _pbs_accepted(work: Work) -> None:
    states = {
        sources.PBS_SERVER: StateCode.SUBMITTED,
        sources.PBS_MOM_SUPERIOR: StateCode.SCHEDULED,
        sources.PBS_MOM: StateCode.SCHEDULED,
    }
    _move(work, states.get(work.event.source, work.state))


def _pbs_queued(work: Work) -> None:
    _move(work, StateCode.WAITING)
    if work.event.source == sources.PBS_SERVER:
        for name in ("queue", "owner", "name"):
            if work.group_now("pbs", name) is None:
                _fill(work, "pbs", **{name: name})


def _pbs_matched(work: Work) -> None:
    _move(work, StateCode.READY)
    _fill(work, "pbs", dest_host="dest_host")


def _pbs_pending(work: Work) -> None:
    _move(work, StateCode.WAITING)
    if not work.late:
        work.memory["pbs_rerunning"] = False
    _fill(work, "pbs", reason="reason")


def _pbs_run(work: Work) -> None:
    states = {sources.PBS_SERVER: StateCode.SCHEDULED, sources.PBS_MOM: StateCode.RUNNING}
    _move(work, states.get(work.event.source, work.state))
    _fill(work, "pbs", scheduler="scheduler", dest_host="dest_host", pid="pid")


def _pbs_rerun(work: Work) -> None:
    if work.event.source in (sources.PBS_SERVER, sources.PBS_MOM):
        _move(work, StateCode.WAITING)
        if not work.late and work.event.source == sources.PBS_MOM:
            work.memory["pbs_rerunning"] = True


def _pbs_done(work: Work) -> None:
    source = work.event.source
    if source == sources.PBS_SERVER or (source == sources.PBS_MOM and not work.known("pbs_rerunning")):
        _move(work, StateCode.DONE, DoneCode.OK)
    _fill(work, "pbs", exit_status="exit_status")


def _pbs_usage(work: Work) -> None:
    used = work.event.data.get("usage") == "USED"
    if used:
        _move(work, StateCode.DONE)
    field = "resource_usage" if used else "resource_requested"
    tags = [part.partition("=") for part in (work.event.text("resources") or "").split(",")]
    found = tuple((name, value) for name, equals, value in tags if name and equals and value)
    work.group("pbs", **{field: found})


def _pbs_error(work: Work) -> None:
    _move(work, StateCode.DONE, DoneCode.FAILED)
    if not work.late:
        work.group("pbs", state="C")
    _add_error(work, "pbs")


def _add_error(work: Work, group: str) -> None:
    before, text = work.group_now(group, "error_desc"), work.event.text("error_desc") or ""
    work.group(group, error_desc=f"{before}\n\t{text}" if before else f"\t{text}")


def _registered(work: Work) -> None:
    data.registration(work)
    _move(work, StateCode.SUBMITTED)


def _tag(work: Work) -> None:
    data.tagged(work)


_PBS: dict[str, Callable[[Work], None]] = {
    "RegJob": _registered,
    "PBSInternalStateChange": _pbs_internal,
    "PBSAccepted": _pbs_accepted,
    "PBSQueued": _pbs_queued,
    "PBSMatch": _pbs_matched,
    "PBSPending": _pbs_pending,
    "PBSRun": _pbs_run,
    "PBSRerun": _pbs_rerun,
    "PBSDone": _pbs_done,
    "PBSResourceUsage": _pbs_usage,
    "PBSError": _pbs_error,
    "UserTag": _tag,
}


def condor_step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """A Condor job after this event."""
    work = Work(memory, event, code)
    own = condor_code(event.seqcode)
    work.late = (
        own is not None
        and memory.condor_last is not None
        and event.type != "RegJob"
        and own[:4] < memory.condor_last[:4]
    )
    if (rule := _CONDOR.get(event.type)) is not None:
        rule(work, own.source if own is not None else "")
    if not work.late:
        work.enter()
        if own is not None and event.type != "RegJob":
            work.memory["condor_last"] = own
    if work.now("location") is None:
        work.changes["location"] = "this is CONDOR"
    return work.result()


def _condor_move(work: Work, state: StateCode, status: str) -> None:
    if not work.late:
        work.state = state
        work.group("condor", status=status)


def _condor_registered(work: Work, _log: str) -> None:
    data.registration(work)
    _condor_move(work, StateCode.SUBMITTED, "Idle")


def _condor_matched(work: Work, _log: str) -> None:
    _condor_move(work, StateCode.READY, "Idle")
    _fill(work, "condor", dest_host="dest_host", owner="owner", preempting="preempting")


def _condor_rejected(work: Work, _log: str) -> None:
    _condor_move(work, StateCode.ABORTED, "Unexpanded")
    if work.event.data.get("status_code") == "NOMATCH":
        work.group("condor", reason="No match found.")


def _shadow_started(work: Work, log: str) -> None:
    _condor_move(work, StateCode.READY, "Idle")
    if log == "C":
        _fill(work, "condor", shadow_pid="shadow_pid")


def _shadow_exited(work: Work, log: str) -> None:
    _condor_move(work, StateCode.DONE, "Completed")
    if log == "H":
        _fill(work, "condor", shadow_exit_status="shadow_exit_status")


def _starter_started(work: Work, log: str) -> None:
    if log == "S":
        _condor_move(work, StateCode.SCHEDULED, "Idle")
    elif log == "s":
        _condor_move(work, StateCode.RUNNING, "Running")
        _fill(work, "condor", universe="universe", starter_pid="starter_pid")


def _starter_exited(work: Work, log: str) -> None:
    _condor_move(work, StateCode.DONE, "Completed")
    if log == "S":
        _fill(work, "condor", starter_pid="starter_pid", starter_exit_status="starter_exit_status")
    elif log == "s":
        _fill(work, "condor", starter_pid="starter_pid", job_pid="job_pid", job_exit_status="job_exit_status")


def _condor_error(work: Work, _log: str) -> None:
    _add_error(work, "condor")


def _condor_tag(work: Work, _log: str) -> None:
    data.tagged(work)


_CONDOR: dict[str, Callable[[Work, str], None]] = {
    "RegJob": _condor_registered,
    "CondorMatch": _condor_matched,
    "CondorReject": _condor_rejected,
    "CondorShadowStarted": _shadow_started,
    "CondorShadowExited": _shadow_exited,
    "CondorStarterStarted": _starter_started,
    "CondorStarterExited": _starter_exited,
    "CondorError": _condor_error,
    "UserTag": _condor_tag,
}
"""Event type to rule; the second argument names the log file that the event comes from (C schedd, H shadow,
S startd, s starter)."""
