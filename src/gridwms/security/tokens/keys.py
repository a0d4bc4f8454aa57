"""The keys of issuers: fetched where the issuer says, kept for hours, used for days when it does not answer.

Times are those of the WLCG profile: keys are fetched again after six hours, and believed for two days at most. A key
that is not known is looked for at once, but not more often than every ten seconds whatever tokens come.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gridwms.security.errors import SecurityError
from gridwms.security.tokens.claims import BadToken

FRESH = 6 * 3600.0
BELIEVED = 2 * 86400.0
PAUSE = 10.0
_MAX_KEYS = 50
_DISCOVERY = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
_LEAST_BITS = 2048

Key = RSAKey | ECKey
Fetch = Callable[[str], bytes]
"""What an address (https) answers; OSError with why it does not."""

logger = structlog.get_logger(__name__)


class KeysMissing(Exception):
    """The keys of an issuer are to be fetched first; `fetch` does, and may take seconds."""

    def __init__(self, fetch: Callable[[], None]) -> None:
        super().__init__("the keys of the issuer are not here yet")
        self.fetch = fetch


class IssuerSilent(SecurityError):
    """An issuer gives no keys, so nobody can say whether its tokens are good."""

    code = "issuer_silent"


class UnusableAnswer(Exception):
    """What an issuer answers is no configuration, or no keys."""


@dataclass(slots=True)
class _Kept:
    keys: dict[str, Key] = field(default_factory=dict)
    good_at: float = float("-inf")
    asked_at: float = float("-inf")
    trouble: str = ""
    asking: threading.Lock = field(default_factory=threading.Lock)


class IssuerKeys:
    """The keys of all issuers. Any number of threads may use it."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def key(self, issuer: str, ident: str, algorithm: str) -> Key:
        """The key of an issuer with this id (its only one when ""). Raises KeysMissing, IssuerSilent, BadToken."""
        now = self._clock()
        with self._lock:
            kept = self._kept.setdefault(issuer, _Kept())
            found = _among(kept.keys, ident, algorithm)
            due = now - kept.good_at >= FRESH or found is None
            if due and now - kept.asked_at >= PAUSE:
                raise KeysMissing(lambda: self.fetch(issuer))
            if now - kept.good_at > BELIEVED:
                why = f"The keys of the issuer {issuer} are not known: {kept.trouble or 'they are too old'}."
                raise IssuerSilent(why, "Try again in a while.")
        if found is None:
            raise BadToken(f"its key '{ident[:80]}' is none that the issuer {issuer} publishes for {algorithm}")
        return found

    def fetch(self, issuer: str) -> None:
        """Get the keys of an issuer anew; what is wrong is remembered, and the keys from before stay.

        Who comes while somebody else is asking waits for that answer.
        """
        with self._lock:
            kept = self._kept.setdefault(issuer, _Kept())
        with kept.asking:
            if self._clock() - kept.asked_at < PAUSE:
                return
            keys, trouble = {}, ""
            try:
                keys = _read_keys(self._ask(issuer))
            except (OSError, UnusableAnswer) as error:
                trouble = str(error)
                logger.warning("keys of an issuer cannot be fetched", issuer=issuer, why=trouble)
            with self._lock:
                kept.trouble, kept.asked_at = trouble, self._clock()
                if not trouble:
                    kept.keys, kept.good_at = keys, kept.asked_at

    def troubles(self) -> dict[str, str]:
        """What is wrong with issuers that do not give their keys."""
        with self._lock:
            return {issuer: kept.trouble for issuer, kept in self._kept.items() if kept.trouble}

    def _ask(self, issuer: str) -> Any:
        trouble: Exception | None = None
        for path in _DISCOVERY:
            try:
                found = _object(self._fetch(issuer.rstrip("/") + path))
            except (OSError, UnusableAnswer) as error:
                trouble = trouble or error
                continue
            if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
                raise UnusableAnswer(f"its configuration names another issuer: {str(found.get('issuer'))[:80]}")
            where = found.get("jwks_uri")
            if not isinstance(where, str) or not where.startswith("https://"):
                raise UnusableAnswer("its configuration names no keys (jwks_uri) at an https address")
            return _object(self._fetch(where))
        raise trouble or ValueError("it has no configuration")


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer(f"its answer is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnusableAnswer("its answer is no JSON object")
    return found


def _read_keys(data: Mapping[str, Any]) -> dict[str, Key]:
    """The keys that can be used for signatures, by id; weak and foreign ones are left out."""
    given = data.get("keys")
    if not isinstance(given, list):
        raise UnusableAnswer("its key set has no list of keys")
    found: dict[str, Key] = {}
    for one in given[:_MAX_KEYS]:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig":
            continue
        public = {
            name: value for name, value in one.items() if name in ("kty", "n", "e", "crv", "x", "y", "kid", "alg")
        }
        try:
            if one.get("kty") == "RSA":
                if 6 * len(str(one.get("n")).rstrip("=")) < _LEAST_BITS:
                    continue
                key: Key = RSAKey.import_key(public)
            elif one.get("kty") == "EC" and one.get("crv") == "P-256":
                key = ECKey.import_key(public)
            else:
                continue
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        found[str(one.get("kid", ""))] = key
    if not found:
        raise UnusableAnswer("its key set has no key that can be used (RSA of 2048 bits or more, or EC P-256)")
    return found


def _among(keys: Mapping[str, Key], ident: str, algorithm: str) -> Key | None:
    kind = {"RS256": RSAKey, "ES256": ECKey}[algorithm]
    if ident:
        found = keys.get(ident)
        return found if isinstance(found, kind) else None
    fitting = [key for key in keys.values() if isinstance(key, kind)]
    return fitting[0] if len(fitting) == 1 else None
