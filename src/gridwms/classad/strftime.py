"""C's strftime() in the C locale, without the process's clock or locale."""

from __future__ import annotations

from typing import NamedTuple

from gridwms.classad.time_text import days_from_civil

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_COMPOUND = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "n": "\n",
    "t": "\t",
    "%": "%%",
}


class BrokenTime(NamedTuple):
    """A time in its parts; the parts need not make sense together. `yearday` counts from 0, `weekday` from Sunday."""

    year: int
    month: int
    day: int
    hours: int
    minutes: int
    seconds: int
    weekday: int
    yearday: int
    offset: int = 0


def _iso_week(time: BrokenTime) -> tuple[int, int]:
    year = time.year
    week = (time.yearday - (time.weekday - 1) % 7 + 10) // 7
    if week < 1:
        year -= 1
        return year, _weeks_of(year)
    if week > _weeks_of(year):
        return year + 1, 1
    return year, week


def _weeks_of(year: int) -> int:
    first = (days_from_civil(year, 1, 1) + 3) % 7  # Monday is 0
    leap = days_from_civil(year + 1, 1, 1) - days_from_civil(year, 1, 1) == 366
    return 53 if first == 3 or (first == 2 and leap) else 52


def _name(names: tuple[str, ...] | list[str], index: int) -> str:
    return names[index] if 0 <= index < len(names) else "?"


def _simple(letter: str, time: BrokenTime) -> str | None:
    hour12 = time.hours % 12 or 12
    match letter:
        case "a":
            return _name(_DAYS, time.weekday)[:3]
        case "A":
            return _name(_DAYS, time.weekday)
        case "b":
            return _name(_MONTHS, time.month - 1)[:3]
        case "B":
            return _name(_MONTHS, time.month - 1)
        case "C":
            return f"{time.year // 100:02d}"
        case "d":
            return f"{time.day:02d}"
        case "e":
            return f"{time.day:2d}"
        case "g":
            return f"{_iso_week(time)[0] % 100:02d}"
        case "G":
            return str(_iso_week(time)[0])
        case "H":
            return f"{time.hours:02d}"
        case "I":
            return f"{hour12:02d}"
        case "j":
            return f"{time.yearday + 1:03d}"
        case "k":
            return f"{time.hours:2d}"
        case "l":
            return f"{hour12:2d}"
        case "m":
            return f"{time.month:02d}"
        case "M":
            return f"{time.minutes:02d}"
        case "p":
            return "PM" if time.hours >= 12 else "AM"
        case "P":
            return "pm" if time.hours >= 12 else "am"
        case "s":
            seconds = days_from_civil(time.year, time.month, time.day) * 86400
            return str(seconds + time.hours * 3600 + time.minutes * 60 + time.seconds - time.offset)
        case "S":
            return f"{time.seconds:02d}"
        case "u":
            return str(time.weekday or 7)
        case "U":
            return f"{(time.yearday + 7 - time.weekday) // 7:02d}"
        case "V":
            return f"{_iso_week(time)[1]:02d}"
        case "w":
            return str(time.weekday)
        case "W":
            return f"{(time.yearday + 7 - (time.weekday - 1) % 7) // 7:02d}"
        case "y":
            return f"{time.year % 100:02d}"
        case "Y":
            return str(time.year)
        case "z":
            sign = "-" if time.offset < 0 else "+"
            return f"{sign}{abs(time.offset) // 3600:02d}{abs(time.offset) // 60 % 60:02d}"
        case "Z":
            return "UTC" if time.offset == 0 else ""
    return None


def strftime(pattern: str, time: BrokenTime) -> str:
    """The formatted time; what is no conversion stays as it is."""
    out: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character != "%" or position + 1 == len(pattern):
            out.append(character)
            position += 1
            continue
        letter = pattern[position + 1]
        position += 2
        if letter in "EO" and position < len(pattern):
            letter = pattern[position]
            position += 1
        if letter == "%":
            out.append("%")
        elif letter in _COMPOUND:
            out.append(strftime(_COMPOUND[letter], time))
        else:
            simple = _simple(letter, time)
            out.append(f"%{letter}" if simple is None else simple)
    return "".join(out)
