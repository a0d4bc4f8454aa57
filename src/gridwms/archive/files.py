"""Writing and reading the files of an archive. Nothing is ever changed in them: new records make new files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

_TOGETHER = 200
"""Records in one gzip member."""
_BLOCK = 1 << 16
Record = dict[str, Any]
"""`id`, `owner`, `ended` (seconds since the epoch) and `status` (JSON types) stand in the index too."""


class ArchiveError(Exception):
    """The archive cannot be written or read; the text says which file and why. Nothing was removed anywhere."""


class NoSuchFile(ArchiveError):
    """The archive has no file of that name."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of the archive. Times in seconds since the epoch, of the ends of its jobs."""

    name: str
    jobs: int
    bytes: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A job in an index. `place` grows with the order of archiving within its file."""

    file: str
    place: int
    id: str
    owner: str
    status: dict[str, Any]


def write(directory: Path, records: Iterable[Record]) -> str:
    """Add a file with these records, on disk and read again before this returns; its name. Raises ArchiveError.

    Records are taken a few at a time: there may be more of them than memory holds.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = max((_number(path) for path in _files(directory)), default=0) + 1
        path = directory / f"jobs-{number:08d}.jsonl.gz"
        draft = path.with_name(f"{path.name}.new")
        digest = hashlib.sha256()
        rest = iter(records)
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            while some := list(islice(rest, _TOGETHER)):
                text = b"".join(_line(record) for record in some)
                digest.update(text)
                file.write(gzip.compress(text, 6, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        again = hashlib.sha256()
        for _offset, text in _members(draft):
            again.update(text)
        if again.digest() != digest.digest():
            raise ArchiveError(f"'{draft}' does not hold what was written to it: look at the disk.")
        draft.replace(path)
        _index(path)
        _sync(directory)
    except OSError as error:
        raise ArchiveError(f"The archive '{directory}' cannot be written: {error.strerror}.") from error
    return path.name


def _line(record: Record) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _index(path: Path) -> Path:
    """Make the index of a file."""
    index = _index_of(path)
    draft = index.with_name(f"{index.name}.new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as base:
        base.execute(
            "CREATE TABLE jobs (place INTEGER PRIMARY KEY, id TEXT NOT NULL, owner TEXT NOT NULL, ended REAL NOT NULL,"
            " status TEXT NOT NULL, offset INTEGER NOT NULL, line INTEGER NOT NULL)"
        )
        for offset, text in _members(path):
            for line, one in enumerate(text.splitlines()):
                record = json.loads(one)
                status = json.dumps(record["status"], separators=(",", ":"), ensure_ascii=False)
                base.execute(
                    "INSERT INTO jobs (id, owner, ended, status, offset, line) VALUES (?, ?, ?, ?, ?, ?)",
                    (record["id"], record["owner"], record["ended"], status, offset, line),
                )
        base.execute("CREATE INDEX by_id ON jobs (id)")
        base.execute("CREATE INDEX by_owner ON jobs (owner)")
        base.commit()
    with draft.open("rb") as file:
        os.fchmod(file.fileno(), 0o600)
        os.fsync(file.fileno())
    draft.replace(index)
    return index


def listed(directory: Path) -> list[ArchiveFile]:
    """The files, the oldest first. Raises ArchiveError."""
    found = []
    for path in _files(directory):
        with _open(path) as base:
            jobs, first, last = base.execute("SELECT count(*), min(ended), max(ended) FROM jobs").fetchone()
        found.append(ArchiveFile(path.name, jobs, path.stat().st_size, first or 0.0, last or 0.0))
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """A record, and where it is."""

    record: Record
    file: str
    place: int


def find(directory: Path, job: str) -> Found | None:
    """The record of a job; the newest one if it was archived more than once. Raises ArchiveError."""
    for path in reversed(_files(directory)):
        with _open(path) as base:
            query = "SELECT offset, line, place FROM jobs WHERE id = ? ORDER BY place DESC LIMIT 1"
            row = base.execute(query, (job,)).fetchone()
        if row is not None:
            return Found(json.loads(_member(path, row[0]).splitlines()[row[1]]), path.name, row[2])
    return None


def following(directory: Path, file: str, place: int, limit: int) -> list[Record]:
    """The records behind a place of a file, at most so many. Raises ArchiveError."""
    path = directory / file
    with _open(path) as base:
        query = "SELECT offset, line FROM jobs WHERE place > ? ORDER BY place LIMIT ?"
        rows = base.execute(query, (place, limit)).fetchall()
    lines = {offset: _member(path, offset).splitlines() for offset in dict.fromkeys(row[0] for row in rows)}
    return [json.loads(lines[offset][line]) for offset, line in rows]


def entries(directory: Path, owner: str | None, before: tuple[str, int] | None = None) -> Iterator[Entry]:
    """All jobs in the indexes, the ones archived last first; of one owner, or of all; behind a file and place."""
    for path in reversed(_files(directory)):
        if before is not None and path.name > before[0]:
            continue
        below = before[1] if before is not None and path.name == before[0] else 1 << 62
        condition = "place < ?" if owner is None else "place < ? AND owner = ?"
        values: tuple[Any, ...] = (below,) if owner is None else (below, owner)
        with _open(path) as base:
            rows = base.execute(
                f"SELECT place, id, owner, status FROM jobs WHERE {condition} ORDER BY place DESC",  # noqa: S608
                values,
            )
            for place, name, whose, status in rows:
                yield Entry(path.name, place, name, whose, json.loads(status))


def records(directory: Path, name: str) -> Iterator[Record]:
    """All records of a file. Raises ArchiveError."""
    path = directory / name
    if path not in _files(directory):
        raise NoSuchFile(f"There is no file '{name[:200]}' in the archive '{directory}'.")
    for _offset, text in _members(path):
        for line in text.splitlines():
            record: Record = json.loads(line)
            yield record


def check(directory: Path) -> list[str]:
    """What is wrong with the archive, as sentences: each file is read whole and compared with its index."""
    wrong = []
    for path in _files(directory):
        try:
            names = [record["id"] for record in records(directory, path.name)]
            with _open(path) as base:
                told = [row[0] for row in base.execute("SELECT id FROM jobs ORDER BY place")]
            if names != told:
                wrong.append(f"the index of {path.name} does not tell what is in it: remove it, and it is made again")
        except (ArchiveError, OSError, EOFError, ValueError, KeyError, sqlite3.DatabaseError) as error:
            wrong.append(f"{path.name} cannot be read: {error}")
    return wrong


def _members(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each gzip member of a file with its offset."""
    offset, data = 0, b""
    with path.open("rb") as file:
        while data or (data := file.read(_BLOCK)):
            decoder = zlib.decompressobj(wbits=31)
            parts, begin = [], offset
            while not decoder.eof:
                if not data and not (data := file.read(_BLOCK)):
                    raise ArchiveError(f"'{path}' ends in the middle: it was cut.")
                try:
                    parts.append(decoder.decompress(data))
                except zlib.error as error:
                    raise ArchiveError(f"'{path}' is damaged at byte {begin}: {error}.") from error
                offset += len(data) - len(decoder.unused_data)
                data = decoder.unused_data
            yield begin, b"".join(parts)


def _member(path: Path, offset: int) -> bytes:
    """The gzip member at an offset."""
    decoder = zlib.decompressobj(wbits=31)
    parts = []
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while not decoder.eof and (part := file.read(_BLOCK)):
                parts.append(decoder.decompress(part))
    except (OSError, zlib.error) as error:
        raise ArchiveError(f"'{path}' cannot be read at byte {offset}: {error}.") from error
    return b"".join(parts)


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("jobs-[0-9]*.jsonl.gz"))


def _number(path: Path) -> int:
    return int(path.name.split("-")[1].split(".")[0])


def _index_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".jsonl.gz", ".index"))


def _open(path: Path) -> closing[sqlite3.Connection]:
    """The index of a file; made again when it is not there."""
    index = _index_of(path)
    try:
        if not index.exists():
            _index(path)
        return closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True))
    except (OSError, sqlite3.DatabaseError) as error:
        raise ArchiveError(f"The index '{index}' cannot be opened: {error}.") from error


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
