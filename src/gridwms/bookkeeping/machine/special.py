"""The events of WMS jobs whose effect is more than a row of the table (gLite reference: transition table).

Each rule works the event in and tells whether it was good; what follows for any good event in order is in `wms`.
"""

from __future__ import annotations

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.machine import branches
from gridwms.bookkeeping.machine.data import Rule, retrieved
from gridwms.bookkeeping.machine.table import Where, location
from gridwms.bookkeeping.machine.work import Branching, Work
from gridwms.bookkeeping.seqcode import parse_or_none
from gridwms.bookkeeping.states import DoneCode, StateCode, WrapperStatus, state_named
from gridwms.bookkeeping.subjects import same_subject


def really_running(work: Work) -> bool:
    """The payload runs: its branch is selected, unless the event is too old or contradicts a selection."""
    source = work.event.source
    if source not in (sources.LRMS, sources.LOG_MONITOR):
        return False
    if work.branching is Branching.BAD or work.branching is Branching.TOO_OLD:
        return True
    if source == sources.LRMS:
        work.memory["selected"] = work.code
        if not work.late:
            work.memory["last_on_branch"] = work.code
            work.state = StateCode.RUNNING
    elif not _seen_by_log_monitor(work):
        return False
    if work.late and work.known("last_on_branch") is None:
        last = work.before.last
        if last is not None and last.wm == work.known("selected").wm:
            work.memory["last_on_branch"] = last
    work.changes |= {"jw_status": WrapperStatus.PAYLOAD_RUNNING, "payload_running": True}
    branches.select(work)
    return True


def _seen_by_log_monitor(work: Work) -> bool:
    """The log monitor names the branch by the code of the worker node, and selects only where nothing is selected."""
    selected, newest = work.known("selected"), work.known("last_on_branch")
    if selected is not None and newest is not None:
        return True
    named = parse_or_none(work.event.text("wn_seq"))
    if named is None:
        return False
    if selected is None:
        work.memory["selected"] = named
    if newest is None and not work.late:
        work.memory["last_on_branch"] = named
        work.state = StateCode.RUNNING
    return True


def suspended(work: Work) -> bool:
    if not work.late and work.state is StateCode.RUNNING:
        work.changes |= {"suspended": True, "suspend_reason": work.event.text("reason")}
    return True


def resumed(work: Work) -> bool:
    if not work.late and work.state is StateCode.RUNNING:
        work.changes |= {"suspended": False, "suspend_reason": work.event.text("reason")}
    return True


def resubmission(work: Work) -> bool:
    """A deep one forgets the branches even when it is late; a shallow one is only noted."""
    result = work.event.text("result")
    if result == "WILLRESUB" and work.event.source == sources.WORKLOAD_MANAGER:
        branches.reset(work)
    elif result == "SHALLOW":
        work.memory["resubmission"] = result
    elif result == "WONTRESUB":
        work.memory["resubmission"] = result
        if not work.late:
            work.changes["reason"] = work.event.text("reason")
    return True


_DONE = {
    "OK": DoneCode.OK,
    "CANCELLED": DoneCode.CANCELLED,
    "FAILED": DoneCode.FAILED,
    "KILLED": DoneCode.FAILED,
}


def done(work: Work) -> bool:
    """The end of the payload as the LRMS sees it moves nothing; KILLED, which L&B forgot to finish, is a failure."""
    event = work.event
    if event.source == sources.LRMS:
        if not work.late:
            work.changes |= {"jw_status": WrapperStatus.DONE, "payload_running": False}
        return True
    code = _DONE.get(event.text("status_code") or "")
    if code is None:
        return False
    if not work.late:
        cancelled = code is DoneCode.CANCELLED
        work.state = StateCode.CANCELLED if cancelled else StateCode.DONE
        work.changes |= {
            "jw_status": WrapperStatus.DONE,
            "reason": event.text("reason"),
            "location": location(event, Where.SOURCE if code is DoneCode.FAILED else Where.NOWHERE),
        }
        if work.branching is Branching.GOOD:
            work.changes["payload_running"] = False
    if code is DoneCode.FAILED:
        where = "delayed event, destination unreliable" if work.late else work.now("destination") or ""
        add_failure(work, f"{event.text('reason') or ''} [{where}]")
    work.changes["done_code"] = code
    work.changes["exit_code"] = (event.number("exit_code") or 0) if code is DoneCode.OK else 0
    return True


