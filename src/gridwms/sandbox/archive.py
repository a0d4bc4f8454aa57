"""Whether a tar file may be unpacked: nothing in it leads out, is a device, or is far larger than it looks."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gridwms.sandbox.errors import BadName, SandboxError, TooLarge
from gridwms.sandbox.limits import human

_KINDS = {
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a file with holes",
    tarfile.CONTTYPE: "a file of a kind that nobody uses",
}


class BadArchive(SandboxError):
    """It is no archive, is damaged, or holds what must not be unpacked."""

    code = "bad_archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """Of what an archive holds: bytes, things, and how many times larger than the archive it may be.

    `small`: bytes that are always allowed, whatever the ratio: short texts of zeros pack very well.
    """

    size: int = 2 << 30
    members: int = 100_000
    ratio: int = 200
    small: int = 64 << 20


def check_archive(path: Path, name: str, limits: ArchiveLimits | None = None) -> None:
    """Return when it may be unpacked. `name`: what to call it. Raises BadArchive, TooLarge or BadName.

    The file is read once, and never unpacked further than the limits.
    """
    limits = limits or ArchiveLimits()
    allowed = min(limits.size, max(limits.small, path.stat().st_size * limits.ratio))
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream = _Bounded(gzip.GzipFile(fileobj=file) if packed else file, name, allowed)
            with tarfile.open(fileobj=io.BufferedReader(stream, 1 << 16), mode="r|") as archive:
                _check_members(archive, name, limits)
            while stream.read(1 << 16):  # what follows the end counts too
                pass
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise BadArchive(f"'{name}' cannot be read as a tar file: {error}.", "Pack it again with tar.") from error


def _check_members(archive: tarfile.TarFile, name: str, limits: ArchiveLimits) -> None:
    seen: set[str] = set()
    links: set[str] = set()
    for count, member in enumerate(archive, 1):
        if count > limits.members:
            raise TooLarge(f"'{name}' holds more than {limits.members:,} files.", "Pack fewer.")
        path = _inside(member.name, name)
        if path in seen and not member.isdir():
            raise BadArchive(f"'{name}' holds {path!a} twice.", "Pack each file once.")
        above = path.split("/")
        if any("/".join(above[:depth]) in links for depth in range(1, len(above))):
            raise BadArchive(f"'{name}' holds {path!a} below a link.", "Pack the directory itself.")
        seen.add(path)
        if member.issym():
            _check_link(path, member.linkname, name)
            links.add(path)
        elif member.islnk():
            target = _inside(member.linkname, name)
            if target not in seen or target in links:
                raise BadArchive(
                    f"'{name}': {path!a} is a link to {target!a}, which is not in it before.", "Pack both."
                )
        elif member.type in _KINDS or not (member.isreg() or member.isdir()):
            raise BadArchive(f"'{name}' holds {_KINDS.get(member.type, 'something odd')}: {path!a}.", "Leave it out.")


def _inside(path: str, name: str) -> str:
    """The path without what means nothing. BadName: it leads out of the directory."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or not path.isprintable():
        raise BadName(f"'{name}' holds {path!a}, which leads out of the job's directory.", "Pack relative paths.")
    return "/".join(parts) or "."


def _check_link(path: str, target: str, name: str) -> None:
    """A symbolic link may go up only at its beginning, and not beyond the directory in which all is unpacked."""
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    if target.startswith("/") or up > path.count("/") or ".." in parts[up:]:
        raise BadArchive(f"'{name}': the link {path!a} leads out of the job's directory.", "Pack what it leads to.")


class _Bounded(io.RawIOBase):
    """Reads no more than so many bytes. TooLarge when there are more."""

    def __init__(self, source: BinaryIO | gzip.GzipFile, name: str, allowed: int) -> None:
        self._source, self._name, self._allowed = source, name, allowed
        self._left = allowed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(
                f"What '{self._name}' holds is larger than the {human(self._allowed)} that the service accepts of it.",
                "Send less, or keep large files on a storage system and give their URLs.",
            )
        buffer[: len(data)] = data
        return len(data)
