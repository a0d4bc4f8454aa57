"""time(), absTime(), relTime(), getYear() ..., splitTime(), formatTime(), interval()."""

from __future__ import annotations

import math
from collections.abc import Callable

from gridwms.classad.ad import ClassAd, Python
from gridwms.classad.functions.conversions import to_integer
from gridwms.classad.functions.registry import Body, function
from gridwms.classad.lookup import look_up
from gridwms.classad.scope import EvaluationFailed, Inner, Scope
from gridwms.classad.strftime import BrokenTime, strftime
from gridwms.classad.time_text import civil_from_days, days_from_civil, read_absolute, read_relative
from gridwms.classad.values import ERROR, UNDEFINED, AbsoluteTime, RelativeTime, Undefined, wrap_32

# A C time_t of more than this has no year that fits an int.
_LATEST = 2**55
_FORMAT_LIMIT = 1023


def broken(seconds: int, offset: int) -> BrokenTime:
    """The parts of an instant in a zone."""
    days, rest = divmod(seconds + offset, 86400)
    year, month, day = civil_from_days(days)
    yearday = days - days_from_civil(year, 1, 1)
    return BrokenTime(year, month, day, rest // 3600, rest // 60 % 60, rest % 60, (days + 4) % 7, yearday)


@function(0, 0, "time")
def _time(scope: Scope, _arguments: list[Inner]) -> Inner:
    return int(scope.evaluation.context.now())


def _now(scope: Scope) -> AbsoluteTime:
    now = int(scope.evaluation.context.now())
    return AbsoluteTime(now, scope.evaluation.context.offset(now))


@function(0, 0, "currentTime")
def _current_time(scope: Scope, _arguments: list[Inner]) -> Inner:
    return _now(scope)


@function(0, 0, "dayTime")
def _day_time(scope: Scope, _arguments: list[Inner]) -> Inner:
    now = _now(scope)
    return RelativeTime(float((now.seconds + now.offset) % 86400))


@function(0, 0, "timezoneOffset")
def _timezone_offset(scope: Scope, _arguments: list[Inner]) -> Inner:
    return RelativeTime(float(_now(scope).offset))


@function(0, 2, "absTime")
def _abs_time(scope: Scope, arguments: list[Inner]) -> Inner:
    """absTime(number [, offset]) or absTime(text). HTCondor 25.14 leaves a computed text a text; it is read here."""
    if not arguments:
        return _now(scope)
    value = arguments[0]
    local = scope.evaluation.context.offset
    given: int | None = None
    if len(arguments) == 2:
        offset = arguments[1]
        if isinstance(offset, RelativeTime):
            offset = offset.seconds
        if type(offset) not in (int, float) or not math.isfinite(offset):  # type: ignore[arg-type]
            return ERROR
        given = wrap_32(int(offset))  # type: ignore[arg-type]
        if given == -1 and type(value) is int:  # -1 is HTCondor's mark of a bad zone
            raise EvaluationFailed("an offset of -1")
    match value:
        case AbsoluteTime() | Undefined():
            return value
        case bool():
            return ERROR
        case int():
            seconds = value
        case float() if math.isfinite(value) and abs(value) < 2**63:
            seconds = int(value)
        case RelativeTime() if math.isfinite(value.seconds):
            seconds = int(value.seconds)
        case str():
            date = read_absolute(value)
            if date is None:
                return ERROR
            seconds, written = date
            zone = written if written is not None else local(seconds)
            return AbsoluteTime(seconds - zone, zone)
        case _:
            return ERROR
    return AbsoluteTime(seconds, local(seconds) if given is None else given)


@function(1, 1, "relTime")
def _rel_time(_scope: Scope, arguments: list[Inner]) -> Inner:
    value = arguments[0]
    match value:
        case bool():
            return ERROR
        case int() | float():
            return RelativeTime(float(value))
        case RelativeTime():
            return value
        case AbsoluteTime():
            return RelativeTime(float(value.seconds))
        case str():
            return read_relative(value) or ERROR
    return UNDEFINED if value is UNDEFINED else ERROR


def _part(of_date: Callable[[BrokenTime], int] | None, of_span: Callable[[int], int] | None) -> Body:
    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        value = arguments[0]
        if isinstance(value, AbsoluteTime) and of_date is not None and abs(value.seconds) < _LATEST:
            return of_date(broken(value.seconds, scope.evaluation.context.offset(value.seconds)))
        if isinstance(value, RelativeTime) and of_span is not None and math.isfinite(value.seconds):
            whole = int(value.seconds)
            return of_span(whole) if whole >= 0 else -of_span(-whole)
        return ERROR

    return apply


function(1, 1, "getYear")(_part(lambda time: time.year, None))
function(1, 1, "getMonth")(_part(lambda time: time.month, None))
function(1, 1, "getDayOfYear")(_part(lambda time: time.yearday, None))
function(1, 1, "getDayOfMonth")(_part(lambda time: time.day, None))
function(1, 1, "getDayOfWeek")(_part(lambda time: time.weekday, None))
function(1, 1, "getDays")(_part(None, lambda span: span // 86400))
function(1, 1, "getHours")(_part(lambda time: time.hours, lambda span: span // 3600 % 24))
function(1, 1, "getMinutes")(_part(lambda time: time.minutes, lambda span: span // 60 % 60))
function(1, 1, "getSeconds")(_part(lambda time: time.seconds, lambda span: span % 60))


@function(1, 1, "splitTime")
def _split_time(scope: Scope, arguments: list[Inner]) -> Inner:
    value = arguments[0]
    if value is UNDEFINED:
        return UNDEFINED
    if isinstance(value, RelativeTime):
        return Scope(_split_span(value.seconds), scope.evaluation)
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        seconds = int(value)
        value = AbsoluteTime(seconds, scope.evaluation.context.offset(seconds))
    if not isinstance(value, AbsoluteTime) or abs(value.seconds) > _LATEST:
        return ERROR
    time = broken(value.seconds, value.offset)
    parts: dict[str, Python] = {
        "Type": "AbsoluteTime",
        "Year": time.year,
        "Month": time.month,
        "Day": time.day,
        "Hours": time.hours,
        "Minutes": time.minutes,
        "Seconds": time.seconds,
        "Offset": value.offset,
    }
    return Scope(ClassAd.from_values(parts), scope.evaluation)


def _split_span(seconds: float) -> ClassAd:
    """The sign stands on the first part that is not zero."""
    if not math.isfinite(seconds):
        seconds = 0.0
    sign = -1 if seconds < 0 else 1
    whole = int(abs(seconds))
    parts: list[int | float] = [whole // 86400, whole // 3600 % 24, whole // 60 % 60]
    parts.append(abs(seconds) - whole + whole % 60)
    for position, part in enumerate(parts):
        if part:
            parts[position] = sign * part
            break
    names = ("Days", "Hours", "Minutes", "Seconds")
    return ClassAd.from_values({"Type": "RelativeTime", **dict(zip(names, parts, strict=True))})


def _of_ad(ad: Scope) -> BrokenTime:
    """The parts that an ad like splitTime()'s names; what is missing is zero."""

    def part(name: str, default: int = 0) -> int:
        value = look_up(ad, name, 0) if name in ad.ad.expressions else None
        return value if type(value) is int else default

    year, month, day = part("year", 1900), part("month", 1), part("day")
    days = days_from_civil(year, month, day)
    yearday = days - days_from_civil(year, 1, 1)
    clock = (part("hours"), part("minutes"), part("seconds"))
    return BrokenTime(year, month, day, *clock, (days + 4) % 7, yearday)


@function(0, 2, "formatTime")
def _format_time(scope: Scope, arguments: list[Inner]) -> Inner:
    pattern = arguments[1] if len(arguments) == 2 else "%c"
    value: Inner = arguments[0] if arguments else _now(scope).seconds
    if not isinstance(pattern, str):
        return ERROR
    if isinstance(value, Scope):
        time = _of_ad(value)
    elif isinstance(value, AbsoluteTime) and abs(value.seconds) < _LATEST:
        time = broken(value.seconds, value.offset)
    elif type(value) in (int, float) and abs(value) < _LATEST:  # type: ignore[arg-type]
        seconds = int(value)  # type: ignore[arg-type]
        offset = scope.evaluation.context.offset(seconds)
        time = broken(seconds, offset)._replace(offset=offset)
    else:
        return ERROR
    text = strftime(pattern, time) if len(pattern) <= 4096 else ""
    return text if len(text.encode("utf-8", "surrogateescape")) <= _FORMAT_LIMIT else ""


@function(1, 1, "interval")
def _interval(_scope: Scope, arguments: list[Inner]) -> Inner:
    """`d+hh:mm:ss`, without the leading parts that are zero."""
    total = to_integer(arguments[0])
    if type(total) is not int:
        return ERROR
    sign = "-" if total < 0 else ""
    whole = abs(total)
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}+{hours:02d}:{minutes:02d}:{seconds:02d}"
    if hours:
        return f"{sign}{hours}:{minutes:02d}:{seconds:02d}"
    if minutes:
        return f"{sign}{minutes}:{seconds:02d}"
    return f"{sign}{seconds}"
