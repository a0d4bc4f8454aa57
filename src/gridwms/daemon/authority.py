"""Whom wrappers are to trust for this service's own certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from gridwms.daemon.config import BadConfig, Config
from gridwms.flow.world import World
from gridwms.security.renewed import Renewed
from gridwms.x509.chain import signed_by, verify
from gridwms.x509.errors import X509Error
from gridwms.x509.names import slashed
from gridwms.x509.pem import certificates_in
from gridwms.x509.trust import read_anchors

logger = structlog.get_logger(__name__)


def authority_of(config: Config) -> str:
    """Certificates in PEM; empty: those that the worker nodes trust anyway.

    What the configuration names, else the service's certificate itself when nobody else signed it, else its authorities
    out of the directory of trusted ones. Raises BadConfig.
    """
    section = config.service
    if section.tls_authority:
        return _read(section.tls_authority)
    if not section.tls_certificate:
        return ""
    try:
        shown = certificates_in(Path(section.tls_certificate).read_bytes(), section.tls_certificate)
    except (OSError, X509Error):
        return ""  # whoever is to listen with it says what is wrong
    own = shown[0]
    if signed_by(own, own):
        return _pem((own,))
    if config.certificates.authorities:
        try:
            return _pem(
                verify(shown, read_anchors(Path(config.certificates.authorities)), datetime.now(UTC)).authorities
            )
        except X509Error as error:
            logger.warning("the service's own certificate would not be believed here", why=error.sentence)
    if not _believed_here(shown):
        logger.warning(
            "worker nodes may not believe this service, and then no job gets its input: name its authority",
            setting="[service] tls_authority",
            authority=slashed(shown[-1].issuer),
        )
    return ""


def authority_look(world: World, config: Config) -> Callable[[], None]:
    """What reads that again, when a file that it comes from has changed."""
    named = config.service.tls_authority or config.service.tls_certificate

    def read() -> str:
        try:
            return authority_of(config)
        except BadConfig as error:
            raise ValueError(str(error)) from error

    known = Renewed([Path(named)] if named else [], read)

    def look() -> None:
        if known.now != world.settings.authority:
            world.settings = replace(world.settings, authority=known.now)

    return look


def _read(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"[service] tls_authority '{path}' cannot be read: {error}.") from error
    if "BEGIN CERTIFICATE" not in text:
        raise BadConfig(f"[service] tls_authority '{path}' holds no certificate in PEM form.")
    return text


def _believed_here(shown: Sequence[x509.Certificate]) -> bool:
    """Whether this machine would believe it; worker nodes most likely do too then."""
    places = ssl.get_default_verify_paths()
    store = crypto.X509Store()
    try:
        store.load_locations(places.cafile, places.capath)
        own, *others = [crypto.X509.from_cryptography(one) for one in shown]
        crypto.X509StoreContext(store, own, others).verify_certificate()
    except (crypto.Error, crypto.X509StoreContextError, TypeError):
        return False
    return True


def _pem(certificates: tuple[x509.Certificate, ...]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in certificates)
