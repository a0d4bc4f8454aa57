"""GridSite's delegation, interfaces 1 and 2 (gLite reference §4.1, §4.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gridwms import __version__
from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import Handler, delegation_name
from gridwms.flow import delegation
from gridwms.flow.delegation import UnknownDelegation
from gridwms.security.policy import Action
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import DATE_TIME, STRING, Field, Struct

_EXCEPTION_1 = Struct("DelegationExceptionType", (Field("message", STRING, nillable=True),))
_EXCEPTION_2 = Struct("DelegationExceptionType", (Field("msg", STRING, nillable=True),))
_NEW = Struct(
    "NewProxyReq",
    (Field("proxyRequest", STRING, nillable=True), Field("delegationID", STRING, nillable=True)),
)
_ID = Field("delegationID", STRING)
_PROXY = Field("proxy", STRING)
_FAULTS = ("DelegationException",)


def _operation(name: str, *takes: Field, gives: Field | None = None, about: str = "") -> Operation:
    return Operation(name, takes, (gives,) if gives else (), _FAULTS, about)


def _text(name: str) -> Field:
    return Field(f"{name}Return", STRING)


DELEGATION_1 = PortType(
    "http://www.gridsite.org/namespaces/delegation-1",
    "Delegation",
    "Delegation1SoapBinding",
    "WMProxyDelegation_PortType",
    (_operation("getProxyReq", _ID, gives=_text("getProxyReq")), _operation("putProxy", _ID, _PROXY)),
    {"DelegationException": _EXCEPTION_1},
)
DELEGATION_2 = PortType(
    "http://www.gridsite.org/namespaces/delegation-2",
    "Delegation",
    "DelegationSoapBinding",
    "WMProxyDelegation2_PortType",
    (
        _operation("getVersion", gives=_text("getVersion"), about="The version of this service."),
        _operation("getInterfaceVersion", gives=_text("getInterfaceVersion"), about="The version of the interface."),
        _operation("getServiceMetadata", Field("key", STRING), gives=_text("getServiceMetadata")),
        _operation("getProxyReq", _ID, gives=_text("getProxyReq"), about="A request for a proxy, to be signed."),
        _operation("getNewProxyReq", gives=Field("getNewProxyReqReturn", _NEW), about="The same under a new name."),
        _operation("putProxy", _ID, _PROXY, about="The signed proxy with its chain."),
        _operation("renewProxyReq", _ID, gives=_text("renewProxyReq"), about="A request to replace a proxy."),
        _operation("getTerminationTime", _ID, gives=Field("getTerminationTimeReturn", DATE_TIME)),
        _operation("destroy", _ID, about="Forget a proxy, key and all."),
    ),
    {"DelegationException": _EXCEPTION_2},
)


def request(at: Desk, values: dict[str, Any]) -> str:
    """The request for a proxy of the name given; of the caller's own name when it is empty."""
    at.may(Action.DELEGATE)
    return delegation.request(at.world, at.identity, _name(at, values))


def put(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    """Take the proxy."""
    at.may(Action.DELEGATE)
    delegation.put(at.world, at.identity, _name(at, values), (values["proxy"] or "").encode())
    return {}


def _get_version(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"getVersionReturn": __version__}


def _get_interface_version(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"getInterfaceVersionReturn": "2.0.0"}


def _get_service_metadata(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    raise UnknownDelegation(f"The service tells nothing under the key '{(values['key'] or '')[:100]}'.")


def _get_proxy_req(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"getProxyReqReturn": request(at, values)}


def _get_new_proxy_req(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    name = delegation.name_for(at.identity)
    return {"getNewProxyReqReturn": {"proxyRequest": request(at, {"delegationID": name}), "delegationID": name}}


def _renew_proxy_req(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.DELEGATE)
    delegation.show(at.world, at.identity.subject, _name(at, values))
    return {"renewProxyReqReturn": request(at, values)}


def _get_termination_time(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.DELEGATE)
    found = delegation.show(at.world, at.identity.subject, _name(at, values))
    if found.ends is None:
        raise UnknownDelegation(f"The delegation '{found.name}' was begun and not completed.", "Put the proxy first.")
    return {"getTerminationTimeReturn": datetime.fromtimestamp(found.ends, UTC)}


def _destroy(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.DELEGATE)
    delegation.remove(at.world, at.identity.subject, _name(at, values))
    return {}


HANDLERS_1: dict[str, Handler] = {"getProxyReq": _get_proxy_req, "putProxy": put}
HANDLERS_2: dict[str, Handler] = {
    "getVersion": _get_version,
    "getInterfaceVersion": _get_interface_version,
    "getServiceMetadata": _get_service_metadata,
    "getProxyReq": _get_proxy_req,
    "getNewProxyReq": _get_new_proxy_req,
    "putProxy": put,
    "renewProxyReq": _renew_proxy_req,
    "getTerminationTime": _get_termination_time,
    "destroy": _destroy,
}


def _name(at: Desk, values: dict[str, Any]) -> str:
    return delegation_name(at, values["delegationID"])
