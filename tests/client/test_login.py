"""Logging in by the device flow at a real issuer over https, and what is kept of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.client.errors import LocalFile, NotIdentified
from gridwms.client.find import find
from gridwms.client.login import Code, Login, forget, keep, login, path_of, token_for
from tests.services import token_issuer

SERVICE = "https://wms.example:8480"


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[token_issuer.Issuer]:
    with token_issuer.over_https(tmp_path) as (made, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        yield made


def log_in(issuer: token_issuer.Issuer, shown: list[Code]) -> Login:
    """As a user who confirms at the second look."""
    looks = [0]

    def sleep(_seconds: float) -> None:
        looks[0] += 1
        if looks[0] == 2:
            issuer.approved.set()

    return login(SERVICE, issuer.url, "gridwms", scope="openid", audience="x", show=shown.append, sleep=sleep)


def test_a_user_confirms_and_the_token_is_kept_for_this_service_alone(
    issuer: token_issuer.Issuer, tmp_path: Path
) -> None:
    shown: list[Code] = []
    made = log_in(issuer, shown)
    assert shown == [Code(address=f"{issuer.url}/activate", code="ABCD")]
    path = keep(made, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert made.access_token not in repr(made) and made.refresh_token not in repr(made)
    assert token_for(SERVICE, tmp_path, time.time()) == made.access_token
    assert token_for("https://other.example:8480", tmp_path, time.time()) == ""
    found = find(SERVICE, {"GRIDWMS_DATA": str(tmp_path)})
    assert (found.url, found.token) == (SERVICE, made.access_token)
    assert forget(SERVICE, tmp_path) and token_for(SERVICE, tmp_path, time.time()) == ""


def test_a_token_that_ends_is_renewed_once(issuer: token_issuer.Issuer, tmp_path: Path) -> None:
    made = log_in(issuer, [])
    keep(made, tmp_path)
    later = made.expires - 60
    renewed = token_for(SERVICE, tmp_path, later)
    assert renewed != made.access_token and issuer.refreshed == 1
    assert json.loads(path_of(SERVICE, tmp_path).read_text())["refresh_token"] == "r1"
    assert token_for(SERVICE, tmp_path, time.time()) == renewed and issuer.refreshed == 1


def test_an_issuer_that_refuses_is_said_so(issuer: token_issuer.Issuer, tmp_path: Path) -> None:
    with pytest.raises(NotIdentified, match="invalid_client"):
        login(SERVICE, issuer.url, "other", scope="", audience="", show=lambda _code: None)
    made = log_in(issuer, [])
    keep(made, tmp_path)
    issuer.refreshed = 7  # the refresh token is not good any more
    with pytest.raises(NotIdentified, match="invalid_grant"):
        token_for(SERVICE, tmp_path, made.expires)
    with pytest.raises(NotIdentified, match="no https address"):
        login(SERVICE, "http://127.0.0.1", "gridwms", scope="", audience="", show=lambda _code: None)


def test_a_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    made = Login(service=SERVICE, issuer="i", client="c", token_endpoint="t", access_token="a", expires=1e12)
    path = keep(made, tmp_path)
    assert token_for(SERVICE, tmp_path, 0.0) == "a"
    path.chmod(0o644)
    with pytest.raises(LocalFile, match="can be read by others"):
        token_for(SERVICE, tmp_path, 0.0)
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(LocalFile, match="is no login"):
        token_for(SERVICE, tmp_path, 0.0)
