"""What a certificate is in a chain: an authority's, a user's or host's own, or one of the kinds of proxy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import NameOID

from gridwms.x509.errors import CertificateRefused
from gridwms.x509.names import slashed

PROXY_CERT_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
"""RFC 3820 §3.8."""
DRAFT_CERT_INFO = x509.ObjectIdentifier("1.3.6.1.4.1.3536.1.222")
"""The same before it was a standard (Globus Toolkit 3)."""


class Kind(StrEnum):
    """The part of a certificate in a chain."""

    AUTHORITY = "authority"
    END_ENTITY = "end entity"
    PROXY = "proxy"
    LIMITED_PROXY = "limited proxy"
    INDEPENDENT_PROXY = "independent proxy"
    RESTRICTED_PROXY = "restricted proxy"
    """Its policy is in a language that nobody here can read, so it allows nothing."""


_LANGUAGES = {
    "1.3.6.1.5.5.7.21.1": Kind.PROXY,
    "1.3.6.1.5.5.7.21.2": Kind.INDEPENDENT_PROXY,
    "1.3.6.1.4.1.3536.1.1.1.9": Kind.LIMITED_PROXY,
}


class _Policy(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("language", core.ObjectIdentifier), ("policy", core.OctetString, {"optional": True})]


class _CertInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("path_length", core.Integer, {"optional": True}), ("policy", _Policy)]


class _DraftCertInfo(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("policy", _Policy), ("path_length", core.Integer, {"optional": True, "explicit": 1})]


@dataclass(frozen=True, slots=True)
class Part:
    """A certificate's kind. `legacy`: a proxy by its name alone, as Globus Toolkit 2 made them.

    `path_length`: how many proxies may follow below this one; None for any number.
    """

    kind: Kind
    legacy: bool = False
    path_length: int | None = None

    @property
    def is_proxy(self) -> bool:
        return self.kind not in (Kind.AUTHORITY, Kind.END_ENTITY)


def part_of(certificate: x509.Certificate) -> Part:
    """What `certificate` says it is. Raises CertificateRefused when it contradicts itself."""
    info = _cert_info(certificate)
    authority = is_authority(certificate)
    if info is not None:
        if authority:
            raise _refused(certificate, "says that it is a proxy and an authority at once")
        return info
    if authority:
        return Part(Kind.AUTHORITY)
    legacy = _LEGACY.get(_last_name(certificate))
    if legacy is not None and certificate.subject.rdns[:-1] == certificate.issuer.rdns:
        return Part(legacy, legacy=True)
    return Part(Kind.END_ENTITY)


_LEGACY = {"proxy": Kind.PROXY, "limited proxy": Kind.LIMITED_PROXY}


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign certificates of others; one of version 1 may when it signed itself."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1 and certificate.issuer == certificate.subject
    except ValueError as error:
        raise _refused(certificate, f"has extensions that cannot be read ({error})") from error


def _cert_info(certificate: x509.Certificate) -> Part | None:
    try:
        found = [item for item in certificate.extensions if item.oid in (PROXY_CERT_INFO, DRAFT_CERT_INFO)]
    except ValueError as error:
        raise _refused(certificate, f"has extensions that cannot be read ({error})") from error
    if not found:
        return None
    if len(found) > 1:
        raise _refused(certificate, "carries two statements about being a proxy")
    extension = found[0]
    if not extension.critical:
        raise _refused(certificate, "is a proxy whose statement about it is not marked critical (RFC 3820 §3.8)")
    form = _CertInfo if extension.oid == PROXY_CERT_INFO else _DraftCertInfo
    try:
        info = form.load(extension.value.public_bytes(), strict=True)
        length = info["path_length"].native
        language = info["policy"]["language"].dotted
    except (ValueError, TypeError) as error:
        raise _refused(certificate, "is a proxy with a statement that cannot be read (RFC 3820 §3.8)") from error
    if length is not None and length < 0:
        raise _refused(certificate, "is a proxy with a negative path length")
    return Part(_LANGUAGES.get(language, Kind.RESTRICTED_PROXY), path_length=length)


def _last_name(certificate: x509.Certificate) -> str:
    last = next(iter(certificate.subject.rdns[-1]), None) if certificate.subject.rdns else None
    return str(last.value) if last is not None and last.oid == NameOID.COMMON_NAME else ""


def _refused(certificate: x509.Certificate, what: str) -> CertificateRefused:
    return CertificateRefused(f"The certificate {slashed(certificate.subject)} {what}.", "Make a new proxy.")
