"""The operations of WMProxy that this service has. The WSDL is made of this table, so it promises nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from gridwms import __version__
from gridwms.api.desk import Desk
from gridwms.api.wmproxy import delegation as gridsite
from gridwms.api.wmproxy.delegation import Handler
from gridwms.api.wmproxy.faults import FAULTS, NAMESPACE
from gridwms.flow import delegation
from gridwms.security.policy import Action
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import STRING, Field, Struct
from gridwms.x509.kinds import Kind, Part, part_of
from gridwms.x509.names import slashed
from gridwms.x509.voms.certificate import AttributeCertificate, carried_by

_ALWAYS = ("AuthenticationFault", "GenericFault", "ServerOverloadedFault")
_USUAL = (*_ALWAYS, "AuthorizationFault")
_VO_INFO = Struct(
    "VOProxyInfoStructType",
    (
        *(Field(name, STRING) for name in ("User", "UserCA", "Server", "ServerCA", "VOName", "URI")),
        Field("StartTime", STRING),
        Field("EndTime", STRING),
        Field("Attribute", STRING, many=True),
    ),
)
_PROXY_INFO = Struct(
    "ProxyInfoStructType",
    (
        *(Field(name, STRING) for name in ("Subject", "Issuer", "Identity", "Type", "Strength")),
        Field("StartTime", STRING),
        Field("EndTime", STRING),
        Field("VOsInfo", _VO_INFO, many=True),
    ),
)
_ID = Field("delegationID", STRING)

WMPROXY = PortType(
    NAMESPACE,
    "WMProxy_PortType",
    "WMProxy",
    "WMProxy_PortType",
    (
        Operation("getVersion", gives=(Field("version", STRING),), faults=_ALWAYS, about="Of this service."),
        Operation("getProxyReq", (_ID,), (Field("request", STRING),), _USUAL, "A request for a proxy, to be signed."),
        Operation("putProxy", (_ID, Field("proxy", STRING)), (), _USUAL, "The signed proxy with its chain."),
        Operation(
            "getDelegatedProxyInfo",
            (_ID,),
            (Field("items", _PROXY_INFO),),
            (*_USUAL, "InvalidArgumentFault", "JobUnknownFault"),
            "What a delegated proxy is.",
        ),
    ),
    FAULTS,
)


def _get_version(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"version": __version__}


def _get_proxy_req(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"request": gridsite.request(at, values)}


def _get_delegated_proxy_info(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.DELEGATE)
    name = values["delegationID"] or delegation.name_for(at.identity)
    held = delegation.credential(at.world, at.identity.subject, name)
    certificate = held.certificate
    key = certificate.public_key()
    carriers = (certificate, *held.chain)
    found = next((attributes for one in carriers if (attributes := carried_by(one))), ())
    return {
        "items": {
            "Subject": slashed(certificate.subject),
            "Issuer": slashed(certificate.issuer),
            "Identity": at.identity.subject,
            "Type": _type(part_of(certificate)),
            "Strength": str(key.key_size) if isinstance(key, rsa.RSAPublicKey) else "",
            "StartTime": _seconds(certificate.not_valid_before_utc),
            "EndTime": _seconds(held.ends),
            "VOsInfo": [_vo_info(at, one) for one in found],
        }
    }


def _vo_info(at: Desk, one: AttributeCertificate) -> dict[str, Any]:
    return {
        "User": at.identity.subject,
        "UserCA": at.identity.issuer,
        "Server": one.issuer,
        "ServerCA": slashed(one.signers[0].issuer) if one.signers else "",
        "VOName": one.vo,
        "URI": one.server,
        "StartTime": _seconds(one.begins),
        "EndTime": _seconds(one.ends),
        "Attribute": list(one.fqans),
    }


def _type(part: Part) -> str:
    """As voms-proxy-info and grid-proxy-info name the kinds of proxies."""
    limited = "limited " if part.kind is Kind.LIMITED_PROXY else ""
    if part.legacy:
        return f"{limited}legacy globus proxy"
    return f"RFC 3820 compliant {'limited' if limited else 'impersonation'} proxy"


def _seconds(moment: datetime) -> str:
    return str(int(moment.astimezone(UTC).timestamp()))


HANDLERS: dict[str, Handler] = {
    "getVersion": _get_version,
    "getProxyReq": _get_proxy_req,
    "putProxy": gridsite.put,
    "getDelegatedProxyInfo": _get_delegated_proxy_info,
}
