"""Lines of events on disk while the service is away: appended by producers, forwarded in order with acknowledgement.

A directory of files `<number>.ulm`. What `append` has returned for is on disk; what the service has acknowledged is
noted in `<number>.done`, so that after any crash at most a few lines are sent twice, which the service notices. Lines
that it refuses for good go to `refused.jsonl` with the reason.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwms.client.errors import LocalFile

AT_ONCE = 1000
"""Lines in one request."""
_LARGEST = 16 << 20
"""Bytes after which a new file is begun."""
REFUSED = "refused.jsonl"
Send = Callable[[Sequence[str]], Sequence[tuple[int, str]]]
"""Sends lines, and tells which were refused (from 0) and why. Raises a ClientError when nothing is known of them."""


@dataclass(slots=True)
class Forwarded:
    """What one pass brought: lines that were taken, and lines that were refused."""

    taken: int = 0
    refused: int = 0


class Spool:
    """One directory; any number of processes may append, one at a time forwards."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def append(self, lines: Sequence[str]) -> None:
        """Keep lines, each without its line feed; on disk on return. Raises LocalFile and keeps none of them."""
        text = "".join(f"{line}\n" for line in lines).encode()
        if any("\n" in line for line in lines):
            raise ValueError("a line of the spool holds a line feed")
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock("append.lock"):
                self._append(text)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise LocalFile(
                f"The event cannot be kept in {self.directory}: {error.strerror}.",
                "Free space on that disk, then log it again." if full else "Name another directory with --spool.",
            ) from error

    def _append(self, text: bytes) -> None:
        files = self._files()
        if files and files[-1].stat().st_size < _LARGEST:
            path = files[-1]
        else:
            path = self.directory / f"{_number(files[-1]) + 1 if files else 1:08d}.ulm"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = _whole(handle)
            try:
                written = 0
                while written < len(text):
                    written += os.write(handle, text[written:])
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
            if not size:
                _sync(self.directory)
        finally:
            os.close(handle)

    def pending(self) -> bool:
        """Whether lines wait for being forwarded."""
        return any(_size(path) > _done(path) for path in self._files())

    def forward(self, send: Send) -> Forwarded:
        """Send what is there, in order, until nothing is left. Raises what `send` raises, and LocalFile.

        When another process forwards just now, nothing is done.
        """
        told = Forwarded()
        if not self.directory.is_dir():
            return told
        try:
            with self._lock("forward.lock", wait=False) as mine:
                if mine:
                    for path in self._files():
                        self._forward_file(path, send, told)
        except OSError as error:
            raise LocalFile(
                f"The spool {self.directory} cannot be forwarded: {error.strerror}.", "Look at that disk."
            ) from error
        return told

    def _forward_file(self, path: Path, send: Send, told: Forwarded) -> None:
        done = _done(path)
        with path.open("rb") as file:
            file.seek(done)
            while lines := _lines(file.readlines, AT_ONCE):
                texts = [line.decode("utf-8", "replace").rstrip("\n") for line in lines]
                refused = send(texts)
                if refused:
                    self._keep_refused([(texts[place], why) for place, why in refused])
                done += sum(map(len, lines))
                _note(path, done)
                told.taken += len(lines) - len(refused)
                told.refused += len(refused)
                file.seek(done)
        with self._lock("append.lock"):
            if path.stat().st_size == done:
                # In this order: a file without its note is sent again, a note without its file would hide lines.
                path.with_suffix(".done").unlink(missing_ok=True)
                path.unlink()

    def _keep_refused(self, refused: Sequence[tuple[str, str]]) -> None:
        with (self.directory / REFUSED).open("a", encoding="utf-8") as file:
            for line, why in refused:
                file.write(json.dumps({"line": line, "why": why}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _files(self) -> list[Path]:
        return sorted(path for path in self.directory.glob("[0-9]*.ulm") if path.stem.isdecimal())

    @contextlib.contextmanager
    def _lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a lock of the directory; whether it is held. It goes with the process, however that ends."""
        handle = os.open(self.directory / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)


def _whole(handle: int) -> int:
    """The size of a file without a last line that was cut short: nobody was told that it was kept."""
    size = os.fstat(handle).st_size
    while size:
        begin = max(0, size - 65536)
        part = os.pread(handle, size - begin, begin)
        end = part.rfind(b"\n")
        if end == len(part) - 1:
            break
        size = begin + end + 1
        os.ftruncate(handle, size)
        if end >= 0:
            break
    return size


def _lines(read: Callable[[int], list[bytes]], most: int) -> list[bytes]:
    """Whole lines, at most `most`."""
    return [line for line in read(1 << 20)[:most] if line.endswith(b"\n")]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _number(path: Path) -> int:
    return int(path.stem)


def _done(path: Path) -> int:
    try:
        return int(path.with_suffix(".done").read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _note(path: Path, done: int) -> None:
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="ascii") as file:
        file.write(str(done))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path.with_suffix(".done"))


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
