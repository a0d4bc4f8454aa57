"""The table of all event types with their attributes: the one place that knows them (gLite reference: event types).

Each type belongs to a family; its number is the family's base plus its place, as in L&B. An attribute that is not
optional is what `missing` asks for; reading never insists on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the value of an attribute is written and held."""

    TEXT = "text"
    """str"""
    INT = "int"
    REAL = "real"
    TIME = "time"
    """int: microseconds since the epoch"""
    SOURCE = "source"
    """str: a name of `sources.SOURCES`"""
    CODE = "code"
    """str: one of the attribute's codes, upper case"""
    JOB = "job"
    """str: a job id"""
    NOTIFICATION = "notification"
    """str: a notification id"""
    TAGS = "tags"
    """str: `name=value,name=value`"""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of an event type."""

    name: str
    kind: Kind = Kind.TEXT
    codes: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type; `number` is the L&B number."""

    name: str
    family: str
    number: int
    fields: tuple[Field, ...]


def _text(*names: str) -> tuple[Field, ...]:
    """Text attributes; a trailing `?` makes one optional."""
    return tuple(Field(name.rstrip("?"), Kind.TEXT, (), name.endswith("?")) for name in names)


def _typed(kind: Kind, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name.rstrip("?"), kind, (), name.endswith("?")) for name in names)


def _code(name: str, *codes: str) -> tuple[Field, ...]:
    return (Field(name, Kind.CODE, codes),)


_TRANSFER = ("START", "OK", "REFUSED", "FAIL")
_STEPS = ("REQ", "REFUSE", "DONE", "ABORT")
_COMMANDS = ("CMDSTART", "CMDCANCEL", "CMDPURGE", "CMDSUSPEND", "CMDRESUME")
_DONE = ("OK", "FAILED", "CANCELLED", "KILLED")
JOB_TYPES = (
    "SIMPLE",
    "DAG",
    "PARTITIONABLE",
    "PARTITIONED",
    "COLLECTION",
    "PBS",
    "CONDOR",
    "CREAM",
    "FILE_TRANSFER_COLLECTION",
    "FILE_TRANSFER",
    "VIRTUAL_MACHINE",
)
"""The job types of a registration."""

_GLITE: dict[str, tuple[Field, ...]] = {
    "Transfer": _typed(Kind.SOURCE, "destination")
    + _text("dest_host", "dest_instance?", "job")
    + _code("result", *_TRANSFER)
    + _text("reason?", "dest_jobid?"),
    "Accepted": _typed(Kind.SOURCE, "from") + _text("from_host", "from_instance?", "local_jobid?"),
    "Refused": _typed(Kind.SOURCE, "from") + _text("from_host", "from_instance?", "reason?"),
    "EnQueued": _text("queue", "job?") + _code("result", *_TRANSFER) + _text("reason?"),
    "DeQueued": _text("queue", "local_jobid?"),
    "HelperCall": _text("helper_name", "helper_params?") + _code("src_role", "CALLING", "CALLED"),
    "HelperReturn": _text("helper_name", "retval?") + _code("src_role", "CALLING", "CALLED"),
    "Running": _text("node"),
    "Resubmission": _code("result", "WILLRESUB", "WONTRESUB", "SHALLOW") + _text("reason?", "tag?"),
    "Done": _code("status_code", *_DONE) + _text("reason?") + _typed(Kind.INT, "exit_code"),
    "Cancel": _code("status_code", *_STEPS) + _text("reason?"),
    "Abort": _text("reason"),
    "Clear": _code("reason", "USER", "TIMEOUT", "NOOUTPUT"),
    "Purge": (),
    "Match": _text("dest_id"),
    "Pending": _text("reason"),
    "RegJob": _text("jdl?", "ns")
    + _typed(Kind.JOB, "parent?")
    + _code("jobtype", *JOB_TYPES)
    + _typed(Kind.INT, "nsubjobs?")
    + _text("seed?", "wms_dn?"),
    "Chkpt": _text("tag", "classad"),
    "Listener": _text("svc_name", "svc_host") + _typed(Kind.INT, "svc_port"),
    "CurDescr": _text("descr"),
    "UserTag": _text("name", "value"),
    "ChangeACL": _text("user_id")
    + _code("user_id_type", "DN", "GROUP", "FQAN")
    + _code("permission", "READ", "TAG")
    + _code("permission_type", "ALLOW", "DENY")
    + _code("operation", "ADD", "REMOVE"),
    "Notification": _typed(Kind.NOTIFICATION, "notifId")
    + _text("owner", "dest_host")
    + _typed(Kind.INT, "dest_port", "expires")
    + _text("jobstat", "dest_url"),
    "ResourceUsage": _text("resource") + _typed(Kind.REAL, "quantity") + _text("unit"),
    "ReallyRunning": _text("wn_seq?"),
    "Suspend": _text("reason?"),
    "Resume": _text("reason?"),
    "CollectionState": _text("state")
    + _typed(Kind.INT, "done_code?")
    + _text("histogram")
    + _typed(Kind.JOB, "child")
    + _text("child_event"),
    "GrantPayloadOwnership": _text("payload_owner"),
    "TakePayloadOwnership": (),
    "ConnectJob": _typed(Kind.JOB, "dest_jobid") + _code("jobtype", *JOB_TYPES),
    "DisconnectJob": _typed(Kind.JOB, "dest_jobid"),
}

