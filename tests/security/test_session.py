from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gridwms.security.capability import Capabilities
from gridwms.security.identity import Identity
from gridwms.security.session import LIFETIME, Sessions

ALICE = Identity(subject='/DC=org/CN=Alice: the "first"; é')


def sessions(now: float = 1000.0) -> Sessions:
    return Sessions(Capabilities(b"secret"), {ALICE.subject: ALICE}.get, lambda: now)


def test_good_until_its_end() -> None:
    cookie = sessions().make(ALICE)
    assert sessions().read(cookie) == ALICE
    assert sessions(1000 + LIFETIME - 1).read(cookie) == ALICE
    assert sessions(1000 + LIFETIME + 1).read(cookie) is None
    assert cookie.isascii()
    assert not set(cookie) & set(' ";,\\')


@given(st.text())
def test_nothing_else_is_a_session(cookie: str) -> None:
    assert sessions().read(cookie) is None


def test_changed_cookie_is_none() -> None:
    cookie = sessions().make(ALICE)
    subject, end, signature = cookie.split(":")
    assert sessions().read(f"{subject}:{int(end) + 9}:{signature}") is None
    assert Sessions(Capabilities(b"other"), {ALICE.subject: ALICE}.get).read(cookie) is None
