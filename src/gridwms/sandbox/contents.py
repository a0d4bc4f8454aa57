"""Equal input files are stored once: each content has a name of its own, and the files of jobs are links to it.

A file is never written to once it is whole, so what many jobs share no job can change. The names here can all be lost
without harm; they are only how an equal file is found.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from gridwms.sandbox import folder
from gridwms.sandbox.names import TEMPORARY

LEAST = 64 * 1024
"""Bytes below which sharing costs more than it saves."""
_UNSHARABLE = frozenset({errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EXDEV})
"""The file system has no links, or not so many to one file."""


class Contents:
    """The contents of one area, on the same file system. `root` is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def share(self, digest: str, size: int, name: str, here: int) -> bool:
        """Let `name` in the directory `here` be the file of this content, if there is one; else it becomes that.

        `digest`: hexadecimal, of the whole content. Returns whether the content was there. The caller flushes `here`.
        """
        if size < LEAST:
            return False
        place = self.root / digest[:2]
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = f"{TEMPORARY}{secrets.token_hex(8)}"
        with folder.opened(self.root, [digest[:2]]) as pool:
            try:
                os.link(digest, draft, src_dir_fd=pool, dst_dir_fd=here, follow_symlinks=False)
            except FileNotFoundError:
                with contextlib.suppress(FileExistsError):
                    os.link(name, digest, src_dir_fd=here, dst_dir_fd=pool, follow_symlinks=False)
                return False
            except OSError as error:
                if error.errno in _UNSHARABLE:
                    return False
                raise
            os.rename(draft, name, src_dir_fd=here, dst_dir_fd=here)
        return True

    def sweep(self) -> int:
        """Forget the contents that no job has any more; how many those were. At any time."""
        count = 0
        for place in sorted(self.root.glob("??")):
            for path in place.iterdir():
                if path.lstat().st_nlink == 1:
                    path.unlink(missing_ok=True)
                    count += 1
        return count
