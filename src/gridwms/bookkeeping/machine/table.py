"""The transition table of WMS jobs as data: event, source and result to state (gLite reference: transition table).

A combination that is not here makes a bad event: it is stored and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import data
from gridwms.bookkeeping.states import StateCode, WrapperStatus

ANY = "*"


class Where(Enum):
    """What the location is taken from."""

    UNCHANGED = "unchanged"
    SOURCE = "source, host, src_instance"
    DESTINATION = "destination, dest_host, dest_instance"
    QUEUE = "queue, host, src_instance"
    HELPER = "helper_name, host, src_instance"
    MANAGER = "WorkloadManager, host, src_instance"
    FROM = "from, from_host, from_instance"
    NODE = "LRMS, worknode, node"
    NOWHERE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What one kind of event does to a WMS job."""

    state: StateCode | None = None
    """None: unchanged."""
    where: Where = Where.UNCHANGED
    reason: bool = False
    """Whether the event's reason replaces that of the job."""
    late_once_started: bool = False
    """Whether the event is late for a job that is Running or Done."""
    favours_lrms: bool = False
    """Its LM counter does not count, so that events of the LRMS logged at the same time are not late."""
    ignored: bool = False
    """Only the data count."""
    wrapper: WrapperStatus | None = None
    resubmitted: bool = False
    data: data.Rule = data.nothing
    """Attributes filled even by a late event."""


_S = StateCode
_TO_QUEUE: dict[tuple[str, str], data.Rule] = {
    (sources.NETWORK_SERVER, "OK"): data.replacing("jdl", "job"),
    (sources.NETWORK_SERVER, ANY): data.completing("jdl", "job"),
    (sources.WORKLOAD_MANAGER, ANY): data.matched_jdl,
    (sources.LOG_MONITOR, ANY): data.nothing,
}
_TRANSFERRED: dict[str, data.Rule] = {
    sources.USER_INTERFACE: data.completing("jdl", "job"),
    sources.JOB_CONTROLLER: data.replacing("condor_jdl", "job"),
    sources.LOG_MONITOR: data.replacing("rsl", "job"),
}


def _queue(source: str, result: str) -> data.Rule:
    return _TO_QUEUE.get((source, result)) or _TO_QUEUE[source, ANY]


def _enqueued(source: str, result: str, state: StateCode | None, *, late: bool = False) -> Transition:
    return Transition(
        state=state,
        where=Where.QUEUE if result == "OK" else Where.SOURCE,
        reason=True,
        late_once_started=late,
        resubmitted=result == "OK" and source == sources.LOG_MONITOR,
        data=_queue(source, result),
    )


def _transfer(source: str, result: str, state: StateCode, *, late: bool = False, favours: bool = False) -> Transition:
    return Transition(
        state=state,
        where=Where.DESTINATION if result == "OK" else Where.SOURCE,
        reason=True,
        late_once_started=late,
        favours_lrms=favours,
        data=_TRANSFERRED[source],
    )


_UI, _NS, _WM = sources.USER_INTERFACE, sources.NETWORK_SERVER, sources.WORKLOAD_MANAGER
_JC, _LM, _LRMS = sources.JOB_CONTROLLER, sources.LOG_MONITOR, sources.LRMS

