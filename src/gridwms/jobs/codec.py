"""Events to plain data and back, for the log.

The record of an event: its common fields by name, everything else in `data`. Adding a field with a default keeps
old records readable; renaming or removing one needs a migration of the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any, NamedTuple

from gridwms.jobs.events import (
    EVENT_TYPES,
    UNREAD,
    Ended,
    EndKind,
    Event,
    Remark,
    Report,
    Source,
)
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
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
    """`event_data` as JSON text: the same as `encode(event_data(event))`, which costs five times as much."""
    kind = type(event)
    names = _DATA_FIELDS[kind]
    return _TEXTS[kind] % tuple([_member(getattr(event, name)) for name in names])


def event_texts(event: Event, values: Iterable[str]) -> list[str]:
    """The texts of events that are equal but for the one text that their data consist of."""
    form = _TEXTS[type(event)]
    return [form % value for value in map(encode_basestring_ascii, values)]


def _data(kind: type[Event], values: Iterable[Any]) -> dict[str, Any]:
    return {
        name: reason_data(value) if name in _REASONS else value
        for name, value in zip(_DATA_FIELDS[kind], values, strict=True)
    }


encode = json.JSONEncoder(separators=(",", ":")).encode
"""JSON without spaces."""


def _member(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if value is None:
        return "null"
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    if kind is dict:
        return f"{{{','.join([f'{_member(name)}:{_member(one)}' for name, one in value.items()])}}}"
    return encode(reason_data(value) if kind is Reason else value)


_TEXTS = {kind: f"{{{','.join(f'{encode(name)}:%s' for name in names)}}}" for kind, names in _DATA_FIELDS.items()}


class Form(NamedTuple):
    """The record of an event as far as it is the same for jobs that are alike. `data` None: each has its own.

    `state`, `done_code`: where the event brought them; None when it left them where they were.
    """

    data: str | None
    type: str
    source: str
    attempt: int
    time: float
    state: str | None
    done_code: str | None


def form_of(event: Event, reached: Job | Parent | None) -> Form:
    """The form of an event. `reached`: the job, or compound, that it brought into another state."""
    return Form(
        None if type(event) in _WITH_OWN else event_text(event),
        event.type,
        event.source.value,
        attempt_of(event),
        event.time,
        reached.state.value if reached else None,
        reached.done_code.value if reached and reached.done_code else None,
    )


_WITH_OWN = {cls for cls in EVENT_TYPES.values() if issubclass(cls, Remark) or UNREAD & set(_DATA_FIELDS[cls])}


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
