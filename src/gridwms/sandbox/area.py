"""The sandbox area of the service: `<root>/<first two letters of the key>/<key>/{input,output,peek}/…`.

    input/<index>               files that the user sent, by their number in the description
    output/<attempt>/<name>     what the wrapper of an attempt brought
    peek/<attempt>/<name>       files that are watched while the job runs
    notes/<name>                what the service keeps with the job, such as its description as it was handed in

Equal input files are stored once (`gridwms.sandbox.contents`). Directories have mode 0700, files 0600. Nothing here
follows a symbolic link, and a file is either whole or absent. Any number of threads and processes may use one area at
the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gridwms.sandbox import folder
from gridwms.sandbox.archive import check_archive
from gridwms.sandbox.contents import Contents
from gridwms.sandbox.errors import NotThere, SandboxError, TooLarge, WrongOffset
from gridwms.sandbox.lifted import lift
from gridwms.sandbox.limits import Limits, check_file, check_total
from gridwms.sandbox.names import TEMPORARY, check_name
from gridwms.sandbox.receive import full_disk, receive

Meter = Callable[[str, int, int], None]
"""Takes the key of a job, and by how many bytes and files its sandbox grew."""


def _unmetered(_key: str, _bytes: int, _files: int) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a sandbox; `size` in bytes."""

    name: str
    size: int


def _any_size(_size: int) -> None:
    """What makes a note has limits of its own."""


