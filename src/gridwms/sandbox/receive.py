"""Writing a stream into a file so that it appears whole, on disk, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator

from gridwms.sandbox.errors import CutShort, SandboxFull
from gridwms.sandbox.names import TEMPORARY

_FULL = (errno.ENOSPC, errno.EDQUOT)


def receive(
    stream: Iterable[bytes], name: str, folder: int, *, length: int | None, check: Callable[[int], None]
) -> int:
    """Write `stream` to `name` in the directory `folder` (a handle), replacing what was there; the size in bytes.

    `length`: what the sender announced, when it did. `check` is called with the size reached so far and may
    raise. Raises CutShort, OSError and whatever `check` and the stream raise; then nothing is left behind.
    """
    if length is not None:
        check(length)
    draft = f"{TEMPORARY}{secrets.token_hex(8)}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        try:
            size = _write(file, stream, check)
            if length is not None and size != length:
                raise CutShort(
                    f"The upload of '{name}' stopped after {size} of {length} bytes; nothing of it is kept.",
                    "Send the file again.",
                )
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        raise
    os.fsync(folder)
    return size


def _write(file: int, stream: Iterable[bytes], check: Callable[[int], None]) -> int:
    size = 0
    for chunk in stream:
        size += len(chunk)
        check(size)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(file, rest) :]
    return size


@contextlib.contextmanager
def full_disk(name: str) -> Iterator[None]:
    """Turn the errors of a full disk or quota into SandboxFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise SandboxFull(
            f"The file '{name}' was not stored: the disk of the service is full.",
            "Try again later. The operator frees space by purging finished jobs ('gridwms purge'), or gives the "
            "data directory more room.",
        ) from error
