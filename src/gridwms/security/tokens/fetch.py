"""Asking issuers: https alone, no redirects, little patience, and no more than a configuration can have."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from gridwms.security.tokens.keys import Fetch

_SECONDS = 10.0
_MOST = 262_144


def fetcher(authority: Path | None = None) -> Fetch:
    """`authority`: PEM of whom to trust for the certificates of issuers; None: whom this machine trusts.

    Raises OSError (also ssl.SSLError) when that file cannot be used.
    """
    trusted = ssl.create_default_context(cafile=str(authority) if authority else None)

    def fetch(url: str) -> bytes:
        if not url.startswith("https://"):
            raise ConnectionError(f"{url[:200]} is no https address")
        try:
            with (
                httpx.Client(verify=trusted, timeout=_SECONDS, trust_env=False) as client,
                client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise ConnectionError(f"{url[:200]} answers {answer.status_code}")
                data = b""
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > _MOST:
                        raise ConnectionError(f"{url[:200]} answers more than {_MOST} bytes")
                return data
        except httpx.HTTPError as error:
            raise ConnectionError(f"{url[:200]}: {error}") from error

    return fetch
