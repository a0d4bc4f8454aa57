"""Refreshing delegated tokens, at an issuer over https."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gridwms.renewal.errors import RenewalFailed, Unreachable
from gridwms.renewal.tokens import Issuers
from tests.services import token_issuer
from tests.services.token_issuer import Issuer


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[tuple[Issuer, Issuers]]:
    with token_issuer.over_https(tmp_path) as (running, authority):
        yield running, Issuers(authorities={running.url: authority}, timeout=10.0)


def held(**changes: Any) -> bytes:
    plain = {"access_token": "old", "refresh_token": "r0", "client": "gridwms"}
    return json.dumps(plain | changes).encode()


def test_a_token_is_refreshed_and_so_is_what_refreshes_it(issuer: tuple[Issuer, Issuers]) -> None:
    running, client = issuer
    now = time.time()
    made = client.refresh(running.url, held(), now)
    kept = json.loads(made.secret)
    assert kept["access_token"] not in ("", "old")
    assert (kept["refresh_token"], kept["client"]) == ("r1", "gridwms")
    assert (made.begins, made.ends) == (now, now + 3600)
    again = client.refresh(running.url, made.secret, now)
    assert json.loads(again.secret)["refresh_token"] == "r2"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"refresh_token": "stolen"}, "refuses: invalid_grant"),
        ({"client": "other"}, "refuses: invalid_client"),
        ({"refresh_token": ""}, "No refresh token"),
    ],
)
def test_what_the_issuer_refuses(issuer: tuple[Issuer, Issuers], changes: dict[str, str], words: str) -> None:
    running, client = issuer
    with pytest.raises(RenewalFailed, match=words) as told:
        client.refresh(running.url, held(**changes), 0.0)
    assert "stolen" not in str(told.value)


def test_an_issuer_that_is_not_trusted_is_not_asked(issuer: tuple[Issuer, Issuers]) -> None:
    running, _client = issuer
    with pytest.raises(RenewalFailed, match="not trusted"):
        Issuers(authorities={}).refresh(running.url, held(), 0.0)
    assert running.asked == []


def test_one_that_is_away(issuer: tuple[Issuer, Issuers]) -> None:
    away = "https://127.0.0.1:1"
    with pytest.raises(Unreachable, match="cannot be reached"):
        Issuers(authorities={away: None}).refresh(away, held(), 0.0)
