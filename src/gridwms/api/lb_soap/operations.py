"""The operations of an L&B server that are answered, and what does them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.lb_errors import LbError
from gridwms.api.lb_questions import find_all, one_job
from gridwms.api.lb_soap.structures import ATTRIBUTES, CONDITIONS, FAULT, FLAGS, NAMESPACE, STATUS, status_values
from gridwms.bookkeeping.query.attributes import Operator, Subject
from gridwms.bookkeeping.query.conditions import Condition, Query, check
from gridwms.bookkeeping.query.flags import Flags
from gridwms.bookkeeping.states import StateCode
from gridwms.flow.bookkeeping import show
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import STRING, Field

_FAULTS = ("genericFault",)
_VERSION = (Field("version", STRING),)
_DUMMY = (Field("dummy", STRING, optional=True),)
_JOBS = (Field("jobs", STRING, many=True), Field("states", STATUS, many=True))
_WHOLE = 100
"""Jobs of an answer that are told with all their attributes."""
INTERFACE = "4.0"
PORT = PortType(
    namespace=NAMESPACE,
    name="LoggingAndBookkeepingPortType",
    binding="LoggingAndBookkeepingBinding",
    port="LoggingAndBookkeeping",
    operations=(
        Operation("GetVersion", _DUMMY, _VERSION, _FAULTS, "The version of the service."),
        Operation("GetInterfaceVersion", _DUMMY, _VERSION, _FAULTS, "The version of this interface."),
        Operation(
            "JobStatus",
            (Field("jobid", STRING), Field("flags", FLAGS)),
            (Field("stat", STATUS),),
            _FAULTS,
            "The status of a job.",
        ),
        Operation("UserJobs", (), _JOBS, _FAULTS, "The jobs of the caller."),
        Operation(
            "QueryJobs",
            (Field("conditions", CONDITIONS, many=True, least=1), Field("flags", FLAGS)),
            _JOBS,
            _FAULTS,
            "The jobs for which conditions hold: all of them, and of the records of each any.",
        ),
    ),
    faults={"genericFault": FAULT},
    document=True,
)


def _version(at: Desk, _values: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": f"gridwms {at.settings.version}"}


def _interface(_at: Desk, _values: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": INTERFACE}


def _job_status(at: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
    found = one_job(at, values["jobid"])
    return {"stat": status_values(show.status(at.world, found, _flags(values)))}


def _user_jobs(at: Desk, _values: Mapping[str, Any]) -> dict[str, Any]:
    return _jobs(at, None, Flags.NONE)


def _query_jobs(at: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
    query = tuple(_either(one) for one in values["conditions"])
    check(query, Subject.JOBS)
    return _jobs(at, query, _flags(values))


def _jobs(at: Desk, query: Query | None, flags: Flags) -> dict[str, Any]:
    found = find_all(at, query)
    # A search knows what rows tell; the whole record is asked for only where there are few.
    whole = bool(flags) or len(found) <= _WHOLE
    statuses = [one_status(at, one.status.job_id, flags) if whole else one.status for one in found]
    return {"jobs": [one.job_id for one in statuses], "states": [status_values(one) for one in statuses]}


def one_status(at: Desk, job: str, flags: Flags) -> Any:
    """The status of a job that was found, with what the flags ask for."""
    return show.status(at.world, one_job(at, job), flags)


def _flags(values: Mapping[str, Any]) -> Flags:
    flags = Flags.NONE
    for one in values["flags"]["flag"]:
        flags |= Flags.CLASSADD if one == "CLASSADS" else Flags[one]
    return flags


def _either(values: Mapping[str, Any]) -> tuple[Condition, ...]:
    name = ATTRIBUTES[values["attr"]]
    argument = values["statName"].lower() if name == "time" and values["statName"] else values["tagName"] or ""
    return tuple(
        Condition(name, Operator[one["op"]], _plain(name, one["value1"]), _plain(name, one["value2"]), argument)
        for one in values["record"]
    )


def _plain(name: str, value: Mapping[str, Any] | None) -> str | int | None:
    if value is None:
        return None
    if value["t"] is not None:
        return int(value["t"]["tvSec"])
    if value["i"] is not None:
        return int(value["i"])
    text: str | None = value["c"]
    if name == "status" and text is not None and text.upper() in StateCode.__members__:
        return int(StateCode[text.upper()])
    return text


HANDLERS: dict[str, Callable[[Desk, Mapping[str, Any]], dict[str, Any]]] = {
    "GetVersion": _version,
    "GetInterfaceVersion": _interface,
    "JobStatus": _job_status,
    "UserJobs": _user_jobs,
    "QueryJobs": _query_jobs,
}


def fault_values(error: LbError) -> dict[str, Any]:
    """An error as the fault of the WSDL."""
    return {"source": "gridwms", "code": error.code, "text": error.text, "description": error.description}
