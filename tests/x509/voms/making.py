"""Attribute certificates, right and forged ones, in the layout of VOMS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gridwms.x509.voms.certificate import IN_PROXY
from tests.x509.making import NOW, Made, proxy

VO_SERVER = "testvo://voms.example.org:15000"
FQANS = ("/testvo/Role=production/Capability=NULL", "/testvo/Role=NULL/Capability=NULL")


def attributes(
    holder: x509.Certificate,
    server: Made,
    *,
    fqans: Sequence[str] = FQANS,
    authority: str = VO_SERVER,
    key: ec.EllipticCurvePrivateKey | None = None,
    begins: datetime = NOW - timedelta(minutes=1),
    ends: datetime = NOW + timedelta(hours=12),
    target: str = "",
    extensions: Sequence[dict[str, Any]] = (),
    signers: Sequence[Made] | None = None,
    hash_name: str = "sha256_ecdsa",
) -> bytes:
    """One certificate, DER; signed with `key` instead of the server's when given."""
    info = cms.AttributeCertificateInfoV2(
        {
            "version": "v2",
            "holder": {
                "base_certificate_id": {"issuer": _names(holder.issuer), "serial": holder.serial_number},
            },
            "issuer": cms.AttCertIssuer(name="v2_form", value={"issuer_name": _names(server.certificate.subject)}),
            "signature": {"algorithm": hash_name},
            "serial_number": 1,
            "att_cert_validity_period": {"not_before_time": begins, "not_after_time": ends},
            "attributes": [{"type": "1.3.6.1.4.1.8005.100.100.4", "values": [_ietf(authority, fqans)]}],
            "extensions": [
                {
                    "extn_id": "1.3.6.1.4.1.8005.100.100.10",
                    "critical": False,
                    "extn_value": _certificates(signers if signers is not None else [server]),
                },
                *([_target(target)] if target else []),
                *extensions,
            ],
        }
    )
    signature = (key or server.key).sign(info.dump(), ec.ECDSA(hashes.SHA256()))
    whole = {"ac_info": info, "signature_algorithm": {"algorithm": hash_name}, "signature": signature}
    return bytes(cms.AttributeCertificateV2(whole).dump())


def proxy_with(signer: Made, *certificates: bytes, **times: timedelta) -> Made:
    """A proxy that carries them."""
    raw = _sequence(_sequence(b"".join(certificates)))
    return proxy(signer, more=[(x509.UnrecognizedExtension(IN_PROXY, raw), False)], **times)


def _names(name: x509.Name) -> asn1.GeneralNames:
    inner = asn1.Name.load(name.public_bytes())
    return asn1.GeneralNames([asn1.GeneralName(name="directory_name", value=inner)])


def _ietf(authority: str, fqans: Sequence[str]) -> core.Any:
    uri = asn1.GeneralName(name="uniform_resource_identifier", value=authority)
    values = [cms.IetfAttrValue(name="octets", value=fqan.encode()) for fqan in fqans]
    return core.Any(cms.IetfAttrSyntax({"policy_authority": [uri], "values": values}))


def _certificates(made: Sequence[Made]) -> bytes:
    raw = [asn1.Certificate.load(_der(one)) for one in made]
    return _sequence(_sequence(b"".join(bytes(one.dump()) for one in raw)))


def _der(made: Made) -> bytes:
    return made.certificate.public_bytes(Encoding.DER)


def _target(host: str) -> dict[str, Any]:
    name = bytes(asn1.GeneralName(name="uniform_resource_identifier", value=host).dump())
    explicit = b"\xa0" + bytes([len(name)]) + name
    return {"extn_id": "2.5.29.55", "critical": True, "extn_value": _sequence(_sequence(explicit))}


def _sequence(inner: bytes) -> bytes:
    """DER of a SEQUENCE of what is encoded already."""
    return bytes(core.Sequence(contents=inner).dump())
