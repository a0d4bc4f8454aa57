"""What a token says, once its signature has been found good: the rules of the two profiles, in one place.

WLCG Common JWT Profiles 1.x and SciTokens 2.0. What a profile does not allow is refused with the reason.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gridwms.security.errors import NotIdentified
from gridwms.security.scope import Scope

ANY_WLCG = "https://wlcg.cern.ch/jwt/v1/any"
ANY_SCITOKENS = "ANY"
"""Audiences that stand for every service."""
SKEW = 60.0
"""Seconds by which the clock of an issuer may differ from ours."""
MAX_GROUPS = 100
MAX_SCOPES = 200
_MAX_NAME = 255
_NAMESPACES = ("storage", "compute", "read", "write", "condor", "queue", "execute", "host")
"""What capabilities begin with, up to the first dot or colon."""


class BadToken(NotIdentified):
    """A token that is not accepted; the sentence says why."""

    code = "bad_token"

    def __init__(self, why: str, advice: str = "Get a new token for this service ('gridwms login').") -> None:
        super().__init__(f"The token is not accepted: {why}.", advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """A good token. `groups`: in the order given, empty where `scopes` hold (they outrank groups). Times in seconds."""

    issuer: str
    subject: str
    expires: float
    ident: str = ""
    groups: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked of the tokens of an issuer.

    `audiences`: names of this service; a token is for one of them, or for any service. `profiles`: "wlcg", "scitokens",
    and "plain" for tokens that name no profile. `max_seconds`: the longest life of a token, 0 for any.
    """

    audiences: tuple[str, ...]
    profiles: tuple[str, ...] = ("wlcg", "scitokens")
    any_audience: bool = True
    max_seconds: float = 86400.0


def read_claims(claims: Mapping[str, Any], rules: Rules, now: float) -> Claims:
    """The claims of a token whose signature is good. Raises BadToken."""
    issuer, subject = _text(claims, "iss"), _text(claims, "sub")
    profile = _profile(claims, rules.profiles)
    _audience(claims, rules, profile)
    expires = _times(claims, rules, now)
    ident = _text(claims, "jti", needed=profile == "wlcg")
    scopes = _scopes(claims)
    groups = () if scopes else _groups(claims)
    return Claims(issuer=issuer, subject=subject, expires=expires, ident=ident, groups=groups, scopes=scopes)


def _text(claims: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = claims.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not value or len(value) > _MAX_NAME or not value.isprintable():
        raise BadToken(f"its claim '{name}' is missing or no text of 1 to {_MAX_NAME} printable characters")
    return value


def _profile(claims: Mapping[str, Any], accepted: Collection[str]) -> str:
    """By its version; a minor version that is newer than ours is taken, another major one is not."""
    wlcg, scitokens = claims.get("wlcg.ver"), claims.get("ver")
    if isinstance(wlcg, str):
        found, version, major = "wlcg", wlcg, "1"
    elif isinstance(scitokens, str):
        kind, _, version = scitokens.lower().rpartition(":")
        if kind not in ("scitoken", "scitokens"):
            raise BadToken(f"its version '{scitokens[:40]}' is of no profile that is known here")
        found, major = "scitokens", "2"
    elif wlcg is None and scitokens is None:
        found, version, major = "plain", "", ""
    else:
        raise BadToken("its version is no text")
    if version.partition(".")[0] != major:
        raise BadToken(f"its version '{version[:40]}' of the profile {found} is not known here (accepted: {major}.x)")
    if found not in accepted:
        raise BadToken(f"its profile is '{found}', accepted of this issuer: {', '.join(accepted)}")
    return found


def _audience(claims: Mapping[str, Any], rules: Rules, profile: str) -> None:
    given = claims.get("aud")
    audiences = [given] if isinstance(given, str) else given
    if not isinstance(audiences, list) or not audiences or not all(isinstance(one, str) for one in audiences):
        raise BadToken("it says nothing about its audience")
    every = {"wlcg": ANY_WLCG, "scitokens": ANY_SCITOKENS}.get(profile)
    ours = {one.rstrip("/") for one in rules.audiences}
    if any(one.rstrip("/") in ours for one in audiences):
        return
    if every in audiences and rules.any_audience:
        return
    shown = ", ".join(one[:80] for one in audiences[:3])
    raise BadToken(f"it is for another audience ({shown}); this service is {', '.join(rules.audiences)}")


def _times(claims: Mapping[str, Any], rules: Rules, now: float) -> float:
    expires = _time(claims, "exp")
    if expires is None:
        raise BadToken("it does not say when it expires")
    if expires + SKEW <= now:
        raise BadToken(f"it expired {_lasting(now - expires)} ago")
    for name, what in (("nbf", "is not valid yet"), ("iat", "was issued in the future")):
        begins = _time(claims, name)
        if begins is not None and begins - SKEW > now:
            raise BadToken(f"it {what} (by {_lasting(begins - now)}); compare the clocks")
    issued = _time(claims, "iat")
    if rules.max_seconds and issued is not None and expires - issued > rules.max_seconds:
        raise BadToken(f"it lasts {_lasting(expires - issued)}, and {_lasting(rules.max_seconds)} are allowed")
    if rules.max_seconds and expires - now > rules.max_seconds + SKEW:
        raise BadToken(f"it lasts {_lasting(expires - now)} more, and {_lasting(rules.max_seconds)} are allowed")
    return expires


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise BadToken(f"its claim '{name}' is no time")
    return float(value)


def _scopes(claims: Mapping[str, Any]) -> tuple[Scope, ...]:
    """Its capabilities. Other words of OAuth (`openid`, `offline_access`) say nothing about what it may do."""
    text = claims.get("scope", claims.get("scp", ""))
    words = text.split() if isinstance(text, str) else text
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        raise BadToken("its scope is no text")
    if len(words) > MAX_SCOPES:
        raise BadToken(f"it has {len(words)} scopes, and {MAX_SCOPES} are allowed")
    found = []
    for word in words:
        name, colon, path = word.partition(":")
        if name.partition(".")[0] not in _NAMESPACES:
            continue
        if name.startswith("storage.") and not colon:
            raise BadToken(f"its scope '{word[:80]}' has no path")
        found.append(Scope(name, _path(word, path) if colon else ""))
    return tuple(found)


def _path(word: str, path: str) -> str:
    if not path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise BadToken(f"the path of its scope '{word[:80]}' is none")
    return "/" + posixpath.normpath(path).lstrip("/")


def _groups(claims: Mapping[str, Any]) -> tuple[str, ...]:
    given = claims.get("wlcg.groups", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadToken("its groups are no list of texts")
    if len(given) > MAX_GROUPS:
        raise BadToken(f"it has {len(given)} groups, and {MAX_GROUPS} are allowed")
    for one in given:
        if not one.startswith("/") or not one.isprintable() or len(one) > _MAX_NAME or ".." in one.split("/"):
            raise BadToken(f"'{one[:80]}' is no name of a group")
    return tuple(dict.fromkeys(given))


def _lasting(seconds: float) -> str:
    return (
        f"{seconds / 3600:.1f} h"
        if seconds >= 7200
        else f"{seconds / 60:.0f} min"
        if seconds >= 120
        else f"{seconds:.0f} s"
    )
