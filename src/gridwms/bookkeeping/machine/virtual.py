"""Virtual machines as jobs (gLite reference: CREAM jobs and collections, virtual machines)."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import data
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.work import Work
from gridwms.bookkeeping.seqcode import SequenceCode
from gridwms.bookkeeping.states import DoneCode, StateCode, VmState


def step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """A virtual machine after this event; there is no rule of order."""
    work = Work(memory, event, code)
    if (rule := _RULES.get(event.type)) is not None:
        rule(work)
    work.enter()
    if work.now("location") is None:
        work.changes["location"] = "this is VIRTUAL MACHINE"
    return work.result()


def _registered(work: Work) -> None:
    data.registration(work)
    work.state = StateCode.SUBMITTED
    work.group("machine", state=VmState.PENDING)


def _created(work: Work) -> None:
    for name in ("require", "image", "id", "name", "hostname", "manager"):
        _fill(work, name, name)
    work.given("owner", "owner")
    work.given("destination", "hostname")


def _fill(work: Work, field: str, attribute: str) -> None:
    if (value := work.event.data.get(attribute)) is not None:
        work.group("machine", **{field: value})


def _placed(work: Work) -> None:
    _fill(work, "phy_hostname", "hostname")


def _image(work: Work) -> None:
    _fill(work, "image", "image")


def _running(work: Work) -> None:
    inside = work.event.source == sources.VM_SYSTEM
    work.group("machine", state=VmState.REALLY_RUNNING if inside else VmState.RUNNING)
    work.state = StateCode.RUNNING


def _shut_down(work: Work) -> None:
    """By the cloud: it waits again. Seen by the hypervisor or from inside: it is halting."""
    if work.event.source == sources.CLOUD_MANAGER:
        work.group("machine", state=VmState.SHUTDOWN)
        work.state = StateCode.WAITING
    else:
        work.group("machine", system_halting=True)
        inside = work.event.source == sources.VM_SYSTEM
        if inside and work.group_now("machine", "state") is VmState.REALLY_RUNNING:
            work.group("machine", state=VmState.RUNNING)
    _fill(work, "usage", "usage")


def _stopped(work: Work) -> None:
    work.group("machine", state=VmState.STOPPED)
    work.state = StateCode.WAITING


def _resumed(work: Work) -> None:
    work.group("machine", state=VmState.PENDING, system_halting=False)
    work.state = StateCode.WAITING


_DONE = {
    "OK": (VmState.DONE, DoneCode.OK),
    "DELETE": (VmState.DONE, DoneCode.CANCELLED),
    "FAILURE": (VmState.FAILURE, DoneCode.FAILED),
}


def _done(work: Work) -> None:
    ended = _DONE.get(work.event.text("status_code") or "")
    if ended is not None:
        work.group("machine", state=ended[0])
        work.changes["done_code"] = ended[1]
        work.state = StateCode.DONE
    _fill(work, "usage", "usage")


def _tag(work: Work) -> None:
    data.tagged(work)


_RULES: dict[str, Callable[[Work], None]] = {
    "RegJob": _registered,
    "VMCreate": _created,
    "VMHost": _placed,
    "VMImage": _image,
    "VMRunning": _running,
    "VMShutdown": _shut_down,
    "VMStop": _stopped,
    "VMResume": _resumed,
    "VMDone": _done,
    "UserTag": _tag,
}
