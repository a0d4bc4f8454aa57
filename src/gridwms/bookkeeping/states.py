"""The enumerations of a job status, with the numbers that L&B gives them (gLite reference: states)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class StateCode(IntEnum):
    """Where a job is. The numbers are those of L&B queries and histograms."""

    UNDEFINED = 0
    SUBMITTED = 1
    WAITING = 2
    READY = 3
    SCHEDULED = 4
    RUNNING = 5
    DONE = 6
    CLEARED = 7
    ABORTED = 8
    CANCELLED = 9
    UNKNOWN = 10
    PURGED = 11

    @property
    def word(self) -> str:
        """The name as it is printed: `Submitted`."""
        return self.name.capitalize()


TERMINAL = frozenset({StateCode.ABORTED, StateCode.CANCELLED, StateCode.CLEARED, StateCode.PURGED})
"""A job in one of these gets no further on its own."""

_STATES = {state.name: state for state in StateCode}


def state_named(name: str) -> StateCode | None:
    """The state with this name (any case) or number in decimal; None when there is none."""
    if len(name) <= 2 and name.isascii() and name.isdigit():
        number = int(name)
        return StateCode(number) if number < len(_STATES) else None
    return _STATES.get(name.upper())


class DoneCode(IntEnum):
    """How a Done job ended."""

    OK = 0
    FAILED = 1
    CANCELLED = 2


class JobType(StrEnum):
    """What kind of job; PARTITIONABLE and PARTITIONED register as DAG."""

    SIMPLE = "SIMPLE"
    DAG = "DAG"
    COLLECTION = "COLLECTION"
    PBS = "PBS"
    CONDOR = "CONDOR"
    CREAM = "CREAM"
    FILE_TRANSFER_COLLECTION = "FILE_TRANSFER_COLLECTION"
    FILE_TRANSFER = "FILE_TRANSFER"
    VIRTUAL_MACHINE = "VIRTUAL_MACHINE"


JOB_TYPE_NUMBERS: dict[JobType, int] = {
    JobType.SIMPLE: 0,
    JobType.DAG: 1,
    JobType.COLLECTION: 4,
    JobType.PBS: 5,
    JobType.CONDOR: 6,
    JobType.CREAM: 7,
    JobType.FILE_TRANSFER_COLLECTION: 8,
    JobType.FILE_TRANSFER: 9,
    JobType.VIRTUAL_MACHINE: 10,
}
"""The numbers of L&B; 2 and 3 belonged to the partitioned jobs."""


class WrapperStatus(IntEnum):
    """What is known of the job wrapper (attribute `jw_status`)."""

    UNKNOWN = 0
    WRAPPER_RUNNING = 1
    PAYLOAD_RUNNING = 2
    DONE = 3


class SandboxRetrieved(IntEnum):
    """What became of the output sandbox."""

    NOTYET = 0
    USER = 1
    TIMEOUT = 2
    NOOUTPUT = 3


class CreamState(StrEnum):
    """The state of a job in a CREAM computing element, in the spelling of its events."""

    REGISTERED = "REGISTERED"
    PENDING = "PENDING"
    IDLE = "IDLE"
    RUNNING = "RUNNING"
    REALLY_RUNNING = "REALLY-RUNNING"
    HELD = "HELD"
    DONE_OK = "DONE-OK"
    DONE_FAILED = "DONE-FAILED"
    ABORTED = "ABORTED"
    CANCELLED = "CANCELLED"
    PURGED = "PURGED"


_CREAM_STATES = {state.value: state for state in CreamState}


def cream_state_named(name: str) -> CreamState | None:
    """The CREAM state of this name, any case, with `-` or `_`; None when there is none."""
    return _CREAM_STATES.get(name.upper().replace("_", "-"))


class VmState(StrEnum):
    """The state of a virtual machine."""

    PENDING = "PENDING"
    BOOT = "BOOT"
    RUNNING = "RUNNING"
    REALLY_RUNNING = "REALLY-RUNNING"
    SHUTDOWN = "SHUTDOWN"
    STOPPED = "STOPPED"
    DONE = "DONE"
    FAILURE = "FAILURE"
