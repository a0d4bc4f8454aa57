"""Bytes to text, before any parsing: size, encoding and characters that may never occur."""

from __future__ import annotations

import re
from itertools import islice

from gridwms.describe.problem import Problem, Severity

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\w+|[^\w\s]', re.DOTALL)
_BYTE_ORDER_MARK = "\ufeff"


def decode(raw: bytes | str, max_bytes: int) -> tuple[str, Problem | None]:
    """The text, or what is wrong with it. Never looks at the whole of a text that is too long."""
    size = len(raw)
    if size > max_bytes:
        return "", _too_large(raw, max_bytes)
    if isinstance(raw, bytes):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as bad:
            before = raw[: bad.start].decode("utf-8", "replace")
            return "", _at(
                before,
                "encoding",
                f"byte {bad.start} (0x{raw[bad.start]:02x}) is not UTF-8; accepted: text in UTF-8",
                found=f"0x{raw[bad.start]:02x}",
                accepted="text in UTF-8",
            )
    else:
        text = raw
        broken = re.search("[\ud800-\udfff]", text)
        if broken:
            return "", _at(
                text[: broken.start()],
                "encoding",
                "half of a surrogate pair stands here; accepted: text that can be written as UTF-8",
                found=f"U+{ord(broken[0]):04X}",
                accepted="text that can be written as UTF-8",
            )
        if size * 4 > max_bytes and len(text.encode()) > max_bytes:
            return "", _too_large(text.encode(), max_bytes)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    nul = text.find("\0")
    if nul >= 0:
        return "", _at(
            text[:nul],
            "nul",
            f"a NUL byte stands here ({text.count(chr(0))} in all); accepted: text without NUL bytes",
            found="NUL",
            accepted="text without NUL bytes",
        )
    return text, None


def has_too_many_tokens(text: str, limit: int) -> bool:
    """Whether there are more than `limit` words, numbers, strings and signs: parsing takes its time for each."""
    if len(text) - sum(map(text.count, " \t\n")) <= limit:
        return False  # each has a character at least
    return next(islice(_TOKEN.finditer(text), limit, None), None) is not None


def _at(before: str, code: str, message: str, *, found: str, accepted: str) -> Problem:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Problem(
        severity=Severity.ERROR,
        code=code,
        message=message,
        line=line,
        column=column,
        found=found,
        accepted=accepted,
    )


def _too_large(raw: bytes | str, max_bytes: int) -> Problem:
    start, length, line = _longest_line(raw)
    head = raw[start : start + 200]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    assignment = _ASSIGNMENT.match(text.lstrip("[; \t"))
    attribute = assignment[1] if assignment and length * 2 > len(raw) else ""
    most = f", most of it in {attribute}" if attribute else ""
    unit = "bytes" if isinstance(raw, bytes) else "characters"
    accepted = f"at most {max_bytes:,} bytes; put data into files of InputSandbox"
    return Problem(
        severity=Severity.ERROR,
        code="too_large",
        message=f"the text has {len(raw):,} {unit}{most}; accepted: {accepted}",
        line=line if attribute else 0,
        column=1 if attribute else 0,
        attribute=attribute,
        found=f"{len(raw):,} {unit}",
        accepted=accepted,
    )


def _longest_line(raw: bytes | str) -> tuple[int, int, int]:
    """Start, length and number of the longest of the first 10,000 lines, without copying any."""
    best, start = (0, 0, 1), 0
    for number in range(1, 10_001):
        end = raw.find(b"\n", start) if isinstance(raw, bytes) else raw.find("\n", start)
        stop = len(raw) if end < 0 else end
        if stop - start > best[1]:
            best = (start, stop - start, number)
        if end < 0:
            break
        start = end + 1
    return best
