"""One event into a WMS job: types SIMPLE, DAG and COLLECTION."""

from __future__ import annotations

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import cream, judge, table
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.special import KEEPS_CODE, SPECIAL
from gridwms.bookkeeping.machine.work import Branching, Work
from gridwms.bookkeeping.seqcode import SequenceCode, without_log_monitor
from gridwms.bookkeeping.states import StateCode

_STARTED = frozenset({StateCode.RUNNING, StateCode.DONE})
_CREAM = frozenset({sources.CREAM_EXECUTOR, sources.CREAM_INTERFACE})


def step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """The job after this event. A bad event changes nothing but what a new entry into the WMS makes void."""
    work = Work(memory, event, code)
    judge.judge(work)
    transition = table.find(event)
    if event.source in _CREAM:
        cream.fill(work)
    rule = SPECIAL.get(event.type) or cream.IN_WMS_JOBS.get(event.type)
    if transition is not None:
        if transition.late_once_started and work.state in _STARTED:
            work.late = True
            if transition.state is StateCode.SCHEDULED:
                work.entered_at(StateCode.SCHEDULED)
        if not transition.data(work):
            return work.result()
        if not transition.ignored and not work.late:
            _apply(work, transition)
    elif rule is None or not rule(work):
        return work.result()
    if not work.late and not (transition is not None and transition.ignored):
        _count(work, favours_lrms=transition is not None and transition.favours_lrms)
    _network_server(work)
    return work.result()


def _apply(work: Work, transition: table.Transition) -> None:
    event = work.event
    if transition.state is not None:
        work.state = transition.state
    if transition.reason:
        work.changes["reason"] = event.text("reason")
    if transition.where is not table.Where.UNCHANGED:
        work.changes["location"] = table.location(event, transition.where)
    if transition.wrapper is not None:
        work.changes["jw_status"] = transition.wrapper
    if transition.resubmitted:
        work.changes["resubmitted"] = True


def _count(work: Work, *, favours_lrms: bool) -> None:
    """What any good event in order does."""
    work.enter()
    work.forget_wrapper_if_anew()
    kind = work.event.type
    if kind == "Cancel":
        work.memory["last_cancel"] = work.code
    elif favours_lrms:
        work.memory["last"] = without_log_monitor(work.code)
    elif kind not in KEEPS_CODE:
        work.memory["last"] = work.code
    if work.state is not StateCode.RUNNING and (work.now("suspended") or work.now("suspend_reason")):
        work.changes |= {"suspended": False, "suspend_reason": None}
    if work.branching is Branching.GOOD:
        work.memory["last_on_branch"] = work.code


def _network_server(work: Work) -> None:
    event = work.event
    if event.source == sources.NETWORK_SERVER and work.now("network_server") is None:
        work.changes["network_server"] = f"{event.host}:{event.src_instance}" if event.src_instance else event.host
