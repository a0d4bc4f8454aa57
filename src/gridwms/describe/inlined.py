"""A text with other texts put into it, and where each of its lines comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gridwms.describe.problem import Problem


class Unreadable(Exception):
    """A node file cannot be read; the text says why."""


class Part(NamedTuple):
    """Lines `first` to `last` of the whole are those of `file` ("" for the parent's) from line `begins` on."""

    first: int
    last: int
    file: str
    begins: int


@dataclass(frozen=True, slots=True)
class Inlined:
    """A text with the files in it, and where its lines come from. `problems`: files that could not be read."""

    text: str
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()

    def origin(self, line: int) -> tuple[str, int]:
        """The file ("" for the parent's own) and the line there."""
        for part in self.parts:
            if part.first <= line <= part.last:
                return part.file, line - part.first + part.begins
        return "", line


class Parts:
    """Counts lines: of the whole, and of the parent's own text."""

    def __init__(self) -> None:
        self.found: list[Part] = []
        self._line = 1
        self._own = 1

    def own(self, text: str) -> None:
        """The parent's text up to a file, the line break before it (which is not the parent's) included."""
        lines = text.count("\n")
        self.found.append(Part(self._line, self._line + lines - 1, "", self._own))
        self._line += lines
        self._own += lines - 1

    def go_on(self, line: int) -> None:
        """The next piece of the parent's text begins with this line of it."""
        self._own = line

    def file(self, path: str, text: str) -> None:
        """The text of a file; the line break behind it belongs to it."""
        lines = text.count("\n") + 1
        self.found.append(Part(self._line, self._line + lines - 1, path, 1))
        self._line += lines