_PBS: dict[str, tuple[Field, ...]] = {
    "PBSInternalStateChange": _typed(Kind.INT, "oldstate", "oldsubstate", "newstate", "newsubstate"),
    "PBSTransfer": _typed(Kind.SOURCE, "destination")
    + _text("dest_instance?")
    + _code("result", *_TRANSFER)
    + _text("reason?", "dest_jobid?"),
    "PBSAccepted": _typed(Kind.SOURCE, "from") + _text("from_instance?", "local_jobid?"),
    "PBSRefused": _typed(Kind.SOURCE, "from") + _text("from_instance?", "reason?"),
    "PBSQueued": _text("queue", "name", "owner"),
    "PBSDequeued": (),
    "PBSMatch": _text("dest_host"),
    "PBSPending": _text("reason"),
    "PBSWaiting": (),
    "PBSRun": _text("scheduler?", "dest_host?") + _typed(Kind.INT, "pid?"),
    "PBSRerun": (),
    "PBSAbort": (),
    "PBSDone": _typed(Kind.INT, "exit_status?"),
    "PBSResourceUsage": _code("usage", "REQUESTED", "USED") + _typed(Kind.TAGS, "resources"),
    "PBSError": _text("error_desc"),
}

_CONDOR: dict[str, tuple[Field, ...]] = {
    "CondorMatch": _text("owner", "dest_host", "preempting?"),
    "CondorReject": _text("owner") + _code("status_code", "NOMATCH", "OTHER"),
    "CondorShadowStarted": _text("shadow_host")
    + _typed(Kind.INT, "shadow_port", "shadow_pid")
    + _text("shadow_status?"),
    "CondorShadowExited": _typed(Kind.INT, "shadow_pid", "shadow_exit_status"),
    "CondorStarterStarted": _typed(Kind.INT, "starter_pid?") + _text("universe?"),
    "CondorStarterExited": _typed(Kind.INT, "starter_pid?", "starter_exit_status?", "job_pid?", "job_exit_status?"),
    "CondorResourceUsage": _code("usage", "REQUESTED", "USED")
    + _text("name")
    + _typed(Kind.REAL, "quantity?")
    + _text("unit"),
    "CondorError": _text("error_desc"),
}

_CREAM: dict[str, tuple[Field, ...]] = {
    "CREAMStart": (),
    "CREAMPurge": (),
    "CREAMAccepted": _text("local_jobid?"),
    "CREAMStore": _code("command", *_COMMANDS)
    + _text("cmdid?")
    + _code("result", "START", "OK", "FAILED")
    + _text("reason?"),
    "CREAMCall": _typed(Kind.SOURCE, "callee")
    + _code("command", *_COMMANDS)
    + _text("cmdid?", "destid?")
    + _code("result", "START", "OK", "FAILED")
    + _text("reason?"),
    "CREAMRunning": _text("node?"),
    "CREAMReallyRunning": (),
    "CREAMDone": _code("status_code", *_DONE) + _text("reason?", "exit_code?"),
    "CREAMCancel": _code("status_code", *_STEPS) + _text("reason?"),
    "CREAMAbort": _text("reason"),
    "CREAMStatus": _text("old_state?", "new_state")
    + _typed(Kind.TIME, "orig_timestamp?")
    + _code("result", "ARRIVED", "DONE")
    + _text("descr?", "exit_code?", "failure_reason?", "worker_node?", "LRMS_jobid?"),
    "CREAMSuspend": _code("status_code", *_STEPS) + _text("reason?"),
    "CREAMResume": _code("status_code", *_STEPS) + _text("reason?"),
}

_TRANSFERS: dict[str, tuple[Field, ...]] = {
    "FileTransferRegister": _text("src", "dest"),
    "FileTransfer": _code("result", "START", "OK", "FAIL") + _text("reason?"),
    "Sandbox": _code("sandbox_type", "INPUT", "OUTPUT") + _typed(Kind.JOB, "transfer_job?", "compute_job?"),
}

_MACHINES: dict[str, tuple[Field, ...]] = {
    "VMCreate": _text("require", "id", "name", "owner", "hostname", "manager", "image?"),
    "VMHost": _text("hostname"),
    "VMImage": _text("image"),
    "VMRunning": (),
    "VMShutdown": _text("usage?"),
    "VMStop": (),
    "VMResume": (),
    "VMDone": _code("status_code", "OK", "DELETE", "FAILURE") + _text("usage?"),
}

_FAMILIES = {
    "gLite": (0, _GLITE),
    "PBS": (100, _PBS),
    "Condor": (200, _CONDOR),
    "CREAM": (300, _CREAM),
    "Transfer": (400, _TRANSFERS),
    "VirtualMachine": (500, _MACHINES),
}

EVENT_TYPES: dict[str, EventType] = {
    name: EventType(name, family, base + place, fields)
    for family, (base, types) in _FAMILIES.items()
    for place, (name, fields) in enumerate(types.items(), start=1)
}
"""All event types by name."""

LEVELS = (
    "EMERGENCY",
    "ALERT",
    "ERROR",
    "WARNING",
    "AUTH",
    "SECURITY",
    "USAGE",
    "SYSTEM",
    "IMPORTANT",
    "DEBUG",
)
"""Logging levels, the gravest first (numbers 1 and up)."""

_BY_NAME = {name.lower(): kind for name, kind in EVENT_TYPES.items()}
_BY_NUMBER = {kind.number: kind for kind in EVENT_TYPES.values()}


def type_named(name: str) -> EventType | None:
    """The event type of this name (any case) or number in decimal; None when there is none."""
    found = _BY_NAME.get(name.lower())
    if found is None and len(name) <= 4 and name.isascii() and name.isdigit():
        found = _BY_NUMBER.get(int(name))
    return found
