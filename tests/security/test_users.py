"""Tokens come and go with their files, while the service runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.security.errors import UnsafeFile
from gridwms.security.private_file import read_or_make
from gridwms.security.token import is_user_name, owner_token, user_token
from gridwms.security.users import Users


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def users(tmp_path: Path, now: list[float]) -> Users:
    user_token(tmp_path, "bob")
    return Users(tmp_path, "alice", lambda: now[0])


def test_a_new_user_is_known_at_once(users: Users, tmp_path: Path) -> None:
    token = user_token(tmp_path, "carol")
    found = users.by_token(token)
    assert found is not None
    assert (found.subject, found.is_operator) == ("carol", False)
    assert users.by_name("carol") == found
    assert users.by_token("nonsense") is None


def test_one_whose_file_has_gone_is_known_for_a_second(users: Users, tmp_path: Path, now: list[float]) -> None:
    token = user_token(tmp_path, "bob")
    (tmp_path / "users" / "bob").unlink()
    assert users.by_token(token) is not None
    now[0] += 1.0
    assert users.by_token(token) is None
    assert users.by_name("bob") is None
    assert users.by_token(owner_token(tmp_path)) == users.by_name("alice")


def test_a_token_that_was_replaced(users: Users, tmp_path: Path, now: list[float]) -> None:
    before, path = user_token(tmp_path, "bob"), tmp_path / "users" / "bob"
    path.unlink()
    after = user_token(tmp_path, "bob")
    assert users.by_token(after) == users.by_name("bob")
    assert users.by_token(before) is None
    path.write_text(before + "\n")
    now[0] += 1.0
    assert users.by_token(after) is None
    assert users.by_token(before) == users.by_name("bob")


def test_a_file_that_others_can_read_is_left_out_and_harms_nobody_else(
    users: Users, tmp_path: Path, now: list[float]
) -> None:
    token = user_token(tmp_path, "mallory")
    (tmp_path / "users" / "mallory").chmod(0o644)
    read_or_make(tmp_path / "users" / "nobody", lambda: "x" * 40)
    now[0] += 1.0
    assert users.by_token(token) is None
    assert users.by_token(user_token(tmp_path, "bob")) == users.by_name("bob")
    assert users.by_name("nobody") is not None
    with pytest.raises(UnsafeFile):
        Users(tmp_path, "alice")


def test_subjects_of_certificates_are_no_names_of_users() -> None:
    assert is_user_name("ann@example.org")
    assert not any(map(is_user_name, ("/DC=org/CN=Ann", "CN=Ann,DC=org", "CN=Ann Example")))
