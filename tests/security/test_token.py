from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.security.errors import UnsafeFile
from gridwms.security.token import identity_of, known_tokens, owner_token, user_token


def test_owner_and_users_are_known(tmp_path: Path) -> None:
    mine, hers = owner_token(tmp_path), user_token(tmp_path, "bob")
    known = known_tokens(tmp_path, "alice")
    me, bob = identity_of(mine, known), identity_of(hers, known)
    assert me is not None
    assert me.subject == "alice"
    assert me.is_operator
    assert bob is not None
    assert bob.subject == "bob"
    assert not bob.is_operator
    assert identity_of(mine + "x", known) is None
    assert identity_of("\udcff", known) is None


def test_tokens_are_kept(tmp_path: Path) -> None:
    assert owner_token(tmp_path) == owner_token(tmp_path)
    assert user_token(tmp_path, "bob") == user_token(tmp_path, "bob") != owner_token(tmp_path)


@pytest.mark.parametrize("name", ["", "../bob", "a/b", ".hidden", "-x", "b\n", "x" * 65])
def test_names_that_are_paths_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFile):
        user_token(tmp_path, name)
