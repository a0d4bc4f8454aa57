"""What an invented site keeps on disk: a line for what is noted at one time, so that it finds its attempts again."""

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
        self._facts: list[tuple[Any, ...]] = []
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def read(self) -> Iterator[Fact]:
        """All facts so far, without lines that a crash cut off: those were told to nobody, or a power cut took them."""
        if self._path is None:
            return
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(ValueError):
                    yield from json.loads(line if line.endswith("\n") else "")

    def add(self, *fact: Any) -> None:
        """Note a fact."""
        if self._file is not None:
            self._facts.append(fact)

    def rewrite(self, facts: list[Fact]) -> None:
        """Replace all facts by these, whole or not at all."""
        if self._path is None or self._file is None:
            return
        new = self._path.with_suffix(".new")
        new.write_text("".join(_encode([fact]) + "\n" for fact in facts), "utf-8")
        self._file.close()
        new.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def flush(self) -> None:
        """Write what was noted."""
        if self._facts and self._file is not None:
            self._file.write(_encode(self._facts) + "\n")
            self._file.flush()
            self._facts.clear()

    def close(self) -> None:
        """Write and let go of the file."""
        self.flush()
        if self._file is not None:
            self._file.close()
