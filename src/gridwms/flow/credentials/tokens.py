"""Delegating tokens: an access token that jobs get, with a refresh token that stays here, sealed."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import Any

from gridwms.flow.credentials.pace import next_try, pace_of_token
from gridwms.flow.delegation import DelegationExpired, DelegationRefused, check_name, check_room, name_for, sealed
from gridwms.flow.world import World
from gridwms.security.identity import Identity
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind

MOST_BYTES = 16_384


def put_token(
    world: World, identity: Identity, name: str, access: str, *, refresh: str = "", client: str = ""
) -> Delegation:
    """Take a token of an issuer that this service trusts. `client`: as which program it was given out, for refreshing.

    Whose it is is not asked: whoever has a token can use it. Raises DelegationRefused, DelegationExpired.
    """
    name = name or name_for(identity)
    check_name(name)
    seal, now = world.seal, world.clock()
    if seal is None:
        raise DelegationRefused("This service keeps no credentials.", "Ask its operator.")
    claims = _claims(access)
    issuer, ends = str(claims.get("iss", "")), claims.get("exp")
    if issuer not in world.token_issuers:
        known = ", ".join(sorted(world.token_issuers)) or "none"
        raise DelegationRefused(f"The issuer {issuer[:120]!r} is not trusted here (trusted: {known}).", "Use another.")
    if not isinstance(ends, int | float) or ends != ends or ends <= now:
        raise DelegationExpired("The token has expired, or does not say when it does.", "Delegate a new one.")
    secret = json.dumps({"access_token": access, "refresh_token": refresh, "client": client}).encode()

    def write(connection: Any) -> Delegation:
        before = delegations.find(connection, identity.subject, name, Kind.TOKEN)
        if before is None:
            check_room(connection, identity.subject)
        one = Delegation(
            owner=identity.subject,
            name=name,
            kind=Kind.TOKEN,
            credential=sealed(seal, identity.subject, name, Kind.TOKEN, secret),
            vo=identity.vo,
            begins=now,
            ends=float(ends),
            serial=before.serial + 1 if before else 1,
            source=issuer if refresh else "",
        )
        one = replace(one, renew_at=next_try(float(ends), now, pace_of_token(float(ends) - now)) if refresh else None)
        delegations.put(connection, one)
        return one

    return replace(world.database.write(write), credential=None)


def _claims(token: str) -> dict[str, Any]:
    """What a token says of itself; nobody has proved it. Raises DelegationRefused."""
    parts = token.split(".")
    readable = len(parts) == 3 and len(token) <= MOST_BYTES and token.isascii() and token.isprintable()
    try:
        said = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))) if readable else None
    except (ValueError, binascii.Error):
        said = None
    if not isinstance(said, dict):
        raise DelegationRefused("What was sent is no JSON web token.", "Delegate an access token.")
    return said
