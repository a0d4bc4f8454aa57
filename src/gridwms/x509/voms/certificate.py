"""Attribute certificates as VOMS writes them (RFC 5755 in the extension 1.3.6.1.4.1.8005.100.100.5 of a proxy).

Only reading; `verify` decides what is believed. The layout was taken from certificates of VOMS 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography import x509

from gridwms.x509.credential import VOMS_ATTRIBUTES
from gridwms.x509.errors import AttributesRefused
from gridwms.x509.names import line

IN_PROXY = VOMS_ATTRIBUTES
_FQANS = "1.3.6.1.4.1.8005.100.100.4"
_SIGNERS = "1.3.6.1.4.1.8005.100.100.10"
_GENERIC = "1.3.6.1.4.1.8005.100.100.11"
_TARGETS = "2.5.29.55"
_NO_REVOCATION = "2.5.29.56"
_KEY_IDENTIFIER = "2.5.29.35"
_READ = frozenset({_SIGNERS, _GENERIC, _TARGETS, _NO_REVOCATION, _KEY_IDENTIFIER})

MOST_BYTES = 1 << 18
_MOST_CERTIFICATES = 8
_MOST_FQANS = 1000
_Item = TypeVar("_Item")
_FQAN = re.compile(r"(?:/[\w.@-]+)+(?:/Role=[\w.-]+)?(?:/Capability=[\w.-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeCertificate:
    """What one attribute certificate says. Names are those of `slashed`.

    `holder_name`, `holder_serial`: of the certificate it was made for; VOMS writes the name of that certificate or
    of its authority. `server`: host and port of the VOMS server, as written. `generic`: name, value, qualifier.
    `signers`: the certificate of the signer and what it brought of its chain. `signed`: what the signature is over.
    """

    vo: str
    server: str
    fqans: tuple[str, ...]
    generic: tuple[tuple[str, str, str], ...]
    holder_name: str
    holder_serial: int
    issuer: str
    serial: int
    begins: datetime
    ends: datetime
    targets: tuple[str, ...]
    signers: tuple[x509.Certificate, ...]
    signed: bytes
    signature: bytes
    hash: str

    @property
    def host(self) -> str:
        """The VOMS server's host name, without its port."""
        return self.server.rpartition(":")[0] or self.server


class _Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = asn1.Certificate


