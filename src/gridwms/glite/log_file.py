"""The file that a command keeps its messages in."""

from __future__ import annotations

import os
from pathlib import Path


def open_named(path: Path) -> Path:
    """A file that the user names; messages are added to it. Raises OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644))
    return path.absolute()


def open_own(directory: Path, stem: str) -> Path:
    """A new file of our own where others write too: never one that is there, nor behind a link. Raises OSError."""
    for at in range(100):
        path = directory / f"{stem}{f'-{at}' if at else ''}.log"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        except FileExistsError:
            continue
        return path.absolute()
    raise FileExistsError(17, "so many files of that name are there", str(directory / stem))
