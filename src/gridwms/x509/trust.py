"""The authorities that a service believes: a directory of certificates, CRLs and signing policies (X509_CERT_DIR).

Files are named by the hash of the authority's name (`5f54f417.0`, `.r0`, `.signing_policy`); here the names of the
certificates themselves count, so files of any hash, old or new, serve. What changes on disk is taken over at the next
question after `LOOK_SECONDS`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from cryptography import x509

from gridwms.x509.errors import BadCredential
from gridwms.x509.pem import certificates_in, crl_in
from gridwms.x509.revoked import Revocations, revocations_of
from gridwms.x509.signing_policy import read_signing_policy

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
_CERTIFICATE = re.compile(r".*\.(?:\d+|pem|crt|cer)")
_CRL = re.compile(r".*\.(?:r\d+|crl)")


@dataclass(frozen=True, slots=True)
class Anchors:
    """What is believed at one moment. Names are those of `slashed`."""

    certificates: Mapping[x509.Name, tuple[x509.Certificate, ...]] = field(default_factory=dict)
    revocations: Mapping[x509.Name, tuple[Revocations, ...]] = field(default_factory=dict)
    policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def trusts(self, certificate: x509.Certificate) -> bool:
        """Whether this very certificate is an anchor."""
        return certificate in self.certificates.get(certificate.subject, ())


def read_anchors(directory: Path) -> Anchors:
    """All that a directory holds. What cannot be read is told in the log and gives no trust. Raises BadCredential when
    the directory is missing."""
    certificates: dict[x509.Name, list[x509.Certificate]] = {}
    crls: dict[x509.Name, list[x509.CertificateRevocationList]] = {}
    policies: dict[str, tuple[str, ...]] = {}
    try:
        files = sorted(path for path in directory.iterdir() if path.is_file())
    except OSError as error:
        raise BadCredential(
            f"The directory of trusted authorities {directory} cannot be read: {error.strerror}.",
            "Install the authorities' certificates there, or name another directory.",
        ) from error
    for path in files:
        try:
            if _CERTIFICATE.fullmatch(path.name):
                for certificate in certificates_in(path.read_bytes(), str(path)):
                    certificates.setdefault(certificate.subject, []).append(certificate)
            elif _CRL.fullmatch(path.name):
                crl = crl_in(path.read_bytes(), str(path))
                crls.setdefault(crl.issuer, []).append(crl)
            elif path.suffix == ".signing_policy":
                text = path.read_text(encoding="utf-8", errors="surrogateescape")
                policies.update(read_signing_policy(text, str(path)))
        except (BadCredential, OSError) as error:
            logger.warning("a file of a trusted authority is of no use", file=str(path), why=str(error))
    return Anchors(
        {name: tuple(dict.fromkeys(found)) for name, found in certificates.items()},
        {name: tuple(revocations_of(crl, certificates.get(name, ())) for crl in found) for name, found in crls.items()},
        policies,
    )


class Trust:
    """The anchors of a directory, read again when something in it has changed."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = self._look()
        self._anchors = read_anchors(directory)
        self._next = clock() + LOOK_SECONDS

    @property
    def anchors(self) -> Anchors:
        """Those of now. A directory that has gone leaves the last ones, and a word in the log."""
        with self._lock:
            if self._clock() >= self._next:
                self._next = self._clock() + LOOK_SECONDS
                self._read_if_changed()
            return self._anchors

    def _read_if_changed(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        try:
            self._anchors = read_anchors(self._directory)
        except BadCredential as error:
            logger.warning("the trusted authorities are kept as they were", why=str(error))
            return
        self._seen = seen
        logger.info("the trusted authorities were read again", names=len(self._anchors.certificates))

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        """Names, sizes and times: what changes when a file does."""
        try:
            found = [(path.name, path.stat()) for path in self._directory.iterdir()]
        except OSError:
            return ()
        return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))
