"""Bearer tokens of users, one a file: `<data>/token` for whoever runs the service, `<data>/users/<name>` for others.

Only digests are kept in memory and compared, so the time a look-up takes says nothing about a token.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import structlog

from gridwms.security.errors import UnsafeFile
from gridwms.security.identity import Identity, Role
from gridwms.security.private_file import read, read_or_make

logger = structlog.get_logger(__name__)

TOKEN_FILE = "token"  # noqa: S105 (a file's name)
USERS_DIRECTORY = "users"
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")


def new_token() -> str:
    """A fresh token: 256 random bits behind a prefix that secret scanners can know."""
    return f"gridwms-{secrets.token_urlsafe(32)}"


def owner_token(data: Path) -> str:
    """The token of the service's owner, made at first start. Raises UnsafeFile."""
    return read_or_make(data / TOKEN_FILE, new_token)


def user_token(data: Path, name: str) -> str:
    """The token of another user of this service, made when there is none. Raises UnsafeFile."""
    if not is_user_name(name):
        raise UnsafeFile(
            f"'{name}' cannot be the name of a user.",
            "Use up to 64 letters, digits and . _ @ + - (not in front).",
        )
    return read_or_make(data / USERS_DIRECTORY / name, new_token)


def is_user_name(name: str) -> bool:
    """Whether a user with a token may have this name; subjects of certificates never look so."""
    return _USER.fullmatch(name) is not None


def this_user() -> str:
    """The name of the user who runs this process, as the machine knows it; `uid-<number>` when it does not."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid-{os.geteuid()}"


def known_tokens(data: Path, owner: str, *, strict: bool = True) -> dict[bytes, Identity]:
    """Digest to identity, of the owner (an operator too) and of all other users. Raises UnsafeFile.

    Not `strict`: files of users that are not safe are left out.
    """
    found = {digest(owner_token(data)): Identity(subject=owner, roles=frozenset({Role.OPERATOR}))}
    directory = data / USERS_DIRECTORY
    if directory.is_dir():
        for path in sorted(directory.iterdir()):
            if not is_user_name(path.name):
                continue
            try:
                found[digest(read(path))] = Identity(subject=path.name)
            except (UnsafeFile, OSError) as error:
                if strict:
                    raise
                logger.warning("the token of a user is left out", user=path.name, why=str(error))
    return found


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def identity_of(token: str, known: Mapping[bytes, Identity]) -> Identity | None:
    """Whose token it is, or None."""
    return known.get(digest(token))
