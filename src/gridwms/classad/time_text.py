"""Times as text: the forms that absTime("...") and relTime("...") take, and how times print.

The forms are those of HTCondor 25.14. Its reading of relTime("1:00") as a real number is not followed.
"""

from __future__ import annotations

import re

from gridwms.classad.values import UNDEFINED, AbsoluteTime, RelativeTime, Undefined

_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_SPAN = re.compile(
    r"""\s*(?P<sign>-)?\s*
    (?:(?P<days>\d*)\s*[dD+]\s*)?
    (?:(?P<hours>\d*)\s*[hH:]\s*)?
    (?:(?P<minutes>\d*)\s*[mM:]\s*)?
    (?:(?P<seconds>\d*\.\d+|\d*)\s*[sS]?)?\s*\Z""",
    re.VERBOSE | re.ASCII,
)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; month and day may lie outside their ranges, as mktime() allows."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146097 + day_of_era - 719468 + day - 1


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month (1-12) and day of the month of a day since 1970-01-01."""
    days += 719468
    era = days // 146097
    day_of_era = days - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + (3 if month_index < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * month_index + 2) // 5 + 1


def read_absolute(text: str) -> tuple[int, int | None] | None:
    """Seconds as if the written time were UTC, and the offset written behind it (None: local time).

    None if the text is no date. What is missing behind the year counts as zero, which makes "2020" the last
    day of November 2019: that is what mktime() does with month and day 0.
    """
    offset: int | None = None
    stripped = text.rstrip()
    if len(stripped) > 1 and stripped[-1] in "zZ":
        offset = 0
        text = stripped[:-1]
    elif (zone := _ZONE.search(text)) and len(text) > len(zone[0]):
        offset = (int(zone[2]) * 3600 + int(zone[3]) * 60) * (-1 if zone[1] == "-" else 1)
        text = text[: zone.start()]
    position = _next_digit(text, 0)
    if position > len(text) - 4:
        return None
    parts = [_leading_integer(text[position : position + 4])]
    position = _next_digit(text, position + 4)
    while len(parts) < 6 and position <= len(text) - 2:
        parts.append(_leading_integer(text[position : position + 2]))
        position = _next_digit(text, position + 2)
    if position < len(text):
        return None
    month = parts[1] if len(parts) > 1 else 1
    hours, minutes, seconds = (*parts[3:], 0, 0, 0)[:3]
    total = days_from_civil(parts[0], month, parts[2] if len(parts) > 2 else 0) * 86400
    total += hours * 3600 + minutes * 60 + seconds
    return None if total == -1 else (total, offset)


def _next_digit(text: str, position: int) -> int:
    while position < len(text) and text[position] not in "0123456789":
        position += 1
    return position


def _leading_integer(text: str) -> int:
    match = re.match(r"\d+", text, re.ASCII)
    return int(match[0]) if match else 0


def read_relative(text: str) -> RelativeTime | None:
    """`[-][[[days+]hh:]mm:]ss[.f]` or `1d2h3m4s`; None if the text is neither."""
    if len(text) > 200 or not (match := _SPAN.match(text)):
        return None
    days, hours, minutes = match["days"], match["hours"], match["minutes"]
    if minutes is None and hours is not None and match[0][match.end("hours") :].lstrip()[:1] == ":":
        # With one colon the number before it is minutes.
        hours, minutes = None, hours
    seconds = match["seconds"]
    total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60
    result = total + (float(seconds) if seconds else 0.0)
    return RelativeTime(-result if match["sign"] else result)


def literal_time(kind: str, text: str) -> AbsoluteTime | RelativeTime | Undefined | None:
    """The value of absTime("...") or relTime("..."); None if the text is bad.

    UNDEFINED stands for a date without zone: it is local time, which only an evaluation knows.
    """
    if kind == "reltime":
        return read_relative(text)
    date = read_absolute(text)
    if date is None:
        return None
    seconds, offset = date
    return UNDEFINED if offset is None else AbsoluteTime(seconds - offset, offset)


def write_absolute(time: AbsoluteTime) -> str:
    """`2020-01-01T01:00:00+01:00`; a zero offset prints as -00:00, as in HTCondor 25.14."""
    days, rest = divmod(time.seconds + time.offset, 86400)
    year, month, day = civil_from_days(days)
    sign = "+" if time.offset > 0 else "-"
    zone_hours, zone_minutes = divmod(abs(time.offset) // 60, 60)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{year:04d}-{month:02d}-{day:02d}T{clock}{sign}{zone_hours:02d}:{zone_minutes:02d}"


def write_relative(time: RelativeTime, *, fraction: bool = False) -> str:
    """`[-][days+]hh:mm:ss`, leading parts only when they are not zero. HTCondor drops the fraction."""
    seconds = time.seconds
    if seconds != seconds or seconds in (float("inf"), float("-inf")):
        whole, sign = 0, ""
    else:
        sign = "-" if seconds < 0 else ""
        whole = int(abs(seconds))
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, second = divmod(rest, 60)
    tail = f"{second:02d}"
    if fraction and (part := abs(seconds) - whole) > 0:
        tail += f"{part:.9f}"[1:].rstrip("0").rstrip(".")
    if days:
        return f"{sign}{days}+{hours:02d}:{minutes:02d}:{tail}"
    if hours:
        return f"{sign}{hours:02d}:{minutes:02d}:{tail}"
    if minutes:
        return f"{sign}{minutes:02d}:{tail}"
    return f"{sign}{tail}"
