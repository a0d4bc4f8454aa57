"""Tokens that users delegate: taken, sealed, beside a proxy of the same name."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from gridwms.flow import delegation
from gridwms.flow.credentials.tokens import put_token
from gridwms.flow.delegation import DelegationRefused
from gridwms.flow.world import World
from gridwms.security.identity import Identity
from gridwms.security.seal import Seal
from gridwms.store.delegations import Kind
from tests.flow.conftest import Stage

ANN = Identity(subject="ann@iam", vo="testvo")
ISSUER = "https://iam.example.org"


@pytest.fixture
def world(stage: Stage) -> World:
    stage.world.seal = Seal(b"k" * 32)
    stage.world.token_issuers = frozenset({ISSUER})
    return stage.world


def token(**claims: object) -> str:
    said = {"iss": ISSUER, "sub": "ann", "exp": 4600.0} | claims
    return f"ey.{urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip('=')}.signature"


def test_it_is_kept_sealed_and_due_ahead_of_its_end(world: World) -> None:
    made = put_token(world, ANN, "one", token(), refresh="secret refresh", client="gridwms")
    assert made.credential is None
    kept = delegation.show(world, ANN.subject, "one", Kind.TOKEN)
    assert (kept.ends, kept.source, kept.renew_at) == (4600.0, ISSUER, 3700.0)
    assert delegation.opened(world, kept).decode() == token()
    assert b"secret refresh" not in (kept.credential or b"")
    assert b"ey." not in (kept.credential or b"")


def test_without_a_refresh_token_it_ends_when_it_ends(world: World) -> None:
    made = put_token(world, ANN, "", token())
    assert (made.name, made.source, made.renew_at) == (delegation.name_for(ANN), "", None)


def test_a_new_one_takes_the_place_of_the_old(world: World) -> None:
    put_token(world, ANN, "one", token())
    assert put_token(world, ANN, "one", token(exp=5000)).serial == 2
    assert len(delegation.of_owner(world, ANN.subject)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "no JSON web token"),
        ("a.b.c", "no JSON web token"),
        (token(iss="https://evil.example"), "not trusted here"),
        (token(exp=999.0), "expired"),
        (token(exp="soon"), "expired"),
        (token(x="y" * 20_000), "no JSON web token"),
    ],
)
def test_what_is_not_taken(world: World, text: str, words: str) -> None:
    with pytest.raises(DelegationRefused, match=words):
        put_token(world, ANN, "one", text)
