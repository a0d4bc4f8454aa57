"""Sizes, time spans and moments as people write them: always with their unit, so that nobody has to guess it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

MIB = 1 << 20
_UNITS = {
    **{unit: 1000**power for power, unit in enumerate(("b", "kb", "mb", "gb", "tb"))},
    **{unit: 1024**power for power, unit in enumerate(("b", "kib", "mib", "gib", "tib"))},
    **{unit: 1024**power for power, unit in enumerate(("b", "k", "m", "g", "t"))},
}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([A-Za-z]{1,3})", re.ASCII)
_PARTS = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)[ ,]*", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

SIZE = "a size with its unit, such as 512 MiB or 2 GB"
SPAN = "a time span with its unit, such as 90 s, 2h 30m, 3 days or 36:00:00"
MOMENT = "a moment with its zone, such as 2031-01-31T12:00:00Z, or seconds since 1970"


def mebibytes(text: str) -> int | None:
    """A size in MiB, rounded up; None when it is none."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].lower() not in _UNITS:
        return None
    return max(1, -(-int(float(found[1]) * _UNITS[found[2].lower()]) // MIB))


def seconds(text: str) -> int | None:
    """A time span in seconds, rounded up; None when it is none."""
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    total, position = 0.0, 0
    while position < len(text):
        part = _PARTS.match(text, position)
        if part is None:
            return None
        total += float(part[1]) * _SECONDS[part[2][0]]
        position = part.end()
    return -int(-total // 1) if position and total else None


def epoch(value: object) -> int | None:
    """Seconds since 1970 of a number, a moment, or its ISO 8601 text; None when the zone is missing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return int(value.timestamp())
    return None


def span_text(count: int) -> str:
    """A time span in the largest unit that it is whole in."""
    for unit, size in _SECONDS.items():
        if count and count % size == 0:
            return f"{count // size}{unit}"
    return f"{count}s"


def moment_text(count: int) -> str | int:
    """A moment as ISO 8601 in UTC; the number itself when no calendar reaches it."""
    try:
        return datetime.fromtimestamp(count, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if count < 1 << 37 else count
    except (ValueError, OverflowError, OSError):
        return count
