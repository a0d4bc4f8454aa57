"""Authorities, users and proxies made in memory, right and wrong ones, with keys that cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INHERIT = "1.3.6.1.5.5.7.21.1"
INDEPENDENT = "1.3.6.1.5.5.7.21.2"
LIMITED = "1.3.6.1.4.1.3536.1.1.1.9"
_OIDS = {"DC": NameOID.DOMAIN_COMPONENT, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}


def name(text: str) -> x509.Name:
    """`/DC=org/CN=x` as a name."""
    parts = (part.split("=", 1) for part in text.strip("/").split("/"))
    return x509.Name([x509.NameAttribute(_OIDS[key], value) for key, value in parts])


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def key_pem(self) -> bytes:
        """The key, unprotected."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def make(
    subject: str | x509.Name,
    signer: Made | None = None,
    *,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(hours=12),
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    serial: int | None = None,
    now: datetime = NOW,
) -> Made:
    """A certificate, signed by itself without a `signer`; times from `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Made(builder.sign(signer.key if signer else key, hashes.SHA256()), key)


def usage(*allowed: str) -> tuple[x509.KeyUsage, bool]:
    """The extension that allows these uses of a key."""
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{one: one in allowed for one in every.split()}), True


def authority(
    subject: str = "/DC=org/CN=Test CA", signer: Made | None = None, path_length: int | None = None, **times: timedelta
) -> Made:
    """One that may sign."""
    extensions = [(x509.BasicConstraints(True, path_length), True), usage("key_cert_sign", "crl_sign")]
    return make(subject, signer, extensions=extensions, **times)  # type: ignore[arg-type]


def user(signer: Made, subject: str = "/DC=org/O=Users/CN=Alice", **times: timedelta) -> Made:
    """A user of an authority."""
    extensions = [(x509.BasicConstraints(False, None), True), usage("digital_signature", "key_encipherment")]
    return make(subject, signer, extensions=extensions, **times)  # type: ignore[arg-type]


def proxy_info(language: str = INHERIT, path_length: int | None = None) -> x509.UnrecognizedExtension:
    """The extension that makes a proxy of a certificate (RFC 3820)."""
    policy = core.ObjectIdentifier(language).dump()
    inner = (core.Integer(path_length).dump() if path_length is not None else b"") + _sequence(policy)
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14"), _sequence(inner))


def _sequence(inner: bytes) -> bytes:
    return b"\x30" + bytes([len(inner)]) + inner


def proxy(
    signer: Made,
    *,
    language: str = INHERIT,
    path_length: int | None = None,
    common_name: str = "1234",
    critical: bool = True,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    **times: timedelta,
) -> Made:
    """A proxy by RFC 3820."""
    extensions = [(proxy_info(language, path_length), critical), usage("digital_signature"), *more]
    return make(_below(signer, common_name), signer, extensions=extensions, **times)  # type: ignore[arg-type]


def legacy_proxy(signer: Made, common_name: str = "proxy", **times: timedelta) -> Made:
    """A proxy as Globus Toolkit 2 made them."""
    return make(_below(signer, common_name), signer, extensions=[usage("digital_signature")], **times)  # type: ignore[arg-type]


def _below(signer: Made, common_name: str) -> x509.Name:
    last = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return x509.Name([*signer.certificate.subject.rdns, last])


def revocations(
    signer: Made, *revoked: Made, begins: timedelta = timedelta(hours=-1), ends: timedelta = timedelta(days=1)
) -> x509.CertificateRevocationList:
    """The list of an authority."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(NOW + begins)
        .next_update(NOW + ends)
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(NOW)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signer.key, hashes.SHA256())
