"""Whose tokens are accepted, as the configuration wants it."""

from __future__ import annotations

import time
from pathlib import Path

from gridwms.daemon.config import BadConfig, Config, TokenIssuer
from gridwms.security.authenticate import Authenticator
from gridwms.security.tokens.claims import Rules
from gridwms.security.tokens.fetch import fetcher
from gridwms.security.tokens.keys import Fetch, IssuerKeys
from gridwms.security.tokens.verify import Issuer, JsonWebTokens


def tokens_of(config: Config, url: str) -> tuple[Authenticator, ...]:
    """What knows users by their tokens, when issuers are named. `url`: of this service. Raises BadConfig."""
    if not config.tokens:
        return ()
    issuers = {one.url: _issuer(name, one, url) for name, one in config.tokens.items()}
    if len(issuers) < len(config.tokens):
        raise BadConfig("[tokens] two entries have the same url.")
    return (JsonWebTokens(issuers, IssuerKeys(_fetch(config.tokens), time.time), time.time),)


def _issuer(name: str, section: TokenIssuer, url: str) -> Issuer:
    rules = Rules(
        audiences=section.audiences or (url,),
        profiles=section.profiles,
        any_audience=section.any_audience,
        max_seconds=section.max_seconds,
    )
    return Issuer(name=name, url=section.url, rules=rules, vo=section.vo)


def _fetch(sections: dict[str, TokenIssuer]) -> Fetch:
    """Each issuer is asked with its own authority; keys that lie elsewhere with that of the machine."""
    own = {}
    for name, section in sections.items():
        try:
            own[section.url.rstrip("/") + "/"] = fetcher(Path(section.authority) if section.authority else None)
        except OSError as error:
            raise BadConfig(f"[tokens.{name}] authority '{section.authority}' cannot be used: {error}.") from error
    usual = fetcher()

    def fetch(url: str) -> bytes:
        return next((ask for start, ask in own.items() if url.startswith(start)), usual)(url)

    return fetch
