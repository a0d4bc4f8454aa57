"""The structures of L&B's WSDL; that of a job's status is made of the record itself, whose fields have its order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from gridwms.bookkeeping.states import CreamState as Cream
from gridwms.bookkeeping.states import DoneCode as Done
from gridwms.bookkeeping.states import JobType, SandboxRetrieved, StateCode, VmState, WrapperStatus
from gridwms.bookkeeping.status import GROUPS, JobStatus
from gridwms.soap.types import BOOLEAN, DATE_TIME, INT, LONG, STRING, Enumeration, Field, Struct, Type

NAMESPACE = "http://glite.org/wsdl/elements/lb"
"""Of the elements that travel; those within them have none."""

FLAG = Enumeration("jobFlagsValue", ("CLASSADS", "CHILDREN", "CHILDSTAT", "CHILDHIST_FAST", "CHILDHIST_THOROUGH"))
FLAGS = Struct("jobFlags", (Field("flag", FLAG, many=True),))
STATE = Enumeration("statName", tuple(one.name for one in StateCode if one is not StateCode.UNDEFINED))
TIME = Struct("timeval", (Field("tvSec", LONG), Field("tvUsec", LONG)))
TAG = Struct("tagValue", (Field("tag", STRING), Field("value", STRING, optional=True)))
ENTERED = Struct("stateEnterTimesItem", (Field("state", STATE), Field("time", DATE_TIME)))
COUNTED = Struct("childrenHistItem", (Field("state", STATE), Field("count", INT)))
_JOB_TYPES = ("SIMPLE", "DAG", "_PARTITIONABLE_UNUSED", "_PARTITIONED_UNUSED", *list(JobType)[2:])
_ENUMERATIONS: dict[str, Type] = {
    "state": STATE,
    "jobtype": Enumeration("jobtype", tuple(map(str, _JOB_TYPES))),
    "doneCode": Enumeration("doneCode", tuple(one.name for one in Done)),
    "sandboxRetrieved": Enumeration("sandboxRetrieved", tuple(one.name for one in SandboxRetrieved)),
    "jwStatus": Enumeration("jwStatus", tuple(one.name for one in WrapperStatus)),
    "creamState": Enumeration("creamState", tuple(one.value for one in Cream)),
    "ftSandboxType": Enumeration("ftSandboxType", ("INPUT", "OUTPUT")),
    "vmState": Enumeration("vmState", tuple(f"VM_{one.value}" for one in VmState)),
}
_OPTIONAL = frozenset({"cpuTime", "creamDoneCode", "creamExitCode", "creamJwStatus", *_ENUMERATIONS}) - {
    "state",
    "sandboxRetrieved",
    "jwStatus",
}
_LISTS: dict[str, Type] = {
    "childrenHist": COUNTED,
    "stateEnterTimes": ENTERED,
    "userTags": TAG,
    "pbsResourceRequested": TAG,
    "pbsResourceUsage": TAG,
    "children": STRING,
    "possibleDestinations": STRING,
    "possibleCeNodes": STRING,
    "userFqans": STRING,
}
_TIMES = ("stateEnterTime", "lastUpdateTime")


def _names() -> Iterator[tuple[str, Any]]:
    """Each field as the WSDL calls it, with its default; the state is the first."""
    yield "state", StateCode.UNDEFINED
    for one in fields(JobStatus):
        if one.name in GROUPS:
            prefix, record = GROUPS[one.name]
            yield from ((_camel(prefix + inner.name), inner.default) for inner in fields(record))
        elif one.name != "state":
            yield _camel(one.name), one.default


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _field(name: str, default: Any) -> Field:
    if name in _LISTS:
        return Field(name, _LISTS[name], many=True)
    if name == "childrenStates":
        return Field(name, lambda: STATUS, many=True)
    if name in _TIMES:
        return Field(name, TIME, optional=True)
    if name in _ENUMERATIONS:
        return Field(name, _ENUMERATIONS[name], optional=name in _OPTIONAL)
    if isinstance(default, bool):
        return Field(name, BOOLEAN)
    if isinstance(default, int) or name in _OPTIONAL:
        return Field(name, INT, optional=name in _OPTIONAL)
    return Field(name, STRING, optional=True)


STATUS: Struct = Struct("jobStatus", tuple(_field(name, default) for name, default in _names()))
_DEFAULTS = dict(_names())

FAULT: Struct = Struct(
    "genericFault",
    (
        Field("source", STRING, optional=True),
        Field("code", INT),
        Field("text", STRING),
        Field("description", STRING, optional=True),
        Field("reason", lambda: FAULT, optional=True),
    ),
)
VALUE = Struct(
    "queryRecValue",
    (Field("i", INT, optional=True), Field("c", STRING, optional=True), Field("t", TIME, optional=True)),
)
OPERATOR = Enumeration("queryOp", ("EQUAL", "LESS", "GREATER", "WITHIN", "UNEQUAL", "CHANGED"))
RECORD = Struct(
    "queryRecord", (Field("op", OPERATOR), Field("value1", VALUE, optional=True), Field("value2", VALUE, optional=True))
)
ATTRIBUTES = {
    "JOBID": "jobid",
    "OWNER": "owner",
    "STATUS": "status",
    "LOCATION": "location",
    "DESTINATION": "destination",
    "DONECODE": "donecode",
    "USERTAG": "usertag",
    "TIME": "time",
    "LEVEL": "level",
    "RESUBMITTED": "resubmitted",
    "PARENT": "parent_job",
    "EXITCODE": "exitcode",
    "HOST": "host",
    "SOURCE": "source",
    "INSTANCE": "instance",
    "EVENTTYPE": "type",
    "CHKPTTAG": "chkpt_tag",
    "JDLATTR": "jdl",
    "STATEENTERTIME": "stateentertime",
    "LASTUPDATETIME": "lastupdatetime",
    "NETWORKSERVER": "networkserver",
    "JOBTYPE": "jobtype",
    "VM_STATUS": "vm_status",
}
"""The words of the WSDL for the attributes of a query."""
CONDITIONS = Struct(
    "queryConditions",
    (
        Field("attr", Enumeration("queryAttr", tuple(ATTRIBUTES))),
        Field("tagName", STRING, optional=True),
        Field("statName", STATE, optional=True),
        Field("record", RECORD, many=True, least=1),
    ),
)


def status_values(status: JobStatus) -> dict[str, Any]:
    """A status as the structure wants it."""
    known: dict[str, Any] = {}
    for one in fields(JobStatus):
        value = getattr(status, one.name)
        if one.name not in GROUPS:
            known[_camel(one.name)] = value
        elif value is not None:
            known |= {_camel(GROUPS[one.name][0] + inner.name): getattr(value, inner.name) for inner in fields(value)}
    return {name: _value(name, known.get(name, default)) for name, default in _DEFAULTS.items()}


def _value(name: str, value: Any) -> Any:
    if name == "childrenStates":
        return [status_values(one) for one in value]
    if name in ("childrenHist", "stateEnterTimes"):
        counted = [(StateCode(number), one) for number, one in enumerate(value) if number and one]
        if name == "childrenHist":
            return [{"state": state.name, "count": count} for state, count in counted]
        return [{"state": state.name, "time": datetime.fromtimestamp(at, UTC)} for state, at in counted]
    if _LISTS.get(name) is TAG:
        return [{"tag": tag, "value": text} for tag, text in value]
    if name in _TIMES:
        return {"tvSec": value // 1_000_000, "tvUsec": value % 1_000_000} if value else None
    if name in _ENUMERATIONS and isinstance(value, Enum):
        if isinstance(value, VmState):
            return f"VM_{value.value}"
        plain = value.value if isinstance(value, str) else value.name
        return "UNKNOWN" if value is StateCode.UNDEFINED else plain
    if isinstance(value, Enum) and isinstance(value, int):
        return int(value)
    return list(value) if isinstance(value, tuple) else value