def add_failure(work: Work, line: str) -> None:
    """One more line of `failure_reasons`."""
    before = work.now("failure_reasons")
    work.changes["failure_reasons"] = f"{before}\n{line}" if before else line


def cancel(work: Work) -> bool:
    """Cancelling has an order of its own, so that a request may come at any time."""
    event, newest = work.event, work.before.last_cancel
    if newest is not None and work.code < newest:
        work.late = True
    code = event.text("status_code")
    if not work.late:
        if code == "REQ":
            work.changes["cancelling"] = True
        elif code == "DONE":
            work.state = StateCode.CANCELLED
            work.changes |= {
                "cancelling": False,
                "remove_from_proxy": True,
                "reason": event.text("reason"),
                "location": "none",
            }
            work.memory["last"] = work.code
        elif code == "ABORT":
            work.changes["cancelling"] = False
    work.changes["cancel_reason"] = event.text("reason")
    return True


def abort(work: Work) -> bool:
    """Given up by the system; the word of the WM counts even after another end."""
    if work.event.source == sources.WORKLOAD_MANAGER:
        work.late = False
    if not work.late:
        work.state = StateCode.ABORTED
        work.changes |= {"remove_from_proxy": True, "reason": work.event.text("reason"), "location": "none"}
        branches.reset(work)
    return True


CLEARED = {
    "USER": "user retrieved output sandbox",
    "TIMEOUT": "timed out, resource purge forced",
    "NOOUTPUT": "no output was generated",
}
"""Why a job was cleared, as its users read it."""


def clear(work: Work) -> bool:
    if not retrieved(work):
        return False
    if not work.late:
        work.state = StateCode.CLEARED
        reason = CLEARED[work.event.text("reason") or ""]
        work.changes |= {"remove_from_proxy": True, "reason": reason, "location": "none"}
    return True


def collection_state(work: Work) -> bool:
    """The state of a parent as the server computed it from the children."""
    state = state_named(work.event.text("state") or "")
    if state is None or state is StateCode.UNDEFINED:
        return False
    if not work.late:
        work.state = state
        code = work.event.number("done_code")
        if state is StateCode.DONE:
            work.changes["done_code"] = DoneCode(code) if code is not None and 0 <= code <= 2 else None
    return True


def granted(work: Work) -> bool:
    """The owner hands the payload over; it counts when the new owner takes it, in either order."""
    name, taken = work.event.text("payload_owner"), work.before.taken
    if taken is None:
        work.memory["granted"] = name
    else:
        if name is not None and same_subject(name, taken):
            work.changes["payload_owner"] = taken
        work.memory["taken"] = None
    return True


def taken(work: Work) -> bool:
    user, granted_to = work.event.user, work.before.granted
    if not user:
        return True
    if granted_to is not None and same_subject(user, granted_to):
        work.changes["payload_owner"] = granted_to
        work.memory["granted"] = None
    else:
        work.memory["taken"] = user
    return True


def access_list(_work: Work) -> bool:
    """ChangeACL is kept with the job, not in its state (see `access`)."""
    return True


SPECIAL: dict[str, Rule] = {
    "ReallyRunning": really_running,
    "Suspend": suspended,
    "Resume": resumed,
    "Resubmission": resubmission,
    "Done": done,
    "Cancel": cancel,
    "Abort": abort,
    "Clear": clear,
    "CollectionState": collection_state,
    "GrantPayloadOwnership": granted,
    "TakePayloadOwnership": taken,
    "ChangeACL": access_list,
}
"""Event type to rule."""

KEEPS_CODE = frozenset({"ChangeACL", "GrantPayloadOwnership", "TakePayloadOwnership"})
"""Events that do not become the newest one, whatever their code."""
