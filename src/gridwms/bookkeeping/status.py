"""The job status record with all attributes of L&B (gLite reference: job status attributes).

Times are microseconds since the epoch. What belongs to one kind of job only is a record of its own, None elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from gridwms.bookkeeping.states import (
    CreamState,
    DoneCode,
    JobType,
    SandboxRetrieved,
    StateCode,
    VmState,
    WrapperStatus,
)

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PbsStatus:
    """What the monitor of PBS told."""

    state: str | None = None
    substate: int = 0
    queue: str | None = None
    owner: str | None = None
    name: str | None = None
    reason: str | None = None
    scheduler: str | None = None
    dest_host: str | None = None
    pid: int = 0
    resource_requested: Tags = ()
    resource_usage: Tags = ()
    exit_status: int = 0
    error_desc: str | None = None


@dataclass(frozen=True, slots=True)
class CondorStatus:
    """What the monitor of Condor told."""

    status: str | None = None
    universe: str | None = None
    owner: str | None = None
    preempting: str | None = None
    shadow_pid: int = 0
    shadow_exit_status: int = 0
    starter_pid: int = 0
    starter_exit_status: int = 0
    job_pid: int = 0
    job_exit_status: int = 0
    dest_host: str | None = None
    reason: str | None = None
    error_desc: str | None = None


@dataclass(frozen=True, slots=True)
class CreamStatus:
    """What the CREAM computing element told."""

    id: str | None = None
    state: CreamState | None = None
    owner: str | None = None
    endpoint: str | None = None
    jdl: str | None = None
    reason: str | None = None
    failure_reason: str | None = None
    lrms_id: str | None = None
    node: str | None = None
    done_code: DoneCode | None = None
    exit_code: int | None = None
    cancelling: bool = False
    cpu_time: int = 0
    jw_status: WrapperStatus | None = None


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """A file transfer."""

    compute_job: str | None = None
    sandbox_type: str | None = None
    """INPUT or OUTPUT."""
    src: str | None = None
    dest: str | None = None


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """A virtual machine."""

    state: VmState | None = None
    image: str | None = None
    require: str | None = None
    usage: str | None = None
    hostname: str | None = None
    machine: str | None = None
    id: str | None = None
    name: str | None = None
    phy_hostname: str | None = None
    system_halting: bool = False
    manager: str | None = None


NO_TIMES: tuple[int, ...] = (0,) * len(StateCode)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The status of one job."""

    job_id: str = ""
    owner: str | None = None
    state: StateCode = StateCode.UNDEFINED
    jobtype: JobType | None = None
    parent_job: str | None = None
    seed: str | None = None
    children_num: int = 0
    children: tuple[str, ...] = ()
    children_hist: tuple[int, ...] = ()
    """Number of children by the number of their state; empty for a job without children."""
    children_states: tuple[JobStatus, ...] = ()
    condor_id: str | None = None
    globus_id: str | None = None
    local_id: str | None = None
    jdl: str | None = None
    matched_jdl: str | None = None
    destination: str | None = None
    condor_jdl: str | None = None
    rsl: str | None = None
    reason: str | None = None
    location: str | None = None
    ce_node: str | None = None
    network_server: str | None = None
    subjob_failed: bool = False
    done_code: DoneCode | None = None
    exit_code: int = 0
    resubmitted: bool = False
    cancelling: bool = False
    cancel_reason: str | None = None
    cpu_time: int | None = None
    user_tags: Tags = ()
    """Names in lower case, in the order in which they first came."""
    state_enter_time: int = 0
    last_update_time: int = 0
    state_enter_times: tuple[int, ...] = NO_TIMES
    """By the number of the state; seconds since the epoch, 0 when it was never entered."""
    expect_update: bool = False
    expect_from: str | None = None
    acl: str | None = None
    payload_running: bool = False
    possible_destinations: tuple[str, ...] = ()
    possible_ce_nodes: tuple[str, ...] = ()
    suspended: bool = False
    suspend_reason: str | None = None
    failure_reasons: str | None = None
    """One line each."""
    remove_from_proxy: bool = False
    ui_host: str | None = None
    user_fqans: tuple[str, ...] = ()
    sandbox_retrieved: SandboxRetrieved = SandboxRetrieved.NOTYET
    jw_status: WrapperStatus = WrapperStatus.UNKNOWN
    jdl_classad: str | None = None
    isb_transfer: str | None = None
    osb_transfer: str | None = None
    payload_owner: str | None = None
    access_rights: str | None = None
    history: str | None = None
    pbs: PbsStatus | None = None
    condor: CondorStatus | None = None
    cream: CreamStatus | None = None
    transfer: TransferStatus | None = None
    machine: MachineStatus | None = None


GROUPS: dict[str, tuple[str, type]] = {
    "pbs": ("pbs_", PbsStatus),
    "condor": ("condor_", CondorStatus),
    "cream": ("cream_", CreamStatus),
    "transfer": ("ft_", TransferStatus),
    "machine": ("vm_", MachineStatus),
}
"""The field of a group to the prefix of its attributes and its record."""

_SPELLED = {
    "job_id": "jobId",
    "condor_id": "condorId",
    "globus_id": "globusId",
    "local_id": "localId",
    "cancel_reason": "cancelReason",
    "cpu_time": "cpuTime",
    "state_enter_time": "stateEnterTime",
    "last_update_time": "lastUpdateTime",
    "state_enter_times": "stateEnterTimes",
    "expect_update": "expectUpdate",
    "expect_from": "expectFrom",
}

COMMON_ATTRIBUTES: dict[str, str] = {
    _SPELLED.get(one.name, one.name): one.name for one in fields(JobStatus) if one.name not in GROUPS
}
"""The attributes of every job: L&B name to field of JobStatus."""

GROUP_ATTRIBUTES: dict[str, tuple[str, str]] = {
    prefix + one.name: (group, one.name) for group, (prefix, record) in GROUPS.items() for one in fields(record)
}
"""The attributes of one kind of job: L&B name to group and field."""


def attribute(status: JobStatus, name: str) -> object:
    """The attribute with this L&B name; None when the job has no such group. Raises KeyError for no attribute."""
    if name in COMMON_ATTRIBUTES:
        return getattr(status, COMMON_ATTRIBUTES[name])
    group, field = GROUP_ATTRIBUTES[name]
    record = getattr(status, group)
    return None if record is None else getattr(record, field)


def attributes(status: JobStatus) -> dict[str, object]:
    """All attributes by their L&B names; those of a group only where the job has it."""
    found: dict[str, object] = {name: getattr(status, field) for name, field in COMMON_ATTRIBUTES.items()}
    for group, (prefix, record) in GROUPS.items():
        part = getattr(status, group)
        if part is not None:
            found |= {prefix + one.name: getattr(part, one.name) for one in fields(record)}
    return found
