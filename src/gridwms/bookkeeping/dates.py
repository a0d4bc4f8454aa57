"""Dates of ULM lines, `YYYYMMDDhhmmss.uuuuuu` in UTC, and microseconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_DATE = re.compile(r"([0-9]{8})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,6}))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
LAST = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()) * 1_000_000 + 999_999
"""The last moment that can be written."""


class BadDate(Exception):
    """The text is no date of a ULM line, or the number no moment that can be written as one."""


@lru_cache(maxsize=4096)
def _seconds_of_day(text: str) -> int:
    return (date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal() - _EPOCH_DAY) * 86400


def parse_date(text: str) -> int:
    """Microseconds since the epoch. Raises BadDate for what is no date, or lies before 1970."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise BadDate(f"'{text[:40]}' is not a date of the form YYYYMMDDhhmmss.uuuuuu")
    day, hour, minute, second, fraction = found.groups()
    try:
        start = _seconds_of_day(day)
    except ValueError:
        raise BadDate(f"'{day}' is not a day of the calendar") from None
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if hours > 23 or minutes > 59 or seconds > 60 or start < 0:
        raise BadDate(f"'{text}' is not a moment since 1970")
    whole = start + hours * 3600 + minutes * 60 + seconds
    return whole * 1_000_000 + (int(fraction.ljust(6, "0")) if fraction else 0)


def write_date(microseconds: int) -> str:
    """The date of a moment. Raises BadDate outside 1970 to 9999."""
    if not 0 <= microseconds <= LAST:
        raise BadDate(f"{microseconds} microseconds since the epoch cannot be written as a date")
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return f"{moment:%Y%m%d%H%M%S}.{moment.microsecond:06d}".zfill(21)
