"""The authenticator of tokens that other issuers signed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from gridwms.security.authenticate import Shown
from gridwms.security.identity import Identity
from gridwms.security.tokens.claims import BadToken, Claims, Rules, read_claims
from gridwms.security.tokens.keys import IssuerKeys

MAX_BYTES = 8192
"""What a token may have: those with real groups and scopes have less than half of it."""
_ALGORITHMS = ("RS256", "ES256")
"""Those of the WLCG profile; none that a public key could be taken for a secret in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """One whose tokens are accepted. `name`: what users are called after, `alice@name`. `vo`: the one that it stands
    for (one issuer is one VO in the WLCG profile)."""

    name: str
    url: str
    rules: Rules
    vo: str = ""


class JsonWebTokens:
    """Bearer tokens of the issuers that the operator trusts; others may be for somebody else to judge."""

    def __init__(self, issuers: Mapping[str, Issuer], keys: IssuerKeys, clock: Callable[[], float]) -> None:
        """`issuers`: by their addresses, as their tokens write them."""
        self._issuers = issuers
        self._keys = keys
        self._clock = clock

    def identify(self, shown: Shown) -> Identity | None:
        """Raises BadToken with why one is not accepted; KeysMissing, IssuerSilent."""
        parts = shown.bearer.split(".")
        if len(parts) != 3 or not self._issuers:
            return None
        if len(shown.bearer) > MAX_BYTES:
            raise BadToken(f"it has {len(shown.bearer)} bytes, and {MAX_BYTES} are allowed", "Ask for fewer scopes.")
        header, unproved = _object(parts[0]), _object(parts[1])
        if header is None or unproved is None:
            return None
        issuer = self._issuers.get(str(unproved.get("iss")))
        if issuer is None:
            known = ", ".join(one.url for one in self._issuers.values())
            raise BadToken(f"its issuer {str(unproved.get('iss'))[:120]!r} is not trusted here (trusted: {known})")
        claims = read_claims(self._proved(shown.bearer, header, issuer), issuer.rules, self._clock())
        return self._identity(issuer, claims)

    def _proved(self, token: str, header: Mapping[str, Any], issuer: Issuer) -> Mapping[str, Any]:
        algorithm, ident = header.get("alg"), header.get("kid", "")
        if algorithm not in _ALGORITHMS:
            raise BadToken(f"it is signed by {str(algorithm)[:20]!r}; accepted: {', '.join(_ALGORITHMS)}")
        if not isinstance(ident, str) or "crit" in header:
            raise BadToken("its header asks for what is not understood here")
        key = self._keys.key(issuer.url, ident, algorithm)
        try:
            proved = jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError):
            raise BadToken("its signature is not that of its issuer") from None
        claims = json.loads(proved.payload)
        if not isinstance(claims, dict):
            raise BadToken("it holds no claims")
        return claims

    def _identity(self, issuer: Issuer, claims: Claims) -> Identity:
        return Identity(
            subject=f"{claims.subject}@{issuer.name}",
            name=claims.subject,
            vo=issuer.vo,
            groups=claims.groups,
            issuer=issuer.url,
            ends=datetime.fromtimestamp(claims.expires, UTC),
            scopes=claims.scopes or None,
        )


def _object(part: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
