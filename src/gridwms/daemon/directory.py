"""Names that outlive a power cut: a new file or directory is on disk only when the directory above it is."""

from __future__ import annotations

import os
from pathlib import Path


class UnusableDirectory(Exception):
    """The data directory cannot be written to."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The data directory '{path}' cannot be used: {error.strerror}; give one that can be written to "
            "(--data or GRIDWMS_DATA), or see to its disk."
        )


def make(path: Path) -> None:
    """Make a directory for its owner alone, and those above it that are missing; on disk on return.

    Raises UnusableDirectory.
    """
    try:
        missing = [one for one in (path, *path.parents) if not one.exists()]
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in missing or [path]:
            sync(one.parent)
    except OSError as error:
        raise UnusableDirectory(path, error) from error


def sync(path: Path) -> None:
    """Wait until the names in a directory are on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
