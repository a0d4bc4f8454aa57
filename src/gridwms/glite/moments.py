"""Times as options write them: `[MM:DD:]hh:mm[:[CC]YY]` and, how long, `hh:mm` (gLite reference §8.2)."""

from __future__ import annotations

import re
import time
from datetime import datetime

_MOST_FIELDS = 5


class BadMoment(Exception):
    """What was typed is no time; a sentence."""


def moment(text: str, now: float) -> float:
    """Seconds since the epoch of a local time. Two fields are today's, four this year's; a year has two digits or
    four. Raises BadMoment."""
    if not re.fullmatch(r"\d{1,2}(:\d{1,2})+(:\d{2}|:\d{4})?", text):
        raise BadMoment(f"the time value is not valid ({text}): expected [MM:DD:]hh:mm[:[CC]YY]")
    fields = [int(part) for part in text.split(":")]
    today = datetime.fromtimestamp(now).astimezone()
    month, day, year = today.month, today.day, today.year
    if len(fields) == 2:
        hour, minute = fields
    elif len(fields) in (4, _MOST_FIELDS):
        month, day, hour, minute, *rest = fields
        year = (rest[0] + 2000 if rest[0] < 100 else rest[0]) if rest else year
    else:
        raise BadMoment(f"the time value is not valid ({text}): expected [MM:DD:]hh:mm[:[CC]YY]")
    try:
        return time.mktime(datetime(year, month, day, hour, minute).timetuple())  # noqa: DTZ001 (local time is meant)
    except (ValueError, OverflowError) as error:
        raise BadMoment(f"the time value is out of limit ({text})") from error


def until(text: str, now: float) -> float:
    """A moment that is still to come. Raises BadMoment."""
    found = moment(text, now)
    if found <= now:
        raise BadMoment(f"the time value is out of limit ({text})")
    return found


def lasting(text: str) -> int:
    """Seconds of `hh:mm`. Raises BadMoment."""
    found = re.fullmatch(r"(\d{1,5}):(\d{1,2})", text)
    if found is None or int(found[2]) > 59 or not (seconds := int(found[1]) * 3600 + int(found[2]) * 60):
        raise BadMoment(f"the time value is not valid ({text}): expected hh:mm")
    return seconds
