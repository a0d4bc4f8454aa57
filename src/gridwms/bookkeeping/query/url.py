"""The URL form of a query: `status=running|=scheduled&lastupdatetime>past2592000` (gLite reference: HTTP).

`&` joins by AND; `|` repeats the attribute with another operator and value; operators are `=`, `<>` (or `><`), `<`
and `>`; `past<n>` and `last<n>` are n seconds ago. What stands in brackets after `usertag`, `time` and `jdl` is the
name of the tag, the state, or the attribute. Values may be percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from gridwms.bookkeeping.event_types import LEVELS, type_named
from gridwms.bookkeeping.query.attributes import Attribute, Operator, Subject, Type, attribute_named
from gridwms.bookkeeping.query.conditions import Condition, Query, check
from gridwms.bookkeeping.query.errors import Failure, QueryError
from gridwms.bookkeeping.sources import source_named
from gridwms.bookkeeping.states import JOB_TYPE_NUMBERS, DoneCode, JobType, state_named

_FIRST = re.compile(r"\s*([A-Za-z_]+)(?:\(([^()]{1,200})\))?\s*(<>|><|=|<|>)(.*)", re.DOTALL)
_FURTHER = re.compile(r"\s*(<>|><|=|<|>)(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
_AGO = re.compile(r"(?:past|last)([0-9]{1,12})", re.IGNORECASE)
_OPERATORS = {
    "=": Operator.EQUAL,
    "<>": Operator.UNEQUAL,
    "><": Operator.UNEQUAL,
    "<": Operator.LESS,
    ">": Operator.GREATER,
}


def parse_query(text: str, now: int, subject: Subject = Subject.JOBS) -> Query:
    """The query in the URL form, checked. `now`: seconds since the epoch. Raises QueryError."""
    query = tuple(_either(part, now) for part in text.split("&"))
    check(query, subject)
    return query


def _either(text: str, now: int) -> tuple[Condition, ...]:
    first, *further = text.split("|")
    found = _FIRST.fullmatch(_decoded_name(first))
    if found is None:
        raise QueryError(Failure.UNPARSABLE, f"'{first[:80]}' is not a condition of the form attribute=value")
    name, argument, operator, value = found.groups()
    attribute = attribute_named(name)
    if attribute is None:
        raise QueryError(Failure.UNSUPPORTED, f"there is no attribute '{name[:60]}'")
    argument = unquote(argument or "")
    if attribute.argument == "state":
        argument = argument.lower()
    conditions = [_condition(attribute, argument, operator, value, now)]
    for one in further:
        again = _FURTHER.fullmatch(_decoded_name(one))
        if again is None:
            raise QueryError(Failure.UNPARSABLE, f"after '|' an operator and a value were expected, not '{one[:80]}'")
        conditions.append(_condition(attribute, argument, again[1], again[2], now))
    return tuple(conditions)


def _decoded_name(text: str) -> str:
    """Operators may come percent-encoded; values are decoded later, so that they may hold any character."""
    for encoded, sign in (("%3C", "<"), ("%3E", ">"), ("%3D", "="), ("%28", "("), ("%29", ")")):
        text = text.replace(encoded, sign).replace(encoded.lower(), sign)
    return text


def _condition(attribute: Attribute, argument: str, operator: str, value: str, now: int) -> Condition:
    read = _READERS[attribute.type](unquote(value.strip()), now)
    if read is None:
        raise QueryError(Failure.UNPARSABLE, f"'{value[:80]}' is not a value of {attribute.name}")
    if attribute.name == "source" and isinstance(read, str):
        read = source_named(read) or read
    return Condition(attribute.name, _OPERATORS[operator], read, argument=argument)


def _number(text: str, _now: int) -> int | None:
    if text.lower() in ("yes", "true", "no", "false"):
        return int(text.lower() in ("yes", "true"))
    return int(text) if _NUMBER.fullmatch(text) else None


def _time(text: str, now: int) -> int | None:
    ago = _AGO.fullmatch(text)
    return now - int(ago[1]) if ago else _number(text, now)


def _state(text: str, _now: int) -> int | None:
    state = state_named(text)
    return None if state is None else int(state)


def _done_code(text: str, now: int) -> int | None:
    name = text.upper()
    return int(DoneCode[name]) if name in DoneCode.__members__ else _number(text, now)


def _job_type(text: str, now: int) -> int | None:
    name = text.upper()
    return JOB_TYPE_NUMBERS[JobType(name)] if name in JobType.__members__ else _number(text, now)


def _level(text: str, now: int) -> int | None:
    name = text.upper()
    return LEVELS.index(name) + 1 if name in LEVELS else _number(text, now)


def _event_type(text: str, _now: int) -> int | None:
    kind = type_named(text)
    return None if kind is None else kind.number


def _text(text: str, _now: int) -> str:
    return text


_READERS: dict[Type, Callable[[str, int], str | int | None]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.TIME: _time,
    Type.STATE: _state,
    Type.DONE_CODE: _done_code,
    Type.JOB_TYPE: _job_type,
    Type.LEVEL: _level,
    Type.EVENT_TYPE: _event_type,
}
