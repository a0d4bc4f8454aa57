"""Certificates, revocation lists and keys out of files: PEM or DER, in any order, with any text between them."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from gridwms.x509.errors import BadCredential

MOST_BYTES = 1 << 20
"""Of one file; the largest bundles of authorities are below that."""
MOST_CERTIFICATES = 500

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATE = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


def blocks(raw: bytes, kinds: tuple[bytes, ...]) -> list[bytes]:
    """The PEM blocks of these kinds, in order, whole."""
    return [found.group(0) for found in _BLOCK.finditer(raw) if found.group(1) in kinds]


def certificates_in(raw: bytes, where: str) -> list[x509.Certificate]:
    """All certificates of a file, in order. Raises BadCredential when there are none, or one cannot be read."""
    _check_size(raw, where)
    try:
        if found := blocks(raw, _CERTIFICATE):
            if len(found) > MOST_CERTIFICATES:
                raise BadCredential(f"{where} holds more than {MOST_CERTIFICATES} certificates.", "Use a smaller one.")
            return [x509.load_pem_x509_certificate(block) for block in found]
        return [x509.load_der_x509_certificate(raw)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCredential(
            f"{where} holds no certificate that can be read: {_short(error)}.", "Look at it."
        ) from error


def crl_in(raw: bytes, where: str) -> x509.CertificateRevocationList:
    """The revocation list of a file. Raises BadCredential."""
    if len(raw) > 64 * MOST_BYTES:
        raise BadCredential(f"{where} is larger than {64 * MOST_BYTES} bytes.", "Fetch it anew.")
    try:
        if found := blocks(raw, (b"X509 CRL",)):
            return x509.load_pem_x509_crl(found[0])
        return x509.load_der_x509_crl(raw)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCredential(f"{where} holds no revocation list: {_short(error)}.", "Fetch it anew.") from error


def _check_size(raw: bytes, where: str) -> None:
    if len(raw) > MOST_BYTES:
        raise BadCredential(f"{where} is larger than {MOST_BYTES} bytes.", "Nothing of that size is expected there.")


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200].rstrip(".") if str(error) else type(error).__name__