class _CertificateLists(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Certificates


class _Target(core.Choice):  # type: ignore[misc]
    _alternatives: ClassVar = [
        ("name", asn1.GeneralName, {"explicit": 0}),
        ("group", asn1.GeneralName, {"explicit": 1}),
    ]


class _Targets(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Target


class _TargetLists(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Targets


class _Generic(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("name", core.OctetString), ("value", core.OctetString), ("qualifier", core.OctetString)]


class _Generics(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Generic


class _Holder(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("authority", asn1.GeneralNames), ("attributes", _Generics)]


class _Holders(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Holder


class _GenericLists(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Holders


class _Found(core.SequenceOf):  # type: ignore[misc]
    _child_spec = cms.AttributeCertificateV2


class _Extension(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Found


def carried_by(proxy: x509.Certificate) -> tuple[AttributeCertificate, ...]:
    """The attribute certificates in a proxy, in their order. Raises AttributesRefused when they cannot be read."""
    try:
        raw = proxy.extensions.get_extension_for_oid(IN_PROXY).value.public_bytes()
    except x509.ExtensionNotFound:
        return ()
    return read(raw)


def extension_of(certificates: Sequence[bytes]) -> bytes:
    """Attribute certificates (DER) as the extension of a proxy."""
    inner = core.Sequence(contents=b"".join(certificates)).dump()
    return bytes(core.Sequence(contents=inner).dump())


def read(raw: bytes) -> tuple[AttributeCertificate, ...]:
    """The same from the extension's bytes."""
    if len(raw) > MOST_BYTES:
        raise _unreadable(f"they are larger than {MOST_BYTES} bytes")
    try:
        found = [one for group in _Extension.load(raw, strict=True) for one in group]
        if len(found) > _MOST_CERTIFICATES:
            raise _unreadable(f"there are more than {_MOST_CERTIFICATES}")
        return tuple(_one(certificate) for certificate in found)
    except AttributesRefused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise _unreadable("their encoding is broken") from error


def _one(certificate: Any) -> AttributeCertificate:
    info = certificate["ac_info"]
    if str(info["signature"]["algorithm"].dotted) != str(certificate["signature_algorithm"]["algorithm"].dotted):
        raise _unreadable("the algorithm of the signature is told in two ways")
    base = info["holder"]["base_certificate_id"]
    if base.native is None:
        raise _unreadable("they name no certificate that they were made for")
    vo, server, fqans = _fqans(info)
    extensions = _extensions(info)
    return AttributeCertificate(
        vo=vo,
        server=server,
        fqans=fqans,
        generic=tuple(_optional(extensions, _GENERIC, _generic)),
        holder_name=_directory_name(base["issuer"]),
        holder_serial=base["serial"].native,
        issuer=_directory_name(
            info["issuer"].chosen["issuer_name"] if info["issuer"].name == "v2_form" else info["issuer"].chosen
        ),
        serial=info["serial_number"].native,
        begins=info["att_cert_validity_period"]["not_before_time"].native,
        ends=info["att_cert_validity_period"]["not_after_time"].native,
        targets=tuple(_optional(extensions, _TARGETS, _targets)),
        signers=tuple(_optional(extensions, _SIGNERS, _signers)),
        signed=info.dump(),
        signature=certificate["signature"].native,
        hash=certificate["signature_algorithm"].hash_algo,
    )


def _fqans(info: Any) -> tuple[str, str, tuple[str, ...]]:
    """VO, server and FQANs. The primary FQAN is the first: the order means something."""
    found: list[str] = []
    authority = ""
    for attribute in info["attributes"]:
        if attribute["type"].dotted != _FQANS:
            continue
        for raw in attribute["values"]:
            value = cms.IetfAttrSyntax.load(raw.dump(), strict=True)
            for name in value["policy_authority"]:
                authority = authority or str(name.native)
            found += [bytes(item.native).decode("ascii") for item in value["values"]]
    if not found:
        raise _unreadable("they hold no FQAN")
    if len(found) > _MOST_FQANS:
        raise _unreadable(f"they hold more than {_MOST_FQANS} FQANs")
    for fqan in found:
        if not _FQAN.fullmatch(fqan):
            raise _unreadable(f"{fqan[:100]!r} is no FQAN")
    parts = urlsplit(authority)
    vo = authority.partition("://")[0]
    if not vo or not parts.netloc:
        raise _unreadable(f"the VO's authority is written as {authority[:100]!r}, not as VO://HOST:PORT")
    return vo, parts.netloc, tuple(found)


def _extensions(info: Any) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if info["extensions"].native is None:
        return found
    for extension in info["extensions"]:
        number = extension["extn_id"].dotted
        if number not in _READ and extension["critical"].native:
            raise _unreadable(f"they have the critical extension {number}, which nobody here understands")
        found[number] = extension["extn_value"].contents
    return found


def _optional(extensions: dict[str, bytes], number: str, reader: Callable[[bytes], Iterator[_Item]]) -> Iterator[_Item]:
    if number in extensions:
        yield from reader(extensions[number])


def _signers(raw: bytes) -> Iterator[x509.Certificate]:
    for group in _CertificateLists.load(raw, strict=True):
        for one in group:
            yield x509.load_der_x509_certificate(one.dump())


def _targets(raw: bytes) -> Iterator[str]:
    """Host names and other names of the services that the attributes are meant for."""
    for group in _TargetLists.load(raw, strict=True):
        for target in group:
            name = target.chosen
            yield line(_parts(name.chosen)) if name.name == "directory_name" else str(name.native)


def _generic(raw: bytes) -> Iterator[tuple[str, str, str]]:
    for holders in _GenericLists.load(raw, strict=True):
        for holder in holders:
            for item in holder["attributes"]:
                texts = (bytes(item[part].native).decode(errors="replace") for part in ("name", "value", "qualifier"))
                name, value, qualifier = texts
                yield name, value, qualifier


def _directory_name(names: Any) -> str:
    found = [name.chosen for name in names if name.name == "directory_name"]
    if len(found) != 1:
        raise _unreadable("a name in them is missing or told twice")
    return line(_parts(found[0]))


def _parts(name: Any) -> Iterator[tuple[str, str]]:
    for rdn in name.chosen:
        for part in rdn:
            yield part["type"].dotted, str(part["value"].native)


def _unreadable(why: str) -> AttributesRefused:
    return AttributesRefused(
        f"The VOMS attributes of the proxy cannot be read: {why}.", "Make a new proxy with voms-proxy-init."
    )
