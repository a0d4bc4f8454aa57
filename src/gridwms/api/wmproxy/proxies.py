"""The version of the service, and the proxies that it holds (gLite reference §4.1, §4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gridwms.api.desk import Desk
from gridwms.api.wmproxy import delegation as gridsite
from gridwms.api.wmproxy.common import Handler, delegation_name
from gridwms.flow import delegation, stated
from gridwms.flow.delegation import UnknownDelegation
from gridwms.security.policy import Action
from gridwms.x509.kinds import Kind, Part, part_of
from gridwms.x509.names import slashed
from gridwms.x509.voms.certificate import AttributeCertificate, carried_by

INTERFACE = "3.6.0"
"""The version of gLite's WMProxy whose behaviour this is. Clients go by it: since 2.2.0 they ask for protocols, and
pack archives by the paths that jobRegister tells."""


def _get_version(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"version": INTERFACE}


def _get_proxy_req(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"request": gridsite.request(at, values)}


def _get_delegated_proxy_info(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.DELEGATE)
    return {"items": _info(at, at.identity.subject, delegation_name(at, values["delegationID"]))}


def _get_job_proxy_info(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    owner, name = stated.delegation_of(at.world, at.job(values["jobId"], Action.READ))
    if not name:
        raise UnknownDelegation("The job goes by no delegated proxy.", "It was not submitted with one.")
    return {"items": _info(at, owner, name)}


def _info(at: Desk, owner: str, name: str) -> dict[str, Any]:
    held = delegation.credential(at.world, owner, name)
    certificate = held.certificate
    key = certificate.public_key()
    carriers = (certificate, *held.chain)
    found = next((attributes for one in carriers if (attributes := carried_by(one))), ())
    return {
        "Subject": slashed(certificate.subject),
        "Issuer": slashed(certificate.issuer),
        "Identity": owner,
        "Type": _type(part_of(certificate)),
        "Strength": str(key.key_size) if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else "",
        "StartTime": _seconds(certificate.not_valid_before_utc),
        "EndTime": _seconds(held.ends),
        "VOsInfo": [_vo_info(owner, _authority(carriers), one) for one in found],
    }


def _authority(chain: Sequence[x509.Certificate]) -> str:
    """Who signed the certificate that the first proxy was made from; "" when that is not in the chain."""
    own = next((one for one in chain if part_of(one).kind is Kind.END_ENTITY), None)
    return slashed(own.issuer) if own else ""


def _vo_info(owner: str, authority: str, one: AttributeCertificate) -> dict[str, Any]:
    return {
        "User": owner,
        "UserCA": authority,
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
    "getJobProxyInfo": _get_job_proxy_info,
}
