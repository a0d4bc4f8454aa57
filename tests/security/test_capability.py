from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gridwms.security.capability import Capabilities, load

TAG = "gw-0123456789ABCDEFGHIJKL-1"


def test_opens_its_attempt_only() -> None:
    here = Capabilities(b"secret")
    shown = here.of(TAG)
    assert here.opens(TAG, shown)
    assert not here.opens(TAG[:-1] + "2", shown)
    assert not Capabilities(b"other").opens(TAG, shown)
    assert not here.opens(TAG, here.sign("session", TAG))
    assert set(shown) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text())
def test_nothing_else_opens(shown: str) -> None:
    here = Capabilities(b"secret")
    assert here.opens(TAG, shown) == (shown == here.of(TAG))


def test_survives_a_restart_and_is_not_printed(tmp_path: Path) -> None:
    first = load(tmp_path)
    assert first.of(TAG) == load(tmp_path).of(TAG)
    assert first.secret.decode() not in repr(first)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
