"""ULM lines to events and back (gLite reference: wire format).

`DATE=… HOST="…" PROG=… LVL=… DG.PRIORITY=… DG.SOURCE="…" … DG.EVNT="…" DG.JOBID="…" DG.SEQCODE="…" DG.USER="…"`
and then the attributes as `DG.<TYPE>.<NAME>="…"`; one event a line. In quotes a backslash keeps the next character,
and `\\n` is a line feed, so no value can begin a new line. An empty value is an absent one. Names are read in any
case. A field that the table does not know is kept; one that belongs to another event type is an error, as in L&B.
Only a Notification may be about no job.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping

from gridwms.bookkeeping.dates import BadDate, parse_date, write_date
from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS, Field, Kind, type_named
from gridwms.bookkeeping.sources import SOURCES, source_named


class UlmError(Exception):
    """A line that is no event; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position})")
        self.position = position


_FIELD = re.compile(r'([A-Za-z0-9._-]+)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"\\=]+))(?=[ \t]|$)[ \t]*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'[\\"\n]')
_INT = re.compile(r"[+-]?[0-9]{1,18}")
_REAL = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")

_COMMON = {
    "DATE",
    "DG.ARRIVED",
    "ARR_DATE",
    "HOST",
    "PROG",
    "LVL",
    "DG.LEVEL",
    "DG.PRIORITY",
    "DG.SOURCE",
    "DG.SRC_INSTANCE",
    "DG.EVNT",
    "DG.JOBID",
    "DG.SEQCODE",
    "DG.USER",
}
_USUAL = re.compile(
    r'(?:DG\.ARRIVED=([0-9.]{14,21}) )?DATE=([0-9.]{14,21}) HOST="([^"\\]*)" '
    r'PROG=edg-wms LVL=([A-Z]+) DG\.PRIORITY=([01]) DG\.SOURCE="([A-Za-z]+)" '
    r'DG\.SRC_INSTANCE="([^"\\]*)" DG\.EVNT="([A-Za-z]+)" DG\.JOBID="([^"\\]+)" DG\.SEQCODE="([^"\\]*)" '
    r'DG\.USER="([^"\\]*)"(?=[ \t]|$)[ \t]*'
)
"""How a line begins that was written as usual: all common fields in one go."""

_KEYS: dict[str, tuple[str, Field]] = {
    f"DG.{name}.{one.name}".upper(): (name, one) for name, kind in EVENT_TYPES.items() for one in kind.fields
}
_LEVELS = {level.lower(): level for level in LEVELS}
_LEVEL_NAMES = frozenset(LEVELS)
_SOURCES = frozenset(SOURCES)


def parse_line(line: str) -> Event:
    """The event of one line, with or without its line feed. Raises UlmError and nothing else."""
    end = _end(line)
    usual = _USUAL.match(line, 0, end)
    if usual is not None:
        event = _usual_event(line, usual, end)
        if event is not None:
            return event
    return _any_event(line, end)


def _usual_event(line: str, usual: re.Match[str], end: int) -> Event | None:
    """The event of a line that begins as usual; None when it is better read in the general way."""
    arrived, date, host, level, priority, source, instance, name, job, seqcode, user = usual.groups()
    kind = EVENT_TYPES.get(name)
    if kind is None or source not in _SOURCES or level not in _LEVEL_NAMES:
        return None
    fields: dict[str, tuple[str, int]] = {}
    _split(line, usual.end(), end, fields)
    if not fields.keys().isdisjoint(_COMMON):
        return None
    try:
        timestamp, stored = parse_date(date), None if arrived is None else parse_date(arrived)
    except BadDate:
        return None
    data, unknown = _attributes(kind.name, fields)
    return Event(
        kind.name, timestamp, job, source, seqcode, host, user, instance, level, int(priority), stored, data, unknown
    )


def _any_event(line: str, end: int) -> Event:
    fields: dict[str, tuple[str, int]] = {}
    position = 0
    while position < end and line[position] in " \t":
        position += 1
    _split(line, position, end, fields)
    if not fields:
        raise UlmError("an empty line", 0)
    name, where = fields.get("DG.EVNT", ("", 0))
    kind = type_named(name)
    if kind is None:
        raise UlmError(f"'{name[:60]}' is not an event type" if name else "the event type (DG.EVNT) is missing", where)
    data, unknown = _attributes(kind.name, fields)
    return Event(
        kind.name,
        _date(fields, "DATE"),
        _plain(fields, "DG.JOBID") if kind.name == "Notification" else _needed(fields, "DG.JOBID"),
        _source(fields),
        _plain(fields, "DG.SEQCODE"),
        _plain(fields, "HOST"),
        _plain(fields, "DG.USER"),
        _plain(fields, "DG.SRC_INSTANCE"),
        _level(fields),
        _priority(fields),
        _arrived(fields),
        data,
        unknown,
        _plain(fields, "PROG", "edg-wms"),
    )


def _attributes(kind: str, fields: dict[str, tuple[str, int]]) -> tuple[dict[str, Value], tuple[tuple[str, str], ...]]:
    """The attributes of the type, and the fields that nobody knows."""
    data: dict[str, Value] = {}
    unknown: list[tuple[str, str]] = []
    for key, (value, position) in fields.items():
        known = _KEYS.get(key)
        if known is not None:
            owner, one = known
            if owner != kind:
                raise UlmError(f"{key} does not belong to an event of type {kind}", position)
            if value:
                data[one.name] = value if one.kind is Kind.TEXT else _read(one, value, position)
        elif key not in _COMMON:
            unknown.append((key, value))
    return data, tuple(unknown)


def read_lines(text: str) -> Iterator[Event | UlmError]:
    """Every line of a dump as its event, or as the error that it is; empty lines are passed over.

    Only a line feed ends a line: other separators may stand in values.
    """
    for line in text.split("\n"):
        if line.strip(" \t\r"):
            try:
                yield parse_line(line)
            except UlmError as error:
                yield error


def write_line(event: Event) -> str:
    """The line of an event, ended by a line feed: all attributes of its type in the order of the table.

    Raises UlmError when the event has no form as a line: unknown type, a date out of range, an unknown attribute.
    """
    kind = EVENT_TYPES.get(event.type)
    if kind is None:
        raise UlmError(f"'{event.type[:60]}' is not an event type", 0)
    strange = event.data.keys() - {one.name for one in kind.fields}
    if strange:
        raise UlmError(f"an event of type {event.type} has no attribute '{min(strange)}'", 0)
    try:
        arrived = "" if event.arrived is None else f"DG.ARRIVED={write_date(event.arrived)} "
        parts = [f"{arrived}DATE={write_date(event.timestamp)}"]
        prefix = f"DG.{event.type}.".upper()
        values = [f"{prefix}{one.name.upper()}={_quoted(_written(one, event.data))}" for one in kind.fields]
    except BadDate as error:
        raise UlmError(str(error), 0) from None
    parts += [
        f"HOST={_quoted(event.host)}",
        f"PROG={event.prog if re.fullmatch(_BARE, event.prog) else _quoted(event.prog)}",
        f"LVL={event.level}",
        f"DG.PRIORITY={event.priority}",
        f"DG.SOURCE={_quoted(event.source)}",
        f"DG.SRC_INSTANCE={_quoted(event.src_instance)}",
        f'DG.EVNT="{event.type}"',
        f"DG.JOBID={_quoted(event.job)}",
        f"DG.SEQCODE={_quoted(event.seqcode)}",
        f"DG.USER={_quoted(event.user)}",
        *values,
        *(f"{name}={_quoted(value)}" for name, value in event.unknown),
    ]
    return " ".join(parts) + "\n"


_BARE = r"[A-Za-z0-9._-]+"


def escape(text: str) -> str:
    """The text as it stands between quotes."""
    return _SPECIAL.sub(lambda found: "\\n" if found[0] == "\n" else "\\" + found[0], text)


def unescape(text: str) -> str:
    """The reverse of `escape`; any other character after a backslash stands for itself."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text) if "\\" in text else text


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'


def _end(line: str) -> int:
    """Where the line ends without its line feed. Raises UlmError for a NUL character."""
    if (bad := line.find("\0")) >= 0:
        raise UlmError("a NUL character", bad)
    end = len(line)
    while end and line[end - 1] in "\n\r":
        end -= 1
    return end


def _split(line: str, position: int, end: int, fields: dict[str, tuple[str, int]]) -> None:
    """Add name (upper case) to value and the position of the field."""
    match: Callable[[str, int, int], re.Match[str] | None] = _FIELD.match
    while position < end:
        found = match(line, position, end)
        if found is None:
            raise UlmError(_complaint(line, position), position)
        name, quoted, bare = found.groups()
        key = name if name.isupper() else name.upper()
        if key in fields:
            raise UlmError(f"the field {key} stands twice", position)
        if quoted is None:
            quoted = bare
        elif "\\" in quoted:
            quoted = unescape(quoted)
        fields[key] = (quoted, position)
        position = found.end()


def _complaint(line: str, position: int) -> str:
    name = re.compile(r"[A-Za-z0-9._-]*").match(line, position)
    after = name.end() if name else position
    if after == position:
        return f"a field name was expected, not {line[position : position + 20]!r}"
    if line[after : after + 1] != "=":
        return f"'=' was expected after {line[position:after][:60]!r}"
    if line[after + 1 : after + 2] == '"':
        return f"the quoted value of {line[position:after][:60]} does not end, or something follows its end"
    return f"{line[position:after][:60]} has no value"


def _plain(fields: dict[str, tuple[str, int]], key: str, otherwise: str = "") -> str:
    found = fields.get(key)
    return otherwise if found is None else found[0]


def _needed(fields: dict[str, tuple[str, int]], key: str) -> str:
    value, position = fields.get(key, ("", 0))
    if not value:
        raise UlmError(f"{key} is missing or empty", position)
    return value


def _date(fields: dict[str, tuple[str, int]], key: str) -> int:
    try:
        return parse_date(_needed(fields, key))
    except BadDate as error:
        raise UlmError(str(error), fields[key][1]) from None


def _arrived(fields: dict[str, tuple[str, int]]) -> int | None:
    for key in ("DG.ARRIVED", "ARR_DATE"):
        if fields.get(key, ("", 0))[0]:
            return _date(fields, key)
    return None


def _source(fields: dict[str, tuple[str, int]]) -> str:
    name, position = fields.get("DG.SOURCE", ("", 0))
    source = source_named(name)
    if source is None:
        raise UlmError(f"'{name[:60]}' is not a source of events", position)
    return source


def _level(fields: dict[str, tuple[str, int]]) -> str:
    name, position = fields.get("LVL") or fields.get("DG.LEVEL") or ("SYSTEM", 0)
    level = _LEVELS.get(name.lower())
    if level is None:
        raise UlmError(f"'{name[:60]}' is not a logging level", position)
    return level


def _priority(fields: dict[str, tuple[str, int]]) -> int:
    value, position = fields.get("DG.PRIORITY", ("", 0))
    return _int(value, position) if value else 0


def _int(value: str, position: int) -> int:
    if _INT.fullmatch(value) is None:
        raise UlmError(f"'{value[:40]}' is not a whole number", position)
    return int(value)


def _read(one: Field, value: str, position: int) -> Value:
    match one.kind:
        case Kind.INT:
            return _int(value, position)
        case Kind.REAL:
            number = float(value) if _REAL.fullmatch(value) else math.nan
            if not math.isfinite(number):
                raise UlmError(f"'{value[:40]}' is not a number", position)
            return number
        case Kind.TIME:
            try:
                return parse_date(value)
            except BadDate as error:
                raise UlmError(str(error), position) from None
        case Kind.CODE:
            code = value.upper()
            if code not in one.codes:
                raise UlmError(f"{one.name} is '{value[:40]}', not one of {', '.join(one.codes)}", position)
            return code
        case Kind.SOURCE:
            source = source_named(value)
            if source is None:
                raise UlmError(f"'{value[:60]}' is not a source of events", position)
            return source
        case _:
            return value


def _written(one: Field, data: Mapping[str, Value]) -> str:
    value = data.get(one.name)
    if value is None:
        return ""
    if one.kind is Kind.TIME and isinstance(value, int):
        return write_date(value)
    if one.kind is Kind.REAL:
        short = f"{value:f}"
        return short if float(short) == float(value) else repr(float(value))
    return str(value)
