"""A certificate with its key and chain, and how it is delegated: the key never travels, a request for it does.

The side that shall have the proxy makes a key and a request; the side that has the credential signs it; the chain
goes back (RFC 3820 §2.3, GridSite's delegation).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from gridwms.x509.errors import BadCredential
from gridwms.x509.kinds import PROXY_CERT_INFO, Kind, part_of
from gridwms.x509.pem import blocks, certificates_in

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
LIFETIME = timedelta(hours=12)
_KEYS = (b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
_INHERIT = bytes.fromhex("300c300a06082b06010505071501")
_LIMITED = bytes.fromhex("300f300d060b2b060104019b5001010109")
"""ProxyCertInfo of a full and of a limited proxy, any path length."""
VOMS_ATTRIBUTES = x509.ObjectIdentifier("1.3.6.1.4.1.8005.100.100.5")
_BACKDATED = timedelta(minutes=5)
"""For clocks that are behind ours."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate, its key, and the chain above it."""

    certificate: x509.Certificate
    key: Key = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def ends(self) -> datetime:
        """When the first of its certificates runs out."""
        return min(one.not_valid_after_utc for one in (self.certificate, *self.chain))

    def pem(self) -> bytes:
        """As files of proxies are: certificate, key, chain. A secret."""
        return b"".join([pem_of(self.certificate), key_pem(self.key), *(pem_of(one) for one in self.chain)])


def pem_of(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: Key) -> bytes:
    """A key as PEM in the form that old programs read too. A secret."""
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def read_credential(raw: bytes, where: str) -> Credential:
    """The credential in the bytes of a proxy's file. Raises BadCredential."""
    first, *above = certificates_in(raw, where)
    found = blocks(raw, _KEYS)
    if not found:
        raise BadCredential(f"{where} holds no key.", "Make a new proxy (voms-proxy-init).")
    key = read_key(found[0], where)
    if not belongs(first, key):
        raise BadCredential(f"The key in {where} is not that of its first certificate.", "Make a new proxy.")
    return Credential(first, key, tuple(above))


def read_key(raw: bytes, where: str) -> Key:
    """A key without pass phrase. Raises BadCredential."""
    try:
        key = serialization.load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadCredential(f"The key in {where} cannot be read.", "It must be without a pass phrase.") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCredential(f"The key in {where} is of a kind that no proxy has.", "Use RSA, or an elliptic curve.")
    return key


def belongs(certificate: x509.Certificate, key: Key) -> bool:
    """Whether the key is the certificate's."""
    return _raw(certificate.public_key()) == _raw(key.public_key())


def new_key() -> rsa.RSAPrivateKey:
    """RSA with 2048 bits, which everything on the grid understands."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def request_for(key: Key, subject: x509.Name | None = None) -> bytes:
    """A request (PKCS#10, PEM) for a proxy of `key`; whoever signs it chooses the name."""
    name = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proxy")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def sign_request(
    request: bytes,
    credential: Credential,
    now: datetime,
    *,
    lifetime: timedelta = LIFETIME,
    limited: bool = False,
    attributes: bytes = b"",
) -> bytes:
    """A proxy of `credential` for the key in `request`: the chain as PEM, without any key. Raises BadCredential.

    It ends with what it is made from, and is limited where that is. `attributes`: VOMS attributes that it is to carry,
    as the bytes of their extension.
    """
    public = requested_key(request)
    if credential.ends <= now:
        raise BadCredential(f"Your proxy expired at {credential.ends:%Y-%m-%d %H:%M:%S} UTC.", "Make a new one.")
    part = part_of(credential.certificate)
    limited = limited or part.kind is Kind.LIMITED_PROXY
    serial = secrets.randbits(63) | 1
    last = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, str(serial))])
    issuer = credential.certificate.subject
    usage = {name: name in ("digital_signature", "key_encipherment") for name in _USAGES}
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([*issuer.rdns, last]))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(max(now - _BACKDATED, credential.certificate.not_valid_before_utc))
        .not_valid_after(min(now + lifetime, credential.ends))
        .add_extension(x509.UnrecognizedExtension(PROXY_CERT_INFO, _LIMITED if limited else _INHERIT), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
    )
    if attributes:
        builder = builder.add_extension(x509.UnrecognizedExtension(VOMS_ATTRIBUTES, attributes), critical=False)
    made = builder.sign(credential.key, hashes.SHA256())
    return b"".join(pem_of(one) for one in (made, credential.certificate, *credential.chain))


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def requested_key(request: bytes) -> PublicKey:
    """The key of a request (PEM or DER) whose signature proves that the other side has it. Raises BadCredential.

    Requests of ARC 6 say version 3 where PKCS#10 has 1, which `cryptography` refuses: they are read by hand.
    """
    try:
        pem = blocks(request, (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"))
        raw = asn1_csr.CertificationRequest.load(_der(pem[0]) if pem else request, strict=True)
        info = raw["certification_request_info"]
        key = serialization.load_der_public_key(info["subject_pk_info"].dump())
        _check_request(key, raw["signature"].native, info.dump(), str(raw["signature_algorithm"].hash_algo))
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise BadCredential("The request for a proxy cannot be read, or is not signed with its own key.", "") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadCredential("The request for a proxy has a key of a kind that no proxy has.", "")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 1024:
        raise BadCredential(f"The request for a proxy has a key of {key.key_size} bits only.", "Use 2048 or more.")
    return key


def _check_request(key: object, signature: bytes, signed: bytes, hash_name: str) -> None:
    kinds: dict[str, Callable[[], hashes.HashAlgorithm]] = {
        "sha1": hashes.SHA1,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    algorithm = kinds[hash_name]()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(algorithm))
    else:
        raise UnsupportedAlgorithm("a key of another kind")


def _der(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def _raw(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined, no-any-return]


def split(raw: bytes, key: Key, where: str = "the proxy") -> Credential:
    """The credential of a chain (PEM, in any order after its first certificate) and the key it was made for.

    Raises BadCredential.
    """
    first, *above = certificates_in(raw, where)
    if not belongs(first, key):
        raise BadCredential(
            "The proxy that came back is not for the key of the request.", "Ask for a new request and sign that one."
        )
    return Credential(first, key, tuple(above))
