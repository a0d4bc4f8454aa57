"""Events to plain data and back, for the log.

The record of an event: its common fields by name, everything else in `data`. Adding a field with a default keeps
old records readable; renaming or removing one needs a migration of the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any

from gridwms.jobs.events import EVENT_TYPES, Accepted, Ended, EndKind, Event, Matched, Report, Running, Source
from gridwms.jobs.reasons import Reason

_COMMON = frozenset({"id", "time", "source", "attempt"})
"""`attempt` is common to reports only."""
_DATA_FIELDS = {
    cls: tuple(
        f.name for f in fields(cls) if f.name not in _COMMON or (f.name == "attempt" and not issubclass(cls, Report))
    )
    for cls in EVENT_TYPES.values()
}
_REASONS = frozenset({"reason", "failure"})


class UnreadableEvent(Exception):
    """A stored record is not an event of this version."""


def reason_data(why: Reason | None) -> list[Any] | None:
    """A reason as `[code, params]`."""
    return None if why is None else [why.code, dict(why.params)]


def read_reason(data: list[Any] | None) -> Reason | None:
    """The reverse of `reason_data`."""
    return None if data is None else Reason(data[0], data[1])


def event_data(event: Event) -> dict[str, Any]:
    """The fields of an event beyond the common ones, as JSON types."""
    kind = type(event)
    return _data(kind, [getattr(event, name) for name in _DATA_FIELDS[kind]])


def event_text(event: Event) -> str:
    """`event_data` as JSON text."""
    kind: Any = type(event)
    values = [getattr(event, name) for name in _DATA_FIELDS[kind]]
    return _alike(kind, *values) if kind in _ALIKE else _text(kind, values)


def _data(kind: type[Event], values: Iterable[Any]) -> dict[str, Any]:
    return {
        name: reason_data(value) if name in _REASONS else value
        for name, value in zip(_DATA_FIELDS[kind], values, strict=True)
    }


encode = json.JSONEncoder(separators=(",", ":")).encode
"""JSON without spaces."""
_ALIKE = frozenset({Accepted, Matched, Running})
"""Events that say the same of a thousand jobs, in fields that can be compared."""


@lru_cache(maxsize=1000, typed=True)
def _alike(kind: type[Event], *values: Any) -> str:
    return _text(kind, values)


def _text(kind: type[Event], values: Iterable[Any]) -> str:
    """The same as `encode(_data(kind, values))`, which costs three times as much."""
    members = [
        name + (encode(value) if type(value) is str else _other_text(value))
        for name, value in zip(_NAMES[kind], values, strict=True)
    ]
    return f"{{{','.join(members)}}}"


def _other_text(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is int:
        return repr(value)
    return encode(reason_data(value) if isinstance(value, Reason) else value)


_NAMES = {kind: tuple(f'"{name}":' for name in names) for kind, names in _DATA_FIELDS.items()}


def attempt_of(event: Event) -> int:
    """The attempt an event is about; 0 for the job as a whole."""
    number = getattr(event, "attempt", 0)
    return number if isinstance(number, int) else 0


def read_event(kind: str, ident: str, time: float, source: str, attempt: int, data: dict[str, Any]) -> Event:
    """The event of a record. Raises UnreadableEvent."""
    cls = EVENT_TYPES.get(kind)
    if cls is None:
        raise UnreadableEvent(f"event '{ident}' has the unknown type '{kind}'")
    values = dict(data)
    for name in _REASONS & values.keys():
        values[name] = read_reason(values[name])
    if cls is Ended:
        values["kind"] = EndKind(values["kind"])
    if issubclass(cls, Report):
        values["attempt"] = attempt
    try:
        return cls(id=ident, time=time, source=Source(source), **values)
    except (TypeError, ValueError) as error:
        raise UnreadableEvent(f"event '{ident}' of type '{kind}' cannot be read: {error}") from error
