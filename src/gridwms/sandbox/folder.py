"""Directories reached step by step through open handles, so that no symbolic link is followed on the way."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_STEP = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_KNOWN = 10_000


class OnDisk:
    """Directories whose names are known to be on disk. Having been made is not enough: whoever made one may still
    be waiting for the disk, or may have been killed before."""

    def __init__(self) -> None:
        self._known: dict[str, set[tuple[str, ...]]] = {}

    def wait(self, above: int, steps: tuple[str, ...]) -> None:
        """Return when the last of `steps` is on disk; `above` is a handle of the directory that it stands in."""
        if steps in self._known.get(steps[:2][-1], ()):
            return
        os.fsync(above)
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known.setdefault(steps[:2][-1], set()).add(steps)

    def forget(self, name: str) -> None:
        """The second step `name` is removed, with all below it."""
        self._known.pop(name, None)


@contextlib.contextmanager
def opened(root: Path, steps: Sequence[str], *, make: OnDisk | None = None) -> Iterator[int]:
    """A handle of the directory `root/steps…`. FileNotFoundError when it is missing, unless `make` is given: then it is
    there and on disk. Made directories have mode 0700. A step that is a symbolic link raises OSError.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for count, step in enumerate(steps, 1):
            below = _enter(handle, step, make is not None)
            if make is not None:
                make.wait(handle, tuple(steps[:count]))
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def _enter(handle: int, step: str, make: bool) -> int:
    try:
        return os.open(step, _STEP, dir_fd=handle)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(step, 0o700, dir_fd=handle)
    return os.open(step, _STEP, dir_fd=handle)


def names(handle: int) -> list[str]:
    """What lies in a directory, sorted."""
    return sorted(os.listdir(handle))


def file_size(name: str, handle: int) -> int | None:
    """The size in bytes of a plain file; None when there is none, or something else bears the name."""
    try:
        found = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def open_file(name: str, handle: int) -> int:
    """A reading handle of a plain file. FileNotFoundError also for whatever is not one."""
    try:
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=handle)
    except OSError as error:
        raise FileNotFoundError(name) from error
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise FileNotFoundError(name)
    return found


class Counted(NamedTuple):
    """Plain files."""

    bytes: int = 0
    files: int = 0


def remove_tree(name: str, parent: int) -> Counted:
    """Remove `name` and all below it, never through a link; what that was. What is missing is no error."""
    try:
        handle = os.open(name, _STEP, dir_fd=parent)
    except FileNotFoundError:
        return Counted()
    except OSError:
        size = file_size(name, parent)
        os.unlink(name, dir_fd=parent)
        return Counted() if size is None else Counted(size, 1)
    gone = Counted()
    try:
        for below in names(handle):
            one = remove_tree(below, handle)
            gone = Counted(gone.bytes + one.bytes, gone.files + one.files)
    finally:
        os.close(handle)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(name, dir_fd=parent)
    return gone


def measured(directory: str) -> Iterator[tuple[str, Counted]]:
    """What lies in each directory of a directory, with all below it."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield entry.name, _measure(entry.path)


def _measure(directory: str) -> Counted:
    size = files = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below = _measure(entry.path)
                size, files = size + below.bytes, files + below.files
            elif entry.is_file(follow_symlinks=False):
                size, files = size + entry.stat(follow_symlinks=False).st_size, files + 1
    return Counted(size, files)
