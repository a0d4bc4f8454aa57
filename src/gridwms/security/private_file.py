"""Small files that only their owner may read: the token, the server secret.

A file appears whole or not at all, and two processes that start together agree on one content.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from gridwms.security.errors import UnsafeFile

MAX_BYTES = 4096


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The text of `path`; when it is missing it is made first, with what `make` returns and mode 0600.

    Raises UnsafeFile when others can read the file, when it belongs to somebody else, is not a plain file, or
    cannot be made.
    """
    try:
        return read(path)
    except FileNotFoundError:
        pass
    try:
        _make(path, make())
    except OSError as error:
        raise UnsafeFile(
            f"The file {path} cannot be made: {error.strerror}.",
            "Give a data directory that you may write to (--data or GRIDWMS_DATA).",
        ) from error
    return read(path)


def read(path: Path) -> str:
    """The text of a private file, without surrounding white space. FileNotFoundError, UnsafeFile."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        what = "is a symbolic link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise UnsafeFile(f"The file {path} {what}.", "Use a plain file that belongs to you.") from error
    try:
        _refuse_unless_private(path, os.fstat(handle))
        text = os.read(handle, MAX_BYTES + 1)
    finally:
        os.close(handle)
    if not text.strip() or len(text) > MAX_BYTES or not text.isascii():
        raise UnsafeFile(
            f"The file {path} does not hold what the service wrote there.",
            "Remove it: a new one is made when the service starts (all clients then need the new one).",
        )
    return text.decode("ascii").strip()


def _refuse_unless_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFile(f"{path} is not a plain file.", "Use a plain file that belongs to you.")
    if found.st_uid not in (os.geteuid(), 0):
        raise UnsafeFile(
            f"The file {path} belongs to another user (uid {found.st_uid}).",
            "Use a data directory of your own (--data or GRIDWMS_DATA).",
        )
    if found.st_mode & 0o077:
        raise UnsafeFile(
            f"The file {path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}): it is no secret.",
            f"Remove it, or if you are sure that nobody has read it: chmod 600 '{path}'.",
        )


def _make(path: Path, text: str) -> None:
    """Link a finished temporary file into place: unlike rename, link never replaces what another process made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path, follow_symlinks=False)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
