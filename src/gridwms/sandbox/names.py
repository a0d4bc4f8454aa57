"""Names of sandbox files. Any text that a POSIX file system takes as one name, and that cannot break a line."""

from __future__ import annotations

import unicodedata

from gridwms.sandbox.errors import BadName

MAX_BYTES = 255
TEMPORARY = ".part-"
"""Begins the names of unfinished files; no sandbox file may have such a name."""


def check_name(name: str) -> str:
    """`name` itself when it is safe; raises BadName with the reason.

    Safe: one path segment, not empty, not `.` or `..`, no `/`, NUL, control or line separating character, valid
    UTF-8 of at most 255 bytes. Quotes, blanks, `$(...)` and the like are allowed: nothing here gives them a meaning.
    """
    reason = _reason(name)
    if reason:
        shown = ascii(name if len(name) <= 40 else f"{name[:40]}...")
        raise BadName(f"A sandbox file cannot be called {shown}: {reason}.", "Rename the file.")
    return name


def _reason(name: str) -> str:
    if name in ("", ".", ".."):
        return "that names no file"
    if "/" in name:
        return "it is a path, and only a plain name is accepted"
    if name.startswith(TEMPORARY):
        return f"names beginning with '{TEMPORARY}' are for unfinished files"
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid text"
    if size > MAX_BYTES:
        return f"it is {size} bytes long, and {MAX_BYTES} are allowed"
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        return "it holds a control character"
    return ""
