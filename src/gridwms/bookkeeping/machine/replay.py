"""Events of one job to its memory: one step, and the replay of all in canonical order, which is the definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine import batch, cream, transfers, virtual, wms
from gridwms.bookkeeping.machine.data import JOB_TYPES
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.order import canonical, registers
from gridwms.bookkeeping.seqcode import SequenceCode, parse_or_none
from gridwms.bookkeeping.states import JobType

_STEPS: dict[JobType, Callable[[Memory, Event, SequenceCode | None], Memory]] = {
    JobType.SIMPLE: wms.step,
    JobType.DAG: wms.step,
    JobType.COLLECTION: wms.step,
    JobType.PBS: batch.pbs_step,
    JobType.CONDOR: batch.condor_step,
    JobType.CREAM: cream.step,
    JobType.FILE_TRANSFER: transfers.step,
    JobType.FILE_TRANSFER_COLLECTION: transfers.step,
    JobType.VIRTUAL_MACHINE: virtual.step,
}


def step(memory: Memory, event: Event, code: SequenceCode | None = None) -> Memory:
    """The job after this event; `code` is its usual sequence code when the caller has read it already.

    Nothing can be said of a job before its registration: until then every event leaves the memory as it is.
    """
    kind = memory.jobtype
    if kind is None:
        kind = JOB_TYPES.get(event.text("jobtype") or "") if registers(event) else None
        if kind is None:
            return memory
        known = {"job_id": event.job, "owner": event.user or None, "jobtype": kind}
        memory = replace(memory, fields={**memory.fields, **known})
    return _STEPS[kind](memory, event, parse_or_none(event.seqcode) if code is None else code)


def replay(events: Iterable[Event]) -> Memory:
    """The job that these events make, whatever their order and however often each is given."""
    return run(canonical(events))


def run(ordered: Iterable[Event]) -> Memory:
    """The job that events make which are in canonical order and without duplicates."""
    memory = Memory()
    for event in ordered:
        memory = step(memory, event)
    return memory
