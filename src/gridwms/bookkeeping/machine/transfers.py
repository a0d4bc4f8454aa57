"""File transfer jobs and their collections (gLite reference: CREAM jobs and collections, last part)."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import data, special
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.work import Work
from gridwms.bookkeeping.seqcode import SequenceCode
from gridwms.bookkeeping.states import DoneCode, StateCode


def step(memory: Memory, event: Event, code: SequenceCode | None) -> Memory:
    """A file transfer, or a collection of them, after this event; there is no rule of order."""
    work = Work(memory, event, code)
    if (rule := _RULES.get(event.type)) is not None:
        rule(work)
    work.enter()
    work.memory["last"] = work.code
    if work.now("location") is None:
        work.changes["location"] = "this is FILE TRANSFER"
    return work.result()


def _registered(work: Work) -> None:
    data.registration(work)
    work.state = StateCode.SUBMITTED


def _endpoints(work: Work) -> None:
    work.group("transfer", src=work.event.text("src"), dest=work.event.text("dest"))


def _progress(work: Work) -> None:
    match work.event.data.get("result"):
        case "START":
            work.state = StateCode.RUNNING
        case "OK":
            work.state = StateCode.DONE
            work.changes["done_code"] = DoneCode.OK
        case "FAIL":
            work.state = StateCode.DONE
            work.changes |= {"done_code": DoneCode.FAILED, "failure_reasons": work.event.text("reason")}


def _aborted(work: Work) -> None:
    work.state = StateCode.ABORTED
    work.changes |= {"remove_from_proxy": True, "reason": work.event.text("reason"), "location": "none"}


def _sandbox(work: Work) -> None:
    kind, job = work.event.text("sandbox_type"), work.event.text("compute_job")
    if kind is not None:
        work.group("transfer", sandbox_type=kind)
    if job is not None:
        work.group("transfer", compute_job=job)


def _computed(work: Work) -> None:
    special.collection_state(work)


def _tag(work: Work) -> None:
    data.tagged(work)


_RULES: dict[str, Callable[[Work], None]] = {
    "RegJob": _registered,
    "FileTransferRegister": _endpoints,
    "FileTransfer": _progress,
    "Abort": _aborted,
    "Sandbox": _sandbox,
    "CollectionState": _computed,
    "UserTag": _tag,
}
