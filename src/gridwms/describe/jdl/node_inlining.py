"""Nodes that are files (`[ File = "b.jdl" ]`): their texts put into the text of the parent, by whoever has the files.

A node's text gets lines of its own, so that each line of the whole is a line of one file, with the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gridwms.classad import ClassAdSyntaxError, Literal, parse_expression
from gridwms.describe.jdl.duplicates import opens
from gridwms.describe.jdl.node_text import lift, split_strings
from gridwms.describe.problem import Problem, Severity

_FILE = re.compile(r"(?:^\[|;)\s*(file\s*=\s*)$", re.IGNORECASE)
_END = re.compile(r"(?:\s|;)+$")


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


def inline_files(text: str, read: Callable[[str], str]) -> Inlined:
    """Put the files of nodes into their places. `read` gives the text of one, or raises Unreadable."""
    if not re.search(r"\bfile\s*=", text, re.IGNORECASE):
        return Inlined(text)
    done: list[str] = []
    problems: list[Problem] = []
    parts = _Parts()
    at = 0
    for node in lift(text).nodes or ():
        found = _file_of(text, node.start, node.end)
        if found is None:
            continue
        start, end, path = found
        try:
            content = read(path)
        except Unreadable as trouble:
            problems.append(_unreadable(text, start, path, str(trouble)))
            continue
        before, after = ("", "") if opens(content) else ("[", "]")
        own = f"{text[at:start]}Description = {before}\n"
        body = _END.sub("", content)
        column = end - text.rfind("\n", 0, end) - 1
        done += [own, body, "\n" + after.rjust(column)]
        parts.own(own)
        parts.file(path, body)
        at = end
    if not done:
        return Inlined(text, problems=tuple(problems))
    done.append(text[at:])
    parts.own("\n" + text[at:])
    return Inlined("".join(done), tuple(parts.found), tuple(problems))


class _Parts:
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

    def file(self, path: str, text: str) -> None:
        """The text of a file; the line break behind it belongs to it."""
        lines = text.count("\n") + 1
        self.found.append(Part(self._line, self._line + lines - 1, path, 1))
        self._line += lines


def _file_of(text: str, start: int, end: int) -> tuple[int, int, str] | None:
    """Where a node says `File = "path"`, and the path; None when it does not."""
    code = ""
    for number, piece in enumerate(split_strings(text[start:end])):
        if number % 2 and piece[0] == '"':
            found = _FILE.search(code) if code.count("[") - code.count("]") == 1 else None
            path = _string(piece) if found else ""
            if found and path:
                return start + found.start(1), start + len(code) + len(piece), path
        code += piece if number % 2 == 0 else " " * len(piece)
    return None


def _string(piece: str) -> str:
    try:
        read = parse_expression(piece)
    except ClassAdSyntaxError:
        return ""
    return read.value if isinstance(read, Literal) and isinstance(read.value, str) else ""


def _unreadable(text: str, start: int, path: str, why: str) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="node_file",
        message=f"File: '{path}' {why}; accepted: the path of a description",
        line=text.count("\n", 0, start) + 1,
        column=start - text.rfind("\n", 0, start),
        attribute="File",
        found=path,
        accepted="the path of a description",
    )
