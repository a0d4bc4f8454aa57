"""Findings in descriptions, with the line they are about."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from gridwms.cli import say
from gridwms.client.answers import Problem

_WIDE = 100
_LONGEST = 400
_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def show(name: str, text: bytes, problems: Sequence[Problem], files: Mapping[str, bytes] = _NO_FILES) -> None:
    """Print findings to stderr, errors first, each with its line and a mark under the place.

    `files`: the texts of node files, by the names that problems in them have.
    """
    texts = {"": text.decode("utf-8", "replace").splitlines()}
    texts |= {file: content.decode("utf-8", "replace").splitlines() for file, content in files.items()}
    for problem in sorted(problems, key=lambda each: (not each.is_error, each.file, each.line, each.column)):
        kind = say.paint(f"{problem.severity}:", "bad" if problem.is_error else "warn", sys.stderr)
        place = f":{problem.line}:{problem.column}" if problem.line else ""
        say.note(f"{say.clean(problem.file or name)}{place}: {kind} {_short(say.clean(problem.message))}")
        lines = texts.get(problem.file, [])
        if 0 < problem.line <= len(lines):
            _excerpt(lines[problem.line - 1], problem.line, max(problem.column, 1))


def _short(text: str) -> str:
    """A message may quote what stands in the description, however long that is."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 60]} … {text[-50:]}"


def _excerpt(line: str, number: int, column: int) -> None:
    first = max(0, column - _WIDE // 2) if len(line) > _WIDE else 0
    part = say.clean(line[first : first + _WIDE].replace("\t", " "))
    say.note(say.paint(f"{number:6} | ", "soft", sys.stderr) + part)
    say.note(" " * 7 + say.paint("| ", "soft", sys.stderr) + " " * (column - 1 - first) + "^")
