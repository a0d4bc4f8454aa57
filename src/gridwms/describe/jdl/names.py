"""Rules for names of sandbox files (gLite reference §1.2; control characters are our own rule).

Spaces, quotes and `$(...)` are legal in a name and mean themselves: nothing on the way to the worker node is ever
read by a shell.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 255
"""Bytes in the name of a file, as on every Linux file system."""

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")
_ESCAPED = re.compile(r"\[([*?\[])\]")
_WILDCARD = re.compile(r"[*?]|\[[^\]]+\]")


def control_trouble(text: str) -> str:
    """A sentence when the text holds a control character or a byte that is not UTF-8, else nothing."""
    if text.isascii() and text.isprintable():
        return ""
    for character in text:
        if unicodedata.category(character) == "Cs":
            return "contains a byte that is not UTF-8"
        if unicodedata.category(character) == "Cc":
            kind = {"\n": "a newline", "\t": "a tab", "\r": "a carriage return"}.get(character)
            return f"contains {kind or f'the control character U+{ord(character):04X}'}"
    return ""


def leaf_trouble(name: str) -> str:
    """A sentence when `name` cannot be the name of a file in the job's directory, else nothing."""
    if not name:
        return "names no file"
    if name in (".", ".."):
        return "names a directory"
    if "/" in name:
        return "contains a path separator"
    if len(name.encode("utf-8", "replace")) > LONGEST:
        return f"is longer than {LONGEST} bytes"
    return control_trouble(name)


def leaf(path: str) -> str:
    """The last part of a path: what the file is called on the worker node. Windows paths end at either slash."""
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    return path.rsplit("/", 1)[-1]


def has_wildcard(path: str) -> bool:
    """Whether a shell would expand it. `[*]`, `[?]` and `[[]` mean those characters and are no wildcards."""
    return _WILDCARD.search(_ESCAPED.sub("", path)) is not None


def literal(path: str) -> str:
    """The path itself, with `[*]`, `[?]` and `[[]` taken back to the characters they stand for."""
    return _ESCAPED.sub(r"\1", path)


def escape(path: str) -> str:
    """The opposite of `literal`."""
    return re.sub(r"([*?\[])", r"[\1]", path)
