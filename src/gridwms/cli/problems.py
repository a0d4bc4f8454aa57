"""Findings in descriptions, with the line they are about."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gridwms.cli import say
from gridwms.client.answers import Problem

_WIDE = 100
_LONGEST = 400


def show(name: str, text: bytes, problems: Sequence[Problem]) -> None:
    """Print findings to stderr, errors first, each with its line and a mark under the place."""
    lines = text.decode("utf-8", "replace").splitlines()
    for problem in sorted(problems, key=lambda each: (not each.is_error, each.line, each.column)):
        kind = say.paint(f"{problem.severity}:", "bad" if problem.is_error else "warn", sys.stderr)
        place = f":{problem.line}:{problem.column}" if problem.line else ""
        say.note(f"{say.clean(name)}{place}: {kind} {_short(say.clean(problem.message))}")
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
