"""What an invented site keeps on disk: a line for what is noted at one time, so that it finds its attempts again.

A line is a list of groups `[kind, shared, [[tag, own...]...]]`: the fact of each of them is its tag, then what all of
the group share, then what is its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

Fact = list[Any]
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Journal:
    """Facts, gathered and written by `flush` in one go. Without a path they are thrown away."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._groups: list[tuple[str, tuple[Any, ...], list[tuple[Any, ...]]]] = []
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def read(self) -> Iterator[Fact]:
        """All facts so far, without lines that a crash cut off: those were told to nobody, or a power cut took them."""
        if self._path is None:
            return
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                groups: list[Any] = []
                with suppress(ValueError):
                    groups = json.loads(line if line.endswith("\n") else "")
                for kind, shared, those in groups:
                    for tag, *own in those:
                        yield [kind, tag, *shared, *own]

    def add(self, kind: str, tag: str, *shared: Any, own: tuple[Any, ...] = ()) -> None:
        """Note a fact. Those that follow each other and share what they say are one group."""
        if self._file is None:
            return
        if self._groups:
            last = self._groups[-1]
            if last[0] == kind and last[1] == shared:
                last[2].append((tag, *own))
                return
        self._groups.append((kind, shared, [(tag, *own)]))

    def rewrite(self, facts: list[Fact]) -> None:
        """Replace all facts by these, whole or not at all."""
        if self._path is None or self._file is None:
            return
        new = self._path.with_suffix(".new")
        new.write_text("".join(_encode([[kind, rest, [[tag]]]]) + "\n" for kind, tag, *rest in facts), "utf-8")
        self._file.close()
        new.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def flush(self) -> None:
        """Write what was noted."""
        if self._groups and self._file is not None:
            self._file.write(_encode(self._groups) + "\n")
            self._file.flush()
            self._groups.clear()

    def close(self) -> None:
        """Write and let go of the file."""
        self.flush()
        if self._file is not None:
            self._file.close()
