"""Whether the VOMS attributes of a proxy are believed: signature, signer, holder, time, targets, names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gridwms.x509.chain import Chain, verify
from gridwms.x509.errors import AttributesRefused, CertificateRefused
from gridwms.x509.names import slashed
from gridwms.x509.trust import Anchors
from gridwms.x509.voms.certificate import AttributeCertificate, carried_by
from gridwms.x509.voms.trust import Believed

SKEW = timedelta(minutes=5)
"""Between the clock of a VOMS server and ours."""
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""VOMS servers before 2.1 sign with SHA-1; what they sign is short, and no attacker chooses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is believed. `fqans` in the order of the proxy, the primary one first, `Role=NULL` and `Capability=NULL`
    left out. `unheard`: sentences on attribute certificates that do no harm but count for nothing here."""

    vo: str = ""
    fqans: tuple[str, ...] = ()
    generic: tuple[tuple[str, str, str], ...] = ()
    ends: datetime | None = None
    unheard: tuple[str, ...] = ()


class _Unheard(Exception):
    """An attribute certificate that may be right elsewhere or was right before, and counts for nothing here."""


def attributes_of(
    chain: Chain,
    believed: Callable[[str, str], Believed],
    anchors: Anchors,
    now: datetime,
    hosts: Sequence[str] = (),
) -> Attributes:
    """The attributes of the lowest proxy that has some. `hosts`: the names of this service, for targets.

    Raises AttributesRefused when some are forged, were made for another holder, or speak for another VO. What has
    expired, what comes from a server that is not known here, and what is meant for another service is only told.
    """
    for depth, certificate in enumerate(chain.path):
        found = carried_by(certificate)
        if not found:
            continue
        heard: list[AttributeCertificate] = []
        unheard: list[str] = []
        for one in found:
            try:
                _check(one, chain.path[depth:], believed, anchors, now, hosts)
                heard.append(one)
            except _Unheard as reason:
                unheard.append(str(reason))
        return Attributes(
            vo=heard[0].vo if heard else "",
            fqans=tuple(dict.fromkeys(plain(fqan) for one in heard for fqan in one.fqans)),
            generic=tuple(item for one in heard for item in one.generic),
            ends=min((one.ends for one in heard), default=None),
            unheard=tuple(unheard),
        )
    return Attributes()


def plain(fqan: str) -> str:
    """An FQAN without the parts that say nothing."""
    return fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")


def _check(
    one: AttributeCertificate,
    path: Sequence[x509.Certificate],
    believed: Callable[[str, str], Believed],
    anchors: Anchors,
    now: datetime,
    hosts: Sequence[str],
) -> None:
    if not any(_made_for(one, certificate) for certificate in path):
        raise _forged(f"they were made for another holder ({one.holder_name}, number {one.holder_serial})")
    for fqan in one.fqans:
        if fqan != f"/{one.vo}" and not fqan.startswith(f"/{one.vo}/"):
            raise _forged(f"a server of the VO {one.vo} wrote {fqan} into them, which is not its own")
    trusted = believed(one.vo, one.host)
    if not trusted:
        raise _Unheard(f"The VOMS server {one.server} of the VO {one.vo} is not known to this service.")
    _check_signature(one, _signer(one, trusted, anchors, now))
    if one.ends <= now:
        raise _Unheard(f"The VOMS attributes of the VO {one.vo} expired at {one.ends:%Y-%m-%d %H:%M:%S} UTC.")
    if one.begins > now + SKEW:
        raise _Unheard(
            f"The VOMS attributes of the VO {one.vo} are valid only from {one.begins:%Y-%m-%d %H:%M:%S} UTC."
        )
    if one.targets and not set(one.targets) & set(hosts):
        raise _Unheard(f"The VOMS attributes of the VO {one.vo} are meant for {', '.join(one.targets)} only.")


def _made_for(one: AttributeCertificate, certificate: x509.Certificate) -> bool:
    names = (slashed(certificate.issuer), slashed(certificate.subject))
    return one.holder_serial == certificate.serial_number and one.holder_name in names


def _signer(one: AttributeCertificate, trusted: Believed, anchors: Anchors, now: datetime) -> x509.Certificate:
    for certificate in trusted.certificates:
        if slashed(certificate.subject) == one.issuer:
            return certificate
    if not one.signers or slashed(one.signers[0].subject) != one.issuer:
        raise _forged("the certificate of their signer is not with them")
    try:
        chain = verify(one.signers, anchors, now)
    except CertificateRefused as error:
        raise _forged(f"their signer is not believed. {error.sentence}") from error
    names = tuple(slashed(certificate.subject) for certificate in (*chain.path, *chain.authorities))
    if not any(names[: len(expected)] == expected for expected in trusted.chains):
        raise _forged(f"{one.issuer} signed them, which is not what {one.host}.lsc of the VO {one.vo} names")
    return one.signers[0]


def _check_signature(one: AttributeCertificate, signer: x509.Certificate) -> None:
    make = _HASHES.get(one.hash)
    if make is None:
        raise _forged(f"they are signed with {one.hash}, which proves nothing")
    key = signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(one.signature, one.signed, padding.PKCS1v15(), make())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(one.signature, one.signed, ec.ECDSA(make()))
        else:
            raise _forged("their signer has a key of an unknown kind")
    except InvalidSignature as error:
        raise _forged("their signature is wrong") from error


def _forged(why: str) -> AttributesRefused:
    return AttributesRefused(
        f"The VOMS attributes of the proxy are not believed: {why}.", "Make a new proxy with voms-proxy-init."
    )
