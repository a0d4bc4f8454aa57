"""Signing what a service asks for with the user's own proxy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.client.errors import LocalFile, NotIdentified
from gridwms.client.find import user_proxy

if TYPE_CHECKING:
    from gridwms.x509.credential import Credential


def own_credential(proxy: Path | None = None) -> Credential:
    """The user's proxy. Raises NotIdentified when there is none, LocalFile when it is of no use."""
    from gridwms.x509.credential import read_credential
    from gridwms.x509.errors import X509Error

    path = proxy or user_proxy()
    if path is None:
        raise NotIdentified("You have no proxy to delegate.", "Make one (voms-proxy-init), or name one.")
    try:
        return read_credential(path.read_bytes(), str(path))
    except OSError as error:
        raise LocalFile(f"The proxy {path} cannot be read: {error.strerror}.", "Make a new one.") from error
    except X509Error as error:
        raise LocalFile(error.sentence, error.advice) from error


def token_in(path: Path) -> str:
    """The token in a file. Raises LocalFile."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalFile(f"The token {path} cannot be read: {error}.", "Name a file with an access token.") from error


def signed(request: str, credential: Credential, seconds: float) -> str:
    """The answer to a request: a proxy for its key, and the chain above it (PEM). Raises LocalFile."""
    from gridwms.x509.credential import sign_request
    from gridwms.x509.errors import X509Error

    try:
        lifetime = timedelta(seconds=seconds)
        return sign_request(request.encode(), credential, datetime.now(UTC), lifetime=lifetime).decode()
    except X509Error as error:
        raise LocalFile(f"What the service asks to be signed is refused. {error.sentence}", error.advice) from error
