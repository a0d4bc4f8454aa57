"""WMProxy's faults (gLite reference §4.1): which error of ours is which of them, and its number."""

from __future__ import annotations

from datetime import UTC, datetime

from gridwms.flow.delegation import DelegationExpired, DelegationRefused, OtherDelegation, UnknownDelegation
from gridwms.flow.errors import (
    Draining,
    FlowError,
    NotFound,
    NotInState,
    NotPermitted,
    Overloaded,
    Refused,
    UnknownJob,
)
from gridwms.flow.quota import OverQuota
from gridwms.flow.remarks import BadRemark
from gridwms.sandbox.errors import BadName, SandboxError, SandboxFull
from gridwms.security.errors import SecurityError
from gridwms.soap.envelope import Fault
from gridwms.soap.types import DATE_TIME, STRING, Field, Struct

NAMESPACE = "http://glite.org/wms/wmproxy"
BASE = Struct(
    "BaseFaultType",
    (
        Field("methodName", STRING),
        Field("Timestamp", DATE_TIME),
        Field("ErrorCode", STRING, optional=True),
        Field("Description", STRING, optional=True),
        Field("FaultCause", STRING, many=True),
    ),
)


class BadArgument(FlowError):
    """An argument of a call means nothing."""

    code = "bad_argument"


class NoSuchEntry(FlowError):
    """What is to be taken off an access list is not on it."""

    code = "no_such_entry"


class NoResource(FlowError):
    """No computing element takes such a job now."""

    code = "no_resource"


_NAMES = (
    "Generic",
    "Authentication",
    "Authorization",
    "InvalidArgument",
    "GetQuotaManagement",
    "NoSuitableResources",
    "JobUnknown",
    "OperationNotAllowed",
    "ServerOverloaded",
)
FAULTS = {f"{name}Fault": Struct(f"{name}FaultType", (), BASE) for name in _NAMES}
AUTHENTICATION = 1206
FAILURE = 1202
INVALID_ARGUMENT = 1225
_PREFIX = "The Operation is not allowed: "
"""Scripts look for it (gLite reference §4.4)."""
_KINDS: dict[type[Exception], tuple[str, int]] = {
    NotPermitted: ("Authorization", 1207),
    Draining: ("Authorization", 1207),
    OtherDelegation: ("Authorization", 1207),
    NoSuchEntry: ("OperationNotAllowed", 1211),
    DelegationExpired: ("Authentication", 1213),
    UnknownDelegation: ("InvalidArgument", 1215),
    DelegationRefused: ("InvalidArgument", 1215),
    UnknownJob: ("JobUnknown", 1218),
    NotInState: ("OperationNotAllowed", 1226),
    NoResource: ("NoSuitableResources", 1222),
    OverQuota: ("GetQuotaManagement", 1224),
    Overloaded: ("ServerOverloaded", 1228),
    Refused: ("InvalidArgument", 1220),
    BadRemark: ("InvalidArgument", INVALID_ARGUMENT),
    BadArgument: ("InvalidArgument", INVALID_ARGUMENT),
    NotFound: ("InvalidArgument", INVALID_ARGUMENT),
    BadName: ("InvalidArgument", INVALID_ARGUMENT),
    SandboxFull: ("Generic", 1223),
    SandboxError: ("Generic", 1203),
}
_OTHER = ("Generic", FAILURE)
_SYNTAX = 1219


def fault_of(
    error: FlowError | SandboxError | SecurityError, operation: str, now: float, allowed: tuple[str, ...]
) -> Fault:
    """One of our errors as the fault that the operation's WSDL names for it; Generic where it names none."""
    kind, number = next((_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS), _OTHER)
    if isinstance(error, Refused) and any(problem.code == "syntax" for problem in error.problems):
        number = _SYNTAX
    prefix = _PREFIX if kind == "OperationNotAllowed" else ""
    if f"{kind}Fault" not in allowed:
        kind = "Generic"
    return fault(kind, number, operation, now, prefix + error.sentence, (error.advice,) if error.advice else ())


def fault(kind: str, number: int, operation: str, now: float, sentence: str, causes: tuple[str, ...] = ()) -> Fault:
    """A fault of WMProxy's."""
    name = f"{kind}Fault"
    values = {
        "methodName": operation,
        "Timestamp": datetime.fromtimestamp(now, UTC),
        "ErrorCode": str(number),
        "Description": sentence,
        "FaultCause": list(causes),
    }
    return Fault(
        "Client" if kind not in ("Generic", "ServerOverloaded") else "Server",
        sentence,
        NAMESPACE,
        name,
        FAULTS[name],
        values,
    )
