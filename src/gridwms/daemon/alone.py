"""Holding a data directory for one process alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from gridwms.daemon.directory import UnusableDirectory


class AlreadyRunning(Exception):
    """Another service uses the data directory."""


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data directory; the lock goes with the process, however it ends.

    Raises AlreadyRunning, UnusableDirectory.
    """
    try:
        lock = os.open(data / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnusableDirectory(data, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another gridwms service uses the data directory '{data}': stop it, or give --data another one."
            ) from None
        yield
    finally:
        os.close(lock)
