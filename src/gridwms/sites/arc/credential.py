"""What we show a computing element: a proxy or a bearer token, read anew whenever its file changes."""

from __future__ import annotations

import base64
import binascii
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gridwms.sites.arc.settings import ArcSettings
from gridwms.x509.credential import Credential, read_credential
from gridwms.x509.errors import BadCredential
from gridwms.x509.names import slashed


@dataclass(frozen=True, slots=True)
class Shown:
    """`stamp` changes with the file. `proxy`: None for a token. `expires`: seconds since 1970."""

    stamp: tuple[int, int, int]
    context: ssl.SSLContext
    headers: dict[str, str]
    proxy: Credential | None
    subject: str
    expires: float


class Credentials:
    """The one of a site, as it is now."""

    def __init__(self, settings: ArcSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock
        self._file = Path(settings.proxy or settings.token)
        self._what = "proxy" if settings.proxy else "token"
        self._known: Shown | None = None

    def now(self) -> Shown:
        """Raises BadCredential with a sentence: it is missing, unreadable or expired."""
        try:
            seen = self._file.stat()
            stamp = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
            if self._known is None or self._known.stamp != stamp:
                self._known = self._read(stamp)
        except OSError as error:
            why = f"The {self._what} {self._file} cannot be read: {error.strerror or error}."
            raise BadCredential(why, "Put one there.") from error
        if self._known.expires <= self._clock():
            when = datetime.fromtimestamp(self._known.expires, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            raise BadCredential(f"The {self._what} {self._file} expired at {when}.", "Put a new one there.")
        return self._known

    def _read(self, stamp: tuple[int, int, int]) -> Shown:
        data = self._file.read_bytes()
        context = trusting(self._settings.authorities)
        if self._what == "token":
            word = data.decode("utf-8", "replace").strip()
            if not word or not word.isascii() or not word.isprintable() or " " in word:
                raise BadCredential(f"The token {self._file} is empty, or no bearer token.", "Put a new one there.")
            headers = {"Authorization": f"Bearer {word}"}
            return Shown(stamp, context, headers, None, "the bearer of the token", _expiry(word))
        proxy = read_credential(data, f"the proxy {self._file}")
        try:
            context.load_cert_chain(self._file)
        except ssl.SSLError as error:
            raise BadCredential(f"The proxy {self._file} cannot be used: {error}.", "Make a new one.") from error
        return Shown(stamp, context, {}, proxy, slashed(proxy.certificate.subject), proxy.ends.timestamp())


def trusting(authorities: str) -> ssl.SSLContext:
    """A context that trusts a folder of certificates by hash, or a file of them. Raises BadCredential."""
    place = Path(authorities)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if place.is_dir():
            context.load_verify_locations(capath=place)
        else:
            context.load_verify_locations(cafile=place)
    except (OSError, ssl.SSLError) as error:
        raise BadCredential(
            f"The trusted authorities in {place} cannot be read: {error}.", "Correct the path."
        ) from error
    return context


def _expiry(token: str) -> float:
    """What a token says of its end, if it is a JWT that does."""
    parts = token.split(".")
    if len(parts) == 3:
        try:
            said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (ValueError, binascii.Error):
            return float("inf")
        if isinstance(said, dict) and isinstance(said.get("exp"), int | float):
            return float(said["exp"])
    return float("inf")
