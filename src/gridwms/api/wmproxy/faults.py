"""WMProxy's faults (gLite reference §4.1): which error of ours is which of them, and its number."""

from __future__ import annotations

from datetime import UTC, datetime

from gridwms.flow.delegation import DelegationRefused, UnknownDelegation
from gridwms.flow.errors import FlowError, NotInState, NotPermitted, Overloaded, Refused, UnknownJob
from gridwms.flow.quota import OverQuota
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
_KINDS: dict[type[FlowError], tuple[str, int]] = {
    NotPermitted: ("Authorization", 1207),
    UnknownDelegation: ("InvalidArgument", 1215),
    DelegationRefused: ("InvalidArgument", 1215),
    UnknownJob: ("JobUnknown", 1218),
    NotInState: ("OperationNotAllowed", 1226),
    OverQuota: ("GetQuotaManagement", 1224),
    Overloaded: ("ServerOverloaded", 1228),
    Refused: ("InvalidArgument", 1219),
}


def fault_of(error: FlowError, operation: str, now: float, allowed: tuple[str, ...]) -> Fault:
    """One of our errors as the fault that the operation's WSDL names for it; Generic where it names none."""
    kind, number = next((_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS), ("Generic", 1202))
    if f"{kind}Fault" not in allowed:
        kind = "Generic"
    return fault(kind, number, operation, now, error.sentence, (error.advice,) if error.advice else ())


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
