"""Refreshing delegated tokens at the issuers that the operator trusts (OpenID Connect, RFC 6749 §6)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gridwms.renewal.errors import RenewalFailed, Unreachable

_MOST = 1 << 18
_LEAST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fresh:
    """New tokens as JSON to be sealed; when the access token begins and ends."""

    secret: bytes
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuers:
    """`authorities`: by the address of each trusted issuer, PEM of whom to trust for its certificate, None: whom this
    machine trusts. `timeout`: of one request, in seconds."""

    authorities: Mapping[str, Path | None]
    timeout: float = 30.0

    def refresh(self, issuer: str, secret: bytes, now: float) -> Fresh:
        """New tokens for those in `secret` (access_token, refresh_token, client). Raises RenewalFailed, Unreachable."""
        held = json.loads(secret)
        who = f"Token issuer {issuer}"
        if issuer not in self.authorities:
            raise RenewalFailed(f"{who} is not trusted by this service any more ([tokens] in its configuration).")
        if not held.get("refresh_token"):
            raise RenewalFailed("No refresh token was delegated with it: delegate a new token.")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": held["refresh_token"],
            "client_id": held.get("client", ""),
        }
        authority = self.authorities[issuer]
        try:
            trusted = ssl.create_default_context(cafile=str(authority) if authority else None)
            with httpx.Client(verify=trusted, timeout=self.timeout, trust_env=False) as client:
                found = _json(client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), who)
                endpoint = str(found.get("token_endpoint", ""))
                if not endpoint.startswith("https://"):
                    raise RenewalFailed(f"{who} names no token endpoint that is asked by https.")
                told = _json(client.post(endpoint, data=form), who)
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"{who} cannot be reached: {error or type(error).__name__}.") from error
        token, seconds = told.get("access_token"), told.get("expires_in", 3600)
        if not isinstance(token, str) or not token.isascii() or not isinstance(seconds, int | float):
            raise RenewalFailed(f"{who} answers without a token: {str(told.get('error', 'it gives no reason'))[:200]}.")
        if seconds < _LEAST_SECONDS:
            raise RenewalFailed(f"{who} gives a token that lasts {seconds} s only.")
        # issuers may give a new refresh token with each answer, and then the old one is of no use any more
        kept = held | {"access_token": token, "refresh_token": told.get("refresh_token") or held["refresh_token"]}
        return Fresh(json.dumps(kept).encode(), now, now + float(seconds))


def _json(answer: httpx.Response, who: str) -> dict[str, Any]:
    """What an issuer answers, refusals too. Raises RenewalFailed, Unreachable."""
    if answer.status_code >= 500:
        raise Unreachable(f"{who} answers {answer.status_code}.")
    try:
        told = json.loads(answer.content[:_MOST])
    except ValueError as error:
        raise RenewalFailed(f"{who} answers with something that is no JSON ({answer.status_code}).") from error
    if not isinstance(told, dict):
        raise RenewalFailed(f"{who} answers with something else than an object.")
    if answer.status_code >= 400:
        why = f"{told.get('error', answer.status_code)} {told.get('error_description', '')}".strip()
        raise RenewalFailed(f"{who} refuses: {why[:200]}.")
    return told
