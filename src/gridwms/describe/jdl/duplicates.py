"""Attributes that a text sets more than once: the last counts, as in every ClassAd, and the user is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gridwms.describe.jdl.draft import Draft

_PIECE = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*'
    r"|(?P<name>[A-Za-z_]\w*|'(?:[^'\\]|\\.)*')\s*=(?![=?!])"
    r"|(?P<open>[\[{(])|(?P<close>[\]})])|\s++|\w++",
    re.DOTALL | re.MULTILINE,
)
"""The last two only step over what is of no interest, of which there may be megabytes."""


def check_duplicates(draft: Draft, text: str) -> None:
    """Warn of each attribute of the outermost ad that is set again. For texts without syntax errors."""
    first: dict[str, int] = {}
    told: set[str] = set()
    for name, offset in _names(text):
        folded = name.lower()
        if folded not in first:
            first[folded] = offset
        elif folded not in told and name in draft.ad:
            told.add(folded)
            line, column = draft.place(name)
            draft.warning(
                "duplicate",
                name,
                f"is set more than once, first in {_place(text, first[folded])}; the last one, "
                f"in line {line}, column {column}, is taken",
                found=name,
            )


def _place(text: str, offset: int) -> str:
    return f"line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset)}"


def _names(text: str) -> Iterator[tuple[str, int]]:
    """The names set in the outermost ad, whose brackets may be missing."""
    outer = 1 if opens(text) else 0
    depth = 0
    for piece in _PIECE.finditer(text):
        if piece["open"]:
            depth += 1
        elif piece["close"]:
            depth -= 1
        elif piece["name"] and depth == outer:
            yield piece["name"].strip("'"), piece.start("name")


def opens(text: str) -> bool:
    """Whether the first thing in the text, comments apart, is a bracket."""
    return re.match(r"(?:\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)*\[", text, re.DOTALL) is not None
