"""The claims of the two profiles: what is taken, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from gridwms.security.tokens.claims import BadToken, Claims, Rules, Scope, read_claims

NOW = 1_000_000.0
RULES = Rules(audiences=("https://wms.example",))
GOOD: dict[str, Any] = {
    "iss": "https://issuer.example/",
    "sub": "alice",
    "aud": "https://wms.example",
    "exp": NOW + 3600,
    "iat": NOW,
    "jti": "1",
    "wlcg.ver": "1.0",
}
SCITOKEN: dict[str, Any] = {name: value for name, value in GOOD.items() if name not in ("wlcg.ver", "jti")} | {
    "ver": "scitoken:2.0"
}


def read(given: dict[str, Any], rules: Rules = RULES, **changes: Any) -> Claims:
    claims = given | {name.replace("__", "."): value for name, value in changes.items()}
    return read_claims({name: value for name, value in claims.items() if value is not None}, rules, NOW)


def test_both_profiles_are_read() -> None:
    wlcg = read(GOOD, wlcg__groups=["/testvo/prod", "/testvo", "/testvo/prod"])
    assert (wlcg.issuer, wlcg.subject, wlcg.groups) == ("https://issuer.example/", "alice", ("/testvo/prod", "/testvo"))
    assert read(SCITOKEN, scope="read:/home write:/home/alice").scopes == (
        Scope("read", "/home"),
        Scope("write", "/home/alice"),
    )


@pytest.mark.parametrize(
    ("given", "audience"),
    [
        (GOOD, ["https://other.example", "https://wms.example/"]),
        (GOOD, "https://wlcg.cern.ch/jwt/v1/any"),
        (SCITOKEN, "ANY"),
    ],
)
def test_audiences_that_are_ours(given: dict[str, Any], audience: object) -> None:
    assert read(given, aud=audience).subject == "alice"


@pytest.mark.parametrize(
    ("given", "changes", "words"),
    [
        (GOOD, {"aud": "https://other.example"}, "another audience (https://other.example)"),
        (GOOD, {"aud": "ANY"}, "another audience"),
        (SCITOKEN, {"aud": "https://wlcg.cern.ch/jwt/v1/any"}, "another audience"),
        (SCITOKEN, {"aud": None}, "nothing about its audience"),
        (GOOD, {"aud": []}, "nothing about its audience"),
        (GOOD, {"aud": [1]}, "nothing about its audience"),
        (GOOD, {"exp": NOW - 61}, "expired 61 s ago"),
        (GOOD, {"exp": None}, "does not say when it expires"),
        (GOOD, {"exp": True}, "'exp' is no time"),
        (GOOD, {"exp": float("nan")}, "'exp' is no time"),
        (GOOD, {"exp": "9999999999"}, "'exp' is no time"),
        (GOOD, {"nbf": NOW + 120}, "is not valid yet"),
        (GOOD, {"iat": NOW + 120}, "was issued in the future"),
        (GOOD, {"exp": NOW + 86401}, "lasts 24.0 h"),
        (GOOD, {"iat": None, "exp": NOW + 90000}, "lasts 25.0 h more"),
        (GOOD, {"wlcg__ver": "2.0"}, "version '2.0'"),
        (GOOD, {"wlcg__ver": 1.0}, "version is no text"),
        (GOOD, {"wlcg__ver": None}, "profile is 'plain'"),
        (SCITOKEN, {"ver": "scitoken:1.0"}, "version '1.0'"),
        (SCITOKEN, {"ver": "other:2.0"}, "no profile that is known"),
        (GOOD, {"jti": None}, "'jti' is missing"),
        (GOOD, {"sub": ""}, "'sub' is missing"),
        (GOOD, {"sub": "a\nb"}, "'sub' is missing or no text"),
        (GOOD, {"sub": "x" * 256}, "'sub' is missing or no text"),
        (GOOD, {"scope": 1}, "scope is no text"),
        (GOOD, {"scope": "compute.read " * 201}, "201 scopes"),
        (GOOD, {"scope": "storage.read"}, "has no path"),
        (GOOD, {"scope": "storage.read:/a/../../b"}, "the path of its scope"),
        (GOOD, {"scope": "storage.read:home"}, "the path of its scope"),
        (GOOD, {"wlcg__groups": "/testvo"}, "no list of texts"),
        (GOOD, {"wlcg__groups": ["testvo"]}, "no name of a group"),
        (GOOD, {"wlcg__groups": ["/vo/../other"]}, "no name of a group"),
        (GOOD, {"wlcg__groups": ["/g"] * 101}, "101 groups"),
    ],
)
def test_what_is_refused(given: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadToken) as refusal:
        read(given, **changes)
    assert words in refusal.value.sentence


def test_clocks_may_differ_by_a_minute() -> None:
    assert read(GOOD, exp=NOW - 59, nbf=NOW + 59, iat=NOW + 59).expires == NOW - 59


def test_capabilities_outrank_groups_and_other_words_say_nothing() -> None:
    scoped = read(GOOD, scope="openid compute.read offline_access", wlcg__groups=["/testvo"])
    assert (scoped.scopes, scoped.groups) == ((Scope("compute.read"),), ())
    assert read(GOOD, scope="openid profile", wlcg__groups=["/testvo"]).groups == ("/testvo",)


@pytest.mark.parametrize(
    ("scope", "path", "covers"),
    [
        (Scope("storage.read", "/home"), "/home/joe", True),
        (Scope("storage.read", "/home"), "/home", True),
        (Scope("storage.read", "/home"), "/homework", False),
        (Scope("storage.read", "/home"), "/home/../etc", False),
        (Scope("storage.read", "/"), "/anything", True),
        (Scope("compute.read"), "/anything", True),
    ],
)
def test_paths_reach_by_whole_components(scope: Scope, path: str, covers: bool) -> None:
    assert scope.covers(path) is covers


def test_the_operator_may_ask_for_less_or_more() -> None:
    strict = Rules(audiences=("https://wms.example",), any_audience=False)
    with pytest.raises(BadToken):
        read(GOOD, strict, aud="https://wlcg.cern.ch/jwt/v1/any")
    plain = Rules(audiences=("https://wms.example",), profiles=("plain",), max_seconds=0)
    assert read(GOOD, plain, wlcg__ver=None, exp=NOW + 10**7).subject == "alice"
    with pytest.raises(BadToken, match="profile is 'wlcg'"):
        read(GOOD, plain)
