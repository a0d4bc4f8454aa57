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


_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}
# PCRE2 refuses what compiles to more than 64 kB; this keeps the compiler of `regex` in bounds too.
PATTERN_LIMIT = 20_000
REPEAT_LIMIT = 65_535
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_ESCAPE = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[xo]\{(?P<code>[0-9a-fA-F]*)\}"
    r"|\\g\{?(?P<group>\d+)\}?|\\c(?P<control>[ -~])|\\(?P<property>[pP])(?:\{(?P<kind>\^?\w+)\}|(?P<short>[LN]))"
    r"|\\k[<{'](?P<name>\w+)[>}']|\\(?P<letter>.)",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_POSIX_CLASS = re.compile(r"\[:\^?[a-z]+:\]")
_GROUP_NAME = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_RECURSION = re.compile(r"\(\?(?:R|&|P>|[+-]?\d)")
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
_REWRITTEN_IN_CLASS = {"e": r"\x1b", "h": r"\t ", "v": r"\n\x0b\f\r", "E": "", "b": r"\x08"}
# Letters that mean nothing behind a backslash in PCRE2, or nothing in a class; the engine here knows some of them.
_PROPERTIES = {
    "L": r"A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\xff",
    "Lu": r"A-Z\xc0-\xd6\xd8-\xde",
    "Ll": r"a-z\xb5\xdf-\xf6\xf8-\xff",
    "N": r"0-9\xb2\xb3\xb9\xbc-\xbe",
    "Nd": r"0-9",
}
_CLASS_LETTERS = frozenset("dDsSwWhHvV")
_RANGE = re.compile(r"-([^\]])", re.DOTALL)
_NO_ESCAPE = frozenset("FiIjJlLmMOqTuUyY")
_NO_ESCAPE_IN_CLASS = _NO_ESCAPE | frozenset("BRXN")


def simple_core(pattern: str) -> str | None:
    """The pattern without `.*` at its ends if it is simple, else None."""
    found = _SIMPLE.match(pattern) if pattern.isascii() else None
    if found is None or ("^" in found[1] and pattern[0] != "^") or ("$" in found[1] and pattern[-1] != "$"):
        return None
    return found[1]


class BadPattern(ValueError):
    """What PCRE2 would refuse."""


def _rewrite(pattern: str) -> str:
    """What PCRE and the engine spell differently; what only the engine knows loses its meaning."""
    names = _GROUP_NAME.findall(pattern)
    if len(set(names)) < len(names):
        raise BadPattern("two groups of one name")
    out: list[str] = []
    position = 0
    in_class = False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            found = _ESCAPE.match(pattern, position)
            if found is None:
                raise BadPattern("a backslash at the end")
            out.append(_escape(found, in_class=in_class))
            position = found.end()
            if in_class and found["letter"] in _CLASS_LETTERS and _RANGE.match(pattern, position):
                raise BadPattern("a range from a class of characters")
        elif in_class:
            posix = _POSIX_CLASS.match(pattern, position)
            if posix is not None:
                out.append(posix[0])
                position = posix.end()
                continue
            in_class = character != "]"
            reach = _RANGE.match(pattern, position + 1) if in_class else None
            if reach is not None and reach[1] not in "\\[":
                if reach[1] < character:
                    raise BadPattern("a range that goes down")
                out.append(f"{_in_class(character)}-{_in_class(reach[1])}")
                position += 3
                continue
            out.append(_in_class(character) if in_class else character)
            position += 1
        elif character == "[":
            in_class = True
            opening = re.match(r"\[\^?\]?", pattern[position : position + 3])
            text = opening[0] if opening else "["
            out.append(text.replace("]", "\\]"))
            position += len(text)
        elif character == "{" and not _QUANTIFIER.match(pattern, position):
            out.append("\\{")
            position += 1
        else:
            out.append(character)
            position += 1
    return "".join(out)


def _property(found: re.Match[str], *, in_class: bool) -> str:
    """Properties of characters, of which a byte has those of Latin-1."""
    kind = (found["kind"] or found["short"]).removeprefix("^")
    members = _PROPERTIES.get(kind)
    if members is None:
        raise BadPattern(f"the property {kind}")
    negative = (found["property"] == "P") != (found["kind"] or "").startswith("^")
    if in_class and not negative:
        return members
    if in_class:
        raise BadPattern("what is not a property, inside a class")
    return f"[{'^' if negative else ''}{members}]"


def _in_class(character: str) -> str:
    """Set operations of the engine are plain characters."""
    return "\\" + character if character in "[&|~-" else character


def _escape(found: re.Match[str], *, in_class: bool) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    if found["code"] is not None:
        base = 8 if found[0][1] == "o" else 16
        code = int(found["code"] or "0", base) if len(found["code"]) < 9 else 256
        if code > 255:
            raise BadPattern("a character beyond a byte")
        return f"\\x{code:02x}"
    if found["group"] is not None:
        return f"(?:\\{found['group']})"
    if found["name"] is not None:
        return f"(?P={found['name']})"
    if found["property"] is not None:
        return _property(found, in_class=in_class)
    if found["control"] is not None:
        return f"\\x{ord(found['control'].upper()) ^ 64:02x}"
    letter = found["letter"]
    if letter in (_NO_ESCAPE_IN_CLASS if in_class else _NO_ESCAPE):
        raise BadPattern(f"\\{letter} means nothing")
    return (_REWRITTEN_IN_CLASS if in_class else _REWRITTEN).get(letter, found[0])


class Pattern:
    """A compiled pattern for one kind of text (ASCII text, or bytes)."""

    __slots__ = ("_compiled", "_recursive", "is_text", "plain", "simple")

    def __init__(self, pattern: str, flags: int, *, as_bytes: bool) -> None:
        plain = _PLAIN.match(pattern) if flags == 0 and not as_bytes else None
        # ".*" does not reach over a line end, but a search may start behind it.
        self.plain: str | None = plain[1] if plain else None
        self.is_text = not as_bytes
        # A recursion that finds no end eats memory faster than time.
        self._recursive = _RECURSION.search(pattern) is not None
        core = simple_core(pattern) if flags in (0, regex.IGNORECASE) and not as_bytes else None
        # Plain characters and dots cannot take long: Python's own engine, without a clock, is enough.
        self.simple = re.compile(core, re.ASCII | (re.IGNORECASE if flags else 0)) if core is not None else None
        source = _rewrite(pattern)
        self._compiled: regex.Pattern[str] | regex.Pattern[bytes]
        if as_bytes:
            self._compiled = regex.compile(encode(source), flags | regex.VERSION1)
        else:
            self._compiled = regex.compile(source, flags | regex.ASCII | regex.VERSION1)

    def search(self, text: str, position: int, seconds: float) -> Found | None:
        """The first match from a position on; raises TimeoutError when it takes too long."""
        seconds = min(seconds, 0.05) if self._recursive else seconds
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
