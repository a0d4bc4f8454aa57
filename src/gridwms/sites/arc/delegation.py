"""Delegation of an X.509 proxy to a service: it makes a key and asks for a certificate, we sign it as a proxy of ours.

RFC 3820. A-REX 6 writes version 2 into its requests, where PKCS#10 knows only 0, and strict readers refuse that. Its
signature is of the original bytes, and proves nothing that the connection to the service has not proved already.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_PROXY_CERT_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
_INHERIT_ALL = bytes.fromhex("300c300a06082b06010505071501")
"""ProxyCertInfo with the language id-ppl-inheritAll and no limit of the length of the chain, in DER."""
_BACK = timedelta(minutes=5)
"""What clocks may differ."""


class BadCredential(Exception):
    """A proxy or a request that cannot be used; the text says which and why."""


def sign(request: bytes, proxy: bytes) -> bytes:
    """The certificate that the request (PEM) asks for and the chain below it, as PEM. Raises BadCredential."""
    chain, key = read(proxy)
    try:
        public = x509.load_der_x509_csr(_with_version_0(request)).public_key()
    except (ValueError, binascii.Error) as error:
        raise BadCredential(f"its request for a delegation cannot be read: {error}") from error
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadCredential("its request for a delegation has a key of a kind that is not used for proxies")
    serial = x509.random_serial_number() >> 96
    issuer = chain[0].subject
    subject = x509.Name([*issuer, x509.NameAttribute(NameOID.COMMON_NAME, str(serial))])
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public, serial_number=serial)
    builder = builder.not_valid_before(max(datetime.now(UTC) - _BACK, chain[0].not_valid_before_utc))
    builder = builder.not_valid_after(ends(chain))
    usage = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.UnrecognizedExtension(_PROXY_CERT_INFO, _INHERIT_ALL), critical=True)
    made = builder.sign(key, hashes.SHA256())
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (made, *chain))


def read(proxy: bytes) -> tuple[list[x509.Certificate], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]:
    """The chain of a proxy file, its own certificate first, and its key. Raises BadCredential."""
    try:
        chain = x509.load_pem_x509_certificates(proxy)
        key = serialization.load_pem_private_key(proxy, None)
    except (ValueError, TypeError) as error:
        raise BadCredential(f"it is no proxy (certificate, key without a passphrase, chain): {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCredential("its key is of a kind that is not used for proxies")
    return chain, key


def ends(chain: list[x509.Certificate]) -> datetime:
    """When the first of them expires."""
    return min(one.not_valid_after_utc for one in chain)


def _with_version_0(request: bytes) -> bytes:
    """A request in DER whose version, the first INTEGER in it, is 0."""
    lines = [line for line in request.splitlines() if line and b"-----" not in line]
    der = base64.b64decode(b"".join(lines), validate=True)
    place = der.find(b"\x02\x01", 0, 16)
    return der if place < 0 else der[: place + 2] + b"\0" + der[place + 3 :]
