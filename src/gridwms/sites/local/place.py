"""The directory of one attempt: its files are the whole truth about it.

wrapper   the script, with its digest in a last line; the attempt exists once this is there (renamed into place)
needs     `<cpus> <wall seconds or ->`, when they are not one and none
inputs    `<name> <path>` of each file to be brought, percent-encoded, or `-`: the wrapper fetches them itself
started   `<pid> <start time> <boot id>`: made exclusively by the script, so that an attempt runs once however often
          it is launched; or `never`: cancelled before it could start
exit      the wrapper's exit status, or `killed` when it could not write one and nobody saw it end
cancelled it was asked to stop
limit     it ran longer than its wall time
log       what the wrapper said
"""

# Thousands of small files: making Path objects costs more than the calls.
# ruff: noqa: PTH101, PTH103, PTH104, PTH108, PTH106, PTH110, PTH112, PTH114, PTH116, PTH120, PTH123

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NEVER = "never\n"
KILLED = "killed\n"
_LOG_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Started:
    """Which process has the attempt. `time` is in clock ticks since the boot `boot` (proc(5), field 22 of stat)."""

    pid: int
    time: int
    boot: str


def place_of(root: Path, tag: str) -> str:
    """Where an attempt lives: two levels of 256, so that no directory grows large."""
    digest = hashlib.sha1(tag.encode(), usedforsecurity=False).hexdigest()
    return f"{root}/{digest[:2]}/{digest[2:4]}/{tag}"


def places(root: Path) -> Iterator[tuple[str, str]]:
    """Tag and directory of every attempt there is."""
    for first in _folders(str(root)):
        for second in _folders(first):
            for place in _folders(second):
                if os.path.exists(f"{place}/wrapper"):
                    yield place.rsplit("/", 1)[1], place
                else:
                    remove(place)  # its submission was cut off, and nobody was told that it is here


def _folders(path: str) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(path) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def create(place: str, wrapper: bytes, needs: str, order: int, prepare: Callable[[], None] = lambda: None) -> None:
    """Make the attempt exist, whole or not at all. Its place in the queue is the time of its script. Raises OSError.

    `prepare` writes what else belongs to it, once there is a directory.
    """
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        prepare()
        if needs:
            write(f"{place}/needs", needs.encode())
        script = wrapper if wrapper.endswith(b"\n") else wrapper + b"\n"
        write(f"{place}/wrapper.new", script + _seal(script))
        os.utime(f"{place}/wrapper.new", ns=(order, order))
        os.rename(f"{place}/wrapper.new", f"{place}/wrapper")
    except OSError:
        remove(place)
        raise


def _seal(script: bytes) -> bytes:
    """A comment that tells a whole script from what a power cut left of it: nobody waits for the disk here."""
    return f"# {hashlib.sha256(script).hexdigest()}\n".encode()


def is_whole(place: str) -> bool:
    """Whether the script is as it was written."""
    with open(f"{place}/wrapper", "rb") as file:
        script, _, seal = file.read().rpartition(b"\n# ")
    return b"# " + seal == _seal(script + b"\n")


def write(path: str, content: bytes, mode: int = 0o600) -> None:
    """A file for the owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)


def claim_never(place: str) -> bool:
    """Take the start away from every launcher; False: one has it already."""
    try:
        handle = os.open(f"{place}/started", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    os.write(handle, NEVER.encode())
    os.close(handle)
    return True


def line_of(path: str) -> str | None:
    """The line of a small file: None when there is none, empty while it is being written."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            text = file.read(200)
    except FileNotFoundError:
        return None
    return text if text.endswith("\n") else ""


def parse_started(line: str) -> Started | None:
    """What the launcher wrote; None for `never` and for what is not yet whole."""
    words = line.split()
    if len(words) != 3 or not words[0].isdigit() or not words[1].isdigit():
        return None
    return Started(int(words[0]), int(words[1]), words[2])


def exists(path: str) -> bool:
    return os.path.exists(path)


def time_of(path: str) -> float:
    """When a file was written; 0 when there is none."""
    try:
        return os.stat(path).st_mtime
    except FileNotFoundError:
        return 0.0


def log_of(place: str) -> str:
    """The last words of an attempt."""
    with suppress(OSError), open(f"{place}/log", "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""


def folders_of(place: str, tag: str) -> list[str]:
    """The directories that wrappers of this attempt have made."""
    return [folder for folder in sorted(_folders(place)) if folder.rsplit("/", 1)[1].startswith(tag)]


def remove(place: str) -> None:
    """Remove the directory and all in it, also what the payload made unreadable."""
    try:
        _remove(place)
    except OSError:
        shutil.rmtree(place, onerror=_open_up)


def _remove(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove(entry.path)
            else:
                os.unlink(entry.path)
    os.rmdir(folder)


def _open_up(_function: object, path: str, _error: object) -> None:
    """A directory without rights is given them and tried again; the rest is left to the next call."""
    with suppress(OSError):
        os.chmod(os.path.dirname(path), 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            os.chmod(path, 0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
