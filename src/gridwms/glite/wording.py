"""Rules, banners, moments: the shapes of what the commands print (gLite reference §8.1, §8.4, §8.5)."""

from __future__ import annotations

import time
from datetime import datetime

_MONTHS = ("Jan", "Feb", "March", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
_LONG = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WIDTH = 74
"""Of most rules."""


def stripe(width: int, message: str = "", sign: str = "=") -> str:
    """A rule, with a message in its middle; halves are rounded as integers are."""
    if not message:
        return sign * width
    side = sign * (width // 2 - (len(message) // 2 + 1))
    return f"{side} {message} {side}"


def logged_moment(seconds: float) -> str:
    """As in debug lines and result files: `03 March 2009, 10:02:11`, in local time."""
    at = time.localtime(seconds)
    return f"{at.tm_mday:02d} {_MONTHS[at.tm_mon - 1]} {at.tm_year}, {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"


def proxy_moment(seconds: float) -> str:
    """As in what is told of proxies: `03 March 2009 - 10:02:11`, in local time."""
    at = time.localtime(seconds)
    return f"{at.tm_mday:02d} {_LONG[at.tm_mon - 1]} {at.tm_year} - {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"


def clock_moment(seconds: float) -> str:
    """C's asctime in local time, and the zone: `Tue Mar  3 10:02:11 2009 CET`; other languages change nothing."""
    at = time.localtime(seconds)
    day, month = _DAYS[at.tm_wday], _SHORT[at.tm_mon - 1]
    clock = f"{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"
    return f"{day} {month} {at.tm_mday:2d} {clock} {at.tm_year} {at.tm_zone}"


def time_left(seconds: float) -> str:
    """`11 hours 58 min 03 sec `: days, hours, minutes, seconds; what is zero is left out."""
    left = max(int(seconds), 0)
    days, hours, minutes, rest = left // 86400, left // 3600 % 24, left // 60 % 60, left % 60
    parts = ((days, "{} days "), (hours, "{:02d} hours "), (minutes, "{:02d} min "), (rest, "{:02d} sec "))
    return "".join(form.format(number) for number, form in parts if number)


def file_moment(seconds: float) -> str:
    """As in names of log files: `20090303_10-02-11`."""
    return f"{datetime.fromtimestamp(seconds):%Y%m%d_%H-%M-%S}"  # noqa: DTZ006 (local time is meant)
