"""A disk that may lose, at a power cut, whatever nobody has waited for.

What a file held when it was last synced is there. Of what was written since, any part may be there: whole writes, some
of their sectors, or none, in any order; the same for the names in a directory, which are there for sure only when the
directory itself was synced. That is what POSIX promises, and less than any file system in use keeps.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.power_cut.recording import Incomplete, Kind, Operation

_SECTOR = 512


@dataclass(eq=False, slots=True)
class _Change:
    """To a file: bytes at an offset, or (`data` None) a new size."""

    offset: int
    data: bytes | None


@dataclass(eq=False, slots=True)
class _File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[_Change] = field(default_factory=list)
    size: int = 0


@dataclass(eq=False, slots=True)
class _Folder:
    now: dict[str, _Node] = field(default_factory=dict)
    synced: dict[str, _Node] = field(default_factory=dict)


_Node = _File | _Folder


@dataclass(eq=False, slots=True)
class _Naming:
    """Names that appear or go together (a rename is one)."""

    changes: list[tuple[_Folder, str, _Node | None]]


class Disk:
    """The directory `root`, empty and on disk at first, and what is done below it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = _Folder()
        self._namings: list[_Naming] = []
        self._syncs: dict[int, tuple[_Node, list[_Change] | list[_Naming]]] = {}

    def do(self, operation: Operation) -> None:
        """One operation of the recording, when it has returned."""
        path = operation.path
        match operation.kind:
            case Kind.OPEN:
                self._open(path, operation.size == 0)
            case Kind.MKDIR:
                self._name(path, _Folder())
            case Kind.WRITE:
                self._write(operation)
            case Kind.TRUNCATE:
                _change(self._file(path), operation.size, None)
            case Kind.RENAME | Kind.LINK:
                self._rename(path, operation.other, keep=operation.kind is Kind.LINK)
            case Kind.UNLINK:
                self._name(path, None)
            case Kind.SYNC_BEGINS:
                node = self._find(path)
                if isinstance(node, _Folder):
                    touching = [n for n in self._namings if any(folder is node for folder, _, _ in n.changes)]
                    self._syncs[operation.call] = (node, touching)
                elif node is not None:
                    self._syncs[operation.call] = (node, list(node.pending))
            case Kind.SYNC_ENDS:
                self._sync(operation.call)
            case Kind.COPY:
                target = self._file(operation.other)
                copied = _survived(self._file(path), random.Random(0), 1.0)[target.size :][: operation.size]
                _change(target, target.size, copied)
            case Kind.UNKNOWN:
                raise Incomplete(f"{operation.data.decode()} on {path}")
            case Kind.SEND:
                pass

    def _open(self, path: str, emptied: bool) -> None:
        node = self._find(path)
        if node is None:
            self._name(path, node := _File())
        if emptied and isinstance(node, _File) and node.size:
            _change(node, 0, None)

    def _write(self, operation: Operation) -> None:
        file = self._file(operation.path)
        _change(file, file.size if operation.size == -1 else operation.size, operation.data)

    def _rename(self, old: str, new: str, *, keep: bool) -> None:
        node = self._find(old)
        if node is None:
            raise Incomplete(f"{old} was renamed and never made")
        changes: list[tuple[_Folder, str, _Node | None]] = [(*self._place(new), node)]
        if not keep:
            changes.append((*self._place(old), None))
        self._happen(_Naming(changes))

    def _name(self, path: str, node: _Node | None) -> None:
        self._happen(_Naming([(*self._place(path), node)]))

    def _happen(self, naming: _Naming) -> None:
        for folder, name, node in naming.changes:
            _enter(folder.now, name, node)
        self._namings.append(naming)

    def _sync(self, call: int) -> None:
        if call not in self._syncs:
            return
        node, noted = self._syncs.pop(call)
        if isinstance(node, _File):
            for change in noted:
                if change in node.pending:
                    node.pending.remove(change)  # type: ignore[arg-type]
                    _apply(node.synced, change)  # type: ignore[arg-type]
            return
        for naming in noted:
            if naming in self._namings:
                self._namings.remove(naming)  # type: ignore[arg-type]
                for folder, name, named in naming.changes:  # type: ignore[union-attr]
                    _enter(folder.synced, name, named)

    def _place(self, path: str) -> tuple[_Folder, str]:
        parent, name = os.path.split(path)
        folder = self._find(parent)
        if folder is None:  # made by a relative path, which the recording leaves out
            self._name(parent, folder := _Folder())
        assert isinstance(folder, _Folder), path
        return folder, name

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._top
        for step in Path(path).relative_to(self._root).parts:
            if not isinstance(node, _Folder):
                return None
            node = node.now.get(step)
        return node

    def _file(self, path: str) -> _File:
        node = self._find(path)
        if not isinstance(node, _File):
            raise Incomplete(f"{path} was written and never made")
        return node

    # what is left

    def cut(self, target: Path, rng: random.Random, luck: float | None = None) -> None:
        """Write into `target` what may be left when the power goes now. `luck`: of what nobody waited for, the part
        that is kept; by chance when not given."""
        luck = rng.choice((0.0, 0.0, 0.2, 0.5, 0.8, 1.0)) if luck is None else luck
        if rng.random() < 0.5:  # names in the order in which they were given, as journals have it
            kept = self._namings[: round(luck * len(self._namings))]
        else:
            kept = [naming for naming in self._namings if rng.random() < luck]
        self._lay_out(target, kept, lambda file: _survived(file, rng, luck))

    def everything(self, target: Path) -> None:
        """Write into `target` what the programs saw."""
        self._lay_out(target, self._namings, lambda file: _survived(file, random.Random(0), 1.0))

    def _lay_out(self, target: Path, kept: list[_Naming], content: Callable[[_File], bytes]) -> None:
        names: dict[int, dict[str, _Node]] = {}
        for naming in kept:
            for folder, name, node in naming.changes:
                _enter(names.setdefault(id(folder), dict(folder.synced)), name, node)
        _write_folder(target, self._top, names, content)


def _write_folder(
    target: Path, folder: _Folder, names: dict[int, dict[str, _Node]], content: Callable[[_File], bytes]
) -> None:
    target.mkdir(mode=0o700)
    for name, node in names.get(id(folder), folder.synced).items():
        if isinstance(node, _Folder):
            _write_folder(target / name, node, names, content)
        else:
            handle = os.open(target / name, os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(handle, content(node))
            os.close(handle)


def _enter(names: dict[str, _Node], name: str, node: _Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _change(file: _File, offset: int, data: bytes | None) -> None:
    file.pending.append(_Change(offset, data))
    file.size = offset if data is None else max(file.size, offset + len(data))


def _apply(content: bytearray, change: _Change) -> None:
    if change.data is None:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset + len(change.data) - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _survived(file: _File, rng: random.Random, luck: float) -> bytes:
    content = bytearray(file.synced)
    for change in file.pending:
        if rng.random() < luck:
            _apply(content, change)
        elif change.data is not None and luck and rng.random() < 0.5:
            for part in _sectors(change):
                if rng.random() < 0.5:
                    _apply(content, part)
    return bytes(content)


def _sectors(change: _Change) -> list[_Change]:
    assert change.data is not None
    parts, at = [], 0
    while at < len(change.data):
        end = at + _SECTOR - (change.offset + at) % _SECTOR
        parts.append(_Change(change.offset + at, change.data[at:end]))
        at = end
    return parts
