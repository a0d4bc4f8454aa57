"""A catalogue in a file, TOML or JSON: for a laptop, a site without a catalogue service, and tests.

It is read anew when it has changed. Files are registered in JSON only: TOML is a person's, with comments to keep.
"""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any

from gridwms.catalogue.contract import KINDS, CatalogueError, File, Found, Replica, Written, conditions_of, kind_of

_KNOWN = frozenset({"lfn", "guid", "replicas", "sets", "metadata", "size", "checksum"})


@dataclass(frozen=True, slots=True)
class _Entry:
    file: File
    guid: str
    sets: tuple[str, ...]
    metadata: Mapping[str, str]


@dataclass(slots=True)
class _Content:
    stamp: tuple[int, ...] = ()
    entries: list[_Entry] = field(default_factory=list)
    by_name: dict[str, list[_Entry]] = field(default_factory=dict)


class FileCatalogue:
    """`*.toml` with tables `[[file]]`, or `*.json` with a list `file` of the same."""

    kinds = frozenset(KINDS)

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._content = _Content()
        self._reading = Lock()

    @property
    def registers(self) -> bool:
        return self._path.suffix == ".json"

    def find(self, names: Sequence[str]) -> Found:
        content = self._read()
        return {name: self._found(name, content) for name in names}

    def _found(self, name: str, content: _Content) -> tuple[File, ...]:
        if kind_of(name) != "query":
            return tuple(entry.file for entry in content.by_name.get(name, ()))
        try:
            wanted = conditions_of(name)
        except ValueError:
            return ()
        return tuple(entry.file for entry in content.entries if _meets(entry, wanted))

    def _read(self) -> _Content:
        with self._reading:
            try:
                state = self._path.stat()
                stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
                if stamp != self._content.stamp:
                    self._content = _indexed(_entries(self._load(), self._path), stamp)
            except OSError as trouble:
                raise CatalogueError(f"cannot read {self._path}: {trouble.strerror or trouble}") from trouble
            return self._content

    def _load(self) -> Any:
        data = self._path.read_bytes()
        try:
            return json.loads(data) if self.registers else tomllib.loads(data.decode())
        except (ValueError, RecursionError) as trouble:
            raise CatalogueError(f"{self._path}: {trouble}") from trouble

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        if not self.registers:
            raise CatalogueError(f"{self._path} is kept by hand; files are registered in a .json catalogue only")
        refused = {one.name: "only logical names, lfn:..., can be registered" for one in files if not _is_lfn(one)}
        try:
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                document = self._load()
                tables = {table["lfn"]: table for _entry, table in _pairs(document, self._path) if "lfn" in table}
                for one in files:
                    if one.name not in refused:
                        _note(document["file"], tables, one)
                self._write(document)
        except OSError as trouble:
            raise CatalogueError(f"cannot write {self._path}: {trouble.strerror or trouble}") from trouble
        return refused

    def _write(self, document: Any) -> None:
        """Whole or not at all: readers see the old content or the new one."""
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as new:
            json.dump(document, new, indent=1)
            new.flush()
            os.fsync(new.fileno())
        beside.replace(self._path)

    def close(self) -> None:
        """Nothing is open."""


def _is_lfn(one: Written) -> bool:
    return kind_of(one.name) == "lfn"


def _note(tables: list[dict[str, Any]], by_lfn: dict[str, dict[str, Any]], one: Written) -> None:
    lfn = one.name.removeprefix("lfn:")
    table = by_lfn.get(lfn)
    if table is None:
        table = by_lfn[lfn] = {"lfn": lfn, "replicas": []}
        tables.append(table)
        extra = {"size": one.size, "checksum": one.checksum or None}
        table |= {key: value for key, value in extra.items() if value is not None}
    if one.url not in table["replicas"]:
        table["replicas"].append(one.url)


def _entries(document: Any, path: Path) -> list[_Entry]:
    return [entry for entry, _table in _pairs(document, path)]


def _pairs(document: Any, path: Path) -> list[tuple[_Entry, dict[str, Any]]]:
    """What each table of the file says, and the table. Raises CatalogueError."""
    tables = document.get("file") if isinstance(document, dict) else None
    if not isinstance(tables, list) or len(document) != 1:
        raise CatalogueError(f"{path}: accepted is a list 'file' of tables, and nothing else")
    return [(_entry(table, f"{path}: file {number}"), table) for number, table in enumerate(tables, 1)]


def _entry(table: Any, where: str) -> _Entry:
    if not isinstance(table, dict):
        raise CatalogueError(f"{where} is no table")
    unknown = sorted(table.keys() - _KNOWN)
    if unknown:
        raise CatalogueError(f"{where}: '{unknown[0]}' is not known; accepted: {', '.join(sorted(_KNOWN))}")
    lfn, guid = table.get("lfn", ""), table.get("guid", "")
    if not isinstance(lfn, str) or not isinstance(guid, str) or not (lfn or guid):
        raise CatalogueError(f"{where} has neither an lfn nor a guid")
    metadata = table.get("metadata", {})
    if not isinstance(metadata, dict):
        raise CatalogueError(f"{where}: metadata is no table")
    replicas = tuple(Replica(url) for url in _texts(table, "replicas", where))
    return _Entry(
        file=File(f"lfn:{lfn}" if lfn else f"guid:{guid}", replicas),
        guid=guid,
        sets=_texts(table, "sets", where),
        metadata={"name": lfn} | {key: _plain(value) for key, value in metadata.items()},
    )


def _texts(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise CatalogueError(f"{where}: {key} is no list of texts")
    return tuple(value)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meets(entry: _Entry, wanted: Mapping[str, str]) -> bool:
    """Whether all conditions hold; a value may have the wildcards `*` and `?`."""
    compare: Callable[[str, str], bool] = fnmatchcase
    return all(key in entry.metadata and compare(entry.metadata[key], value) for key, value in wanted.items())


def _indexed(entries: list[_Entry], stamp: tuple[int, ...]) -> _Content:
    content = _Content(stamp, entries)
    for entry in entries:
        names = {entry.file.name, *(f"lds:{one}" for one in entry.sets)}
        if entry.guid:
            names.add(f"guid:{entry.guid}")
        for name in names:
            content.by_name.setdefault(name, []).append(entry)
    return content
