"""JDL hands Arguments to a shell, other dialects have exact words: from one to the other where both mean the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

_ACTIVE = frozenset("$`*?[]{}~;|&<>()#!\n")
"""What a shell does not leave alone outside of quotes (some only at some places: better too careful)."""

_PIECE = re.compile(
    r"""(?P<blank>[ \t]+)|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<plain>[^ \t'"\\]+)""",
    re.DOTALL,
)


def join_words(words: Iterable[str]) -> str:
    """A line that a shell splits into exactly these words."""
    return shlex.join(words)


def split_words(line: str) -> tuple[str, ...] | None:
    """The words into which a shell splits the line; None when it would do more (variables, patterns, pipes)."""
    words: list[str] = []
    word: str | None = None
    position = 0
    while position < len(line):
        piece = _PIECE.match(line, position)
        if piece is None:
            return None
        position = piece.end()
        if piece["blank"] is not None:
            if word is not None:
                words.append(word)
            word = None
            continue
        text = _meaning(piece)
        if text is None:
            return None
        word = (word or "") + text
    if word is not None:
        words.append(word)
    return tuple(words)


def _meaning(piece: re.Match[str]) -> str | None:
    if piece["single"] is not None:
        return piece["single"]
    if piece["double"] is not None:
        text = piece["double"]
        if re.search(r"(?<!\\)(?:\\\\)*[$`]", text):
            return None
        return re.sub(r'\\([$`"\\\n])', lambda escape: "" if escape[1] == "\n" else escape[1], text)
    if piece["escaped"] is not None:
        return None if piece["escaped"] == "\n" else piece["escaped"]
    return None if _ACTIVE & set(piece["plain"]) else piece["plain"]


def can_be_parameters(values: Sequence[str]) -> bool:
    """Whether values can take the place of a placeholder in words that have been joined: the shell takes each for a
    part of a word as it is, and no two are equal.
    """
    return len(set(values)) == len(values) and all(value and shlex.quote(value) == value for value in values)