class Area:
    """All sandboxes of one service. `root` is made when it is missing."""

    def __init__(self, root: Path, limits: Limits | None = None) -> None:
        self.root = root
        self.limits = limits or Limits()
        self.meter: Meter = _unmetered
        """Told of every change."""
        self.contents = Contents(root.with_name(f"{root.name}-contents"))
        self._on_disk = folder.OnDisk()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with folder.opened(root.parent, []) as above:
            os.fsync(above)

    # input

    def put_input(
        self,
        key: str,
        index: int,
        stream: Iterable[bytes],
        length: int | None = None,
        quota: Callable[[int], None] | None = None,
    ) -> int:
        """Store file number `index` of the input sandbox; its size. Raises a SandboxError; sending again is fine.

        `quota` is called with the bytes by which the area grows and may raise.
        """
        name = _number(index)
        with full_disk(name), folder.opened(self.root, _steps(key, "input"), make=self._on_disk) as here:
            others = sum(folder.file_size(other, here) or 0 for other in folder.names(here) if other != name)
            before = folder.file_size(name, here)

            def check(size: int) -> None:
                if quota is not None:
                    quota(size - (before or 0))
                check_file(f"input number {name}", size, self.limits.input_file)
                check_total("input sandbox", others + size, self.limits.input_job)

            digest = hashlib.sha256()
            size = receive(_digested(stream, digest.update), name, here, length=length, check=check)
            if self.contents.share(digest.hexdigest(), size, name, here):
                os.fsync(here)
            return self._metered(key, before, size)

    def check_input_archive(self, key: str, index: int) -> None:
        """See that file number `index` can be unpacked, and give it our layout when it has that of gLite's own client.
        Removes it and raises a SandboxError when it must not be."""
        path = self.input_path(key, index)
        try:
            check_archive(path, f"input number {index}")
            before = path.stat().st_size
            if lift(path, f"{key}/input/"):
                self.meter(key, path.stat().st_size - before, 0)
                check_archive(path, f"input number {index}")
        except SandboxError:
            size = path.stat().st_size
            path.unlink()
            self.meter(key, -size, -1)
            raise

    def input_path(self, key: str, index: int) -> Path:
        """Where file number `index` of the input lies. Raises NotThere."""
        return self._path(f"input number {index}", _steps(key, "input"), _number(index))

    def inputs(self, key: str) -> dict[int, int]:
        """The input files that have arrived: number to size in bytes."""
        return {int(file.name): file.size for file in self._files(_steps(key, "input")) if file.name.isdecimal()}

    # output

    def put_output(self, key: str, attempt: int, name: str, stream: Iterable[bytes], length: int | None = None) -> int:
        """Store an output file of an attempt; its size. Raises a SandboxError; sending again replaces it."""
        check_name(name)
        with full_disk(name), folder.opened(self.root, _steps(key, "output", attempt), make=self._on_disk) as here:
            present = [other for other in folder.names(here) if other != name]
            if len(present) >= self.limits.output_files:
                raise TooLarge(
                    f"The output sandbox has {len(present)} files already, and '{name}' is one too many.",
                    "Pack the files of the job into an archive.",
                )
            others = sum(folder.file_size(other, here) or 0 for other in present)
            before = folder.file_size(name, here)

            def check(size: int) -> None:
                check_file(name, size, self.limits.output_file)
                check_total("output sandbox", others + size, self.limits.output_job)

            return self._metered(key, before, receive(stream, name, here, length=length, check=check))

    def output_path(self, key: str, attempt: int, name: str) -> Path:
        """Where an output file lies. Raises BadName, NotThere."""
        return self._path(f"output file '{name}'", _steps(key, "output", attempt), check_name(name))

    def outputs(self, key: str, attempt: int) -> list[StoredFile]:
        """What an attempt brought, by name."""
        return self._files(_steps(key, "output", attempt))

    # peeking

    def put_peek(self, key: str, attempt: int, name: str, offset: int, stream: Iterable[bytes]) -> int:
        """Append a part that begins at byte `offset` of the watched file; the new size.

        Raises WrongOffset unless `offset` is the size reached so far. Not flushed to disk: it can be sent again.
        """
        check_name(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with full_disk(name), folder.opened(self.root, _steps(key, "peek", attempt), make=self._on_disk) as here:
            before = folder.file_size(name, here)
            file = os.open(name, flags, 0o600, dir_fd=here)
            size = before or 0
            try:
                size = os.fstat(file).st_size
                if size != offset:
                    raise WrongOffset(name, offset, size)
                for chunk in stream:
                    check_file(name, size + len(chunk), self.limits.peek_file)
                    rest = memoryview(chunk)
                    while rest:
                        written = os.pwrite(file, rest, size)
                        rest, size = rest[written:], size + written
            finally:
                os.close(file)
                self._metered(key, before, size)
        return size

    def peek_size(self, key: str, attempt: int, name: str) -> int:
        """How many bytes of a watched file have arrived; 0 when none."""
        try:
            with folder.opened(self.root, _steps(key, "peek", attempt)) as here:
                return folder.file_size(check_name(name), here) or 0
        except FileNotFoundError:
            return 0

    def read_peek(self, key: str, attempt: int, name: str, offset: int, limit: int) -> bytes:
        """At most `limit` bytes of a watched file from `offset` on; empty when there are none (yet)."""
        return self._read(_steps(key, "peek", attempt), check_name(name), offset, limit)

    def read_output(self, key: str, attempt: int, name: str, offset: int, limit: int) -> bytes:
        """At most `limit` bytes of an output file from `offset` on; empty when there are none."""
        return self._read(_steps(key, "output", attempt), check_name(name), offset, limit)

    # notes

    def put_note(self, key: str, name: str, data: bytes) -> None:
        """Keep a text of the service's own with a job, in the place of one of this name."""
        with full_disk(name), folder.opened(self.root, _steps(key, "notes"), make=self._on_disk) as here:
            before = folder.file_size(check_name(name), here)
            self._metered(key, before, receive(iter((data,)), name, here, length=len(data), check=_any_size))

    def read_note(self, key: str, name: str) -> bytes:
        """A note; empty when there is none."""
        try:
            with folder.opened(self.root, _steps(key, "notes")) as here:
                handle = folder.open_file(check_name(name), here)
        except FileNotFoundError:
            return b""
        with os.fdopen(handle, "rb") as file:
            return file.read()

    # housekeeping

    def remove(self, key: str) -> None:
        """Remove all files of a job. Repeatable."""
        try:
            with folder.opened(self.root, [key[:2]]) as here:
                gone = folder.remove_tree(key, here)
                self._on_disk.forget(key)
        except FileNotFoundError:
            return
        if gone.files:
            self.meter(key, -gone.bytes, -gone.files)

    def measure(self) -> dict[str, folder.Counted]:
        """What lies here, by job. It walks through all directories: for the start of the service."""
        found: dict[str, folder.Counted] = {}
        with os.scandir(self.root) as groups:
            for group in groups:
                if group.is_dir(follow_symlinks=False):
                    found |= {key: counted for key, counted in folder.measured(group.path) if counted.files}
        return found

    def sweep(self, before: float = math.inf) -> int:
        """Remove what a crash left unfinished; how many files. Only before the service takes uploads.

        `before`: only what was not written to since, where another service may be taking uploads into the same area.
        """
        count = 0
        for place, _, files in os.walk(self.root, followlinks=False):
            for name in files:
                path = Path(place) / name
                if name.startswith(TEMPORARY):
                    with contextlib.suppress(FileNotFoundError):
                        if path.lstat().st_mtime < before:
                            path.unlink()
                            count += 1
        return count

    # common

    def _metered(self, key: str, before: int | None, size: int) -> int:
        self.meter(key, size - (before or 0), int(before is None))
        return size

    def _path(self, what: str, steps: list[str], name: str) -> Path:
        try:
            with folder.opened(self.root, steps) as here:
                os.close(folder.open_file(name, here))
        except FileNotFoundError as error:
            raise NotThere(f"The job has no {what} at the service.", "It was not sent, or has been removed.") from error
        return self.root.joinpath(*steps, name)

    def _files(self, steps: list[str]) -> list[StoredFile]:
        try:
            with folder.opened(self.root, steps) as here:
                sizes = [(name, folder.file_size(name, here)) for name in folder.names(here)]
        except FileNotFoundError:
            return []
        return [StoredFile(name, size) for name, size in sizes if size is not None and not name.startswith(TEMPORARY)]

    def _read(self, steps: list[str], name: str, offset: int, limit: int) -> bytes:
        try:
            with folder.opened(self.root, steps) as here:
                file = folder.open_file(name, here)
        except FileNotFoundError:
            return b""
        try:
            return os.pread(file, limit, offset)
        finally:
            os.close(file)


def _steps(key: str, kind: str, attempt: int | None = None) -> list[str]:
    """From the root to a folder of a job; keys are letters and digits (see `gridwms.jobs.ids`)."""
    if not (key.isascii() and key.isalnum() and len(key) > 2):
        raise ValueError(f"'{key}' is not the key of a job")
    return [key[:2], key, kind] if attempt is None else [key[:2], key, kind, _number(attempt)]


def _number(value: int) -> str:
    if value < 0:
        raise ValueError(f"{value} is negative")
    return str(value)


def _digested(stream: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in stream:
        update(chunk)
        yield chunk