TABLE: dict[tuple[str, str, str], Transition] = {
    ("RegJob", ANY, ANY): Transition(state=_S.SUBMITTED, data=data.registration),
    ("Accepted", _NS, ANY): Transition(
        state=_S.WAITING, where=Where.SOURCE, data=data.replacing("ui_host", "from_host")
    ),
    ("Accepted", _LM, ANY): Transition(
        state=_S.READY,
        where=Where.SOURCE,
        late_once_started=True,
        favours_lrms=True,
        data=data.replacing("condor_id", "local_jobid"),
    ),
    ("Accepted", _LRMS, ANY): Transition(
        state=_S.SCHEDULED, where=Where.SOURCE, data=data.replacing("globus_id", "local_jobid")
    ),
    ("EnQueued", _NS, "OK"): _enqueued(_NS, "OK", _S.WAITING),
    ("EnQueued", _WM, "OK"): _enqueued(_WM, "OK", _S.READY, late=True),
    ("EnQueued", _LM, "OK"): _enqueued(_LM, "OK", _S.WAITING),
    ("EnQueued", _NS, "FAIL"): _enqueued(_NS, "FAIL", _S.WAITING),
    ("EnQueued", _WM, "FAIL"): _enqueued(_WM, "FAIL", _S.WAITING),
    ("EnQueued", _LM, "FAIL"): _enqueued(_LM, "FAIL", None),
    **{
        ("EnQueued", source, result): Transition(ignored=True, data=_queue(source, result))
        for source in (_NS, _WM, _LM)
        for result in ("START", "REFUSED")
    },
    ("DeQueued", _WM, ANY): Transition(state=_S.WAITING, where=Where.SOURCE),
    ("DeQueued", _JC, ANY): Transition(state=_S.READY, where=Where.SOURCE, late_once_started=True),
    ("Transfer", _UI, "OK"): _transfer(_UI, "OK", _S.WAITING),
    ("Transfer", _JC, "OK"): _transfer(_JC, "OK", _S.READY),
    ("Transfer", _LM, "OK"): _transfer(_LM, "OK", _S.SCHEDULED, late=True, favours=True),
    ("Transfer", _UI, "FAIL"): _transfer(_UI, "FAIL", _S.SUBMITTED),
    ("Transfer", _JC, "FAIL"): _transfer(_JC, "FAIL", _S.READY, late=True),
    ("Transfer", _LM, "FAIL"): _transfer(_LM, "FAIL", _S.READY, late=True),
    **{
        ("Transfer", source, result): Transition(ignored=True, data=_TRANSFERRED[source])
        for source in (_UI, _JC, _LM)
        for result in ("START", "REFUSED")
    },
    ("Refused", _NS, ANY): Transition(state=_S.SUBMITTED, where=Where.FROM, reason=True),
    ("Refused", _LM, ANY): Transition(state=_S.READY, where=Where.FROM, reason=True),
    ("Refused", _LRMS, ANY): Transition(state=_S.READY, where=Where.FROM, reason=True),
    ("HelperCall", ANY, ANY): Transition(state=_S.WAITING, where=Where.HELPER),
    ("HelperReturn", ANY, ANY): Transition(state=_S.WAITING, where=Where.MANAGER),
    ("Match", ANY, ANY): Transition(state=_S.WAITING, where=Where.MANAGER, data=data.matched),
    ("Pending", ANY, ANY): Transition(state=_S.WAITING, where=Where.MANAGER, reason=True),
    ("Running", ANY, ANY): Transition(
        state=_S.RUNNING, where=Where.NODE, wrapper=WrapperStatus.WRAPPER_RUNNING, data=data.running
    ),
    ("Purge", ANY, ANY): Transition(),
    ("UserTag", ANY, ANY): Transition(data=data.tagged),
    ("Chkpt", ANY, ANY): Transition(),
    ("Listener", ANY, ANY): Transition(),
    ("CurDescr", ANY, ANY): Transition(),
    ("ResourceUsage", ANY, ANY): Transition(),
    ("Sandbox", ANY, ANY): Transition(data=data.sandbox),
}
"""(event type, source, result) to transition. The events with rules of their own are in `special.SPECIAL`."""

_BY_RESULT = frozenset({"EnQueued", "Transfer"})


def find(event: Event) -> Transition | None:
    """The transition of an event; None for a bad one."""
    found = TABLE.get((event.type, ANY, ANY))
    if found is not None:
        return found
    result = str(event.data.get("result", "")) if event.type in _BY_RESULT else ANY
    return TABLE.get((event.type, event.source, result))


def location(event: Event, where: Where) -> str:
    """The location that an event gives, `source/host/instance`; missing parts are empty."""
    match where:
        case Where.DESTINATION:
            parts = (event.text("destination"), event.text("dest_host"), event.text("dest_instance"))
        case Where.QUEUE:
            parts = (event.text("queue"), event.host, event.src_instance)
        case Where.HELPER:
            parts = (event.text("helper_name"), event.host, event.src_instance)
        case Where.MANAGER:
            parts = (_WM, event.host, event.src_instance)
        case Where.FROM:
            parts = (event.text("from"), event.text("from_host"), event.text("from_instance"))
        case Where.NODE:
            parts = (_LRMS, "worknode", event.text("node"))
        case Where.NOWHERE:
            return "none"
        case _:
            parts = (event.source, event.host, event.src_instance)
    return "/".join(part or "" for part in parts)
