"""Regular expressions with the meaning of PCRE: a search over bytes, bounded in time.

The engine is the `regex` module; what PCRE writes differently is rewritten first. A pattern that is plain text
between `.*` needs no engine, which is the common case in Requirements.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Union

import regex

from gridwms.classad.text import encode

_PLAIN = re.compile(r"(?:\.\*)*([A-Za-z0-9 _/:@,=%&!<>;~`#'\"-]*)(?:\.\*)*\Z")
_SIMPLE = re.compile(r"(?:\.\*)*(\^?(?:[A-Za-z0-9 _/:@,=%&!<>;~`#'\".-]|\\[.\-/:_])*\$?)(?:\.\*)*\Z")


def simple_core(pattern: str) -> str | None:
    """The pattern without `.*` at its ends if it is simple, else None."""
    found = _SIMPLE.match(pattern) if pattern.isascii() else None
    if found is None or ("^" in found[1] and pattern[0] != "^") or ("$" in found[1] and pattern[-1] != "$"):
        return None
    return found[1]


_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}
# PCRE2 refuses what compiles to more than 64 kB; this keeps the compiler of `regex` in bounds too.
PATTERN_LIMIT = 20_000
REPEAT_LIMIT = 65_535
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_TOKEN = re.compile(r"\\Q(.*?)(?:\\E|\Z)|\\x\{([0-9a-fA-F]*)\}|\\(.)|(\[\^?\]?)|(\])|\(\?P?<", re.DOTALL)
_REWRITTEN = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "e": r"\x1b",
    "N": r"[^\n]",
    "h": r"[\t ]",
    "H": r"[^\t ]",
    "v": r"[\n\x0b\f\r]",
    "V": r"[^\n\x0b\f\r]",
    "R": r"(?>\r\n|\n|\x0b|\f|\r)",
    "E": "",
}
_REWRITTEN_IN_CLASS = {"e": r"\x1b", "h": r"\t ", "v": r"\n\x0b\f\r", "E": "", "R": "R", "N": "N"}


def _rewrite(pattern: str) -> str:
    """What PCRE and the engine spell differently."""
    in_class = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal in_class
        if match[1] is not None:
            return re.escape(match[1])
        if match[2] is not None:
            code = int(match[2] or "0", 16)
            return f"\\x{code:02x}" if code < 256 else r"(?!)"
        if match[3] is not None:
            table = _REWRITTEN_IN_CLASS if in_class else _REWRITTEN
            return table.get(match[3], match[0])
        if match[4] is not None:
            if in_class:
                return match[0]
            in_class = True
            return match[0]
        if match[5] is not None:
            in_class = False
        return match[0]

    return _TOKEN.sub(replacement, pattern)


class Pattern:
    """A compiled pattern for one kind of text (ASCII text, or bytes)."""

    __slots__ = ("_compiled", "is_text", "plain", "simple")

    def __init__(self, pattern: str, flags: int, *, as_bytes: bool) -> None:
        plain = _PLAIN.match(pattern) if flags == 0 and not as_bytes else None
        # ".*" does not reach over a line end, but a search may start behind it.
        self.plain: str | None = plain[1] if plain else None
        self.is_text = not as_bytes
        core = simple_core(pattern) if flags in (0, regex.IGNORECASE) and not as_bytes else None
        # Plain characters and dots cannot take long: Python's own engine, without a clock, is enough.
        self.simple = re.compile(core, re.ASCII | (re.IGNORECASE if flags else 0)) if core is not None else None
        source = _rewrite(pattern)
        self._compiled: regex.Pattern[str] | regex.Pattern[bytes]
        if as_bytes:
            self._compiled = regex.compile(encode(source), flags | regex.VERSION0)
        else:
            self._compiled = regex.compile(source, flags | regex.ASCII | regex.VERSION0)

    def search(self, text: str, position: int, seconds: float) -> Found | None:
        """The first match from a position on; raises TimeoutError when it takes too long."""
        subject: str | bytes = text if self.is_text else encode(text)
        return self._compiled.search(subject, position, timeout=seconds)  # type: ignore[arg-type]


Found = Union["regex.Match[str]", "regex.Match[bytes]"]


@lru_cache(maxsize=2048)
def compiled(pattern: str, options: str, as_bytes: bool) -> Pattern | None:
    """The compiled pattern, or None if it is none."""
    if len(pattern) > PATTERN_LIMIT:
        return None
    repeats = 1
    for repeat in _REPEAT.finditer(pattern):
        count = max(int(repeat[1][:9]), int((repeat[2] or "0")[:9]))
        if count > REPEAT_LIMIT:
            return None
        repeats *= max(count, 1)
    if repeats > 5_000_000:
        return None
    flags = 0
    for letter in options:
        flags |= _FLAGS.get(letter, 0)
    try:
        return Pattern(pattern, flags, as_bytes=as_bytes)
    except (regex.error, RecursionError, OverflowError, ValueError, IndexError):
        return None
