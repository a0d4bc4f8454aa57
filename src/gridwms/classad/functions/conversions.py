"""int(), real(), string(), bool() and what other functions need of them."""

from __future__ import annotations

import math
import re

from gridwms.classad.functions.registry import function
from gridwms.classad.scope import EvaluationFailed, Inner, Scope, as_expression
from gridwms.classad.text import fold
from gridwms.classad.time_text import write_absolute, write_relative
from gridwms.classad.unparse import canonical, real_text
from gridwms.classad.values import (
    ERROR,
    INTEGER_MAX,
    INTEGER_MIN,
    UNDEFINED,
    AbsoluteTime,
    Error,
    RelativeTime,
    Undefined,
)

_DECIMAL = re.compile(r"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_HEX = re.compile(r"[ \t\n\v\f\r]*([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?\d+)?)")
_NAMED = re.compile(r"[ \t\n\v\f\r]*([+-]?)(inf(?:inity)?|nan(?:\([a-z0-9_]*\))?)", re.IGNORECASE)


def leading_real(text: str) -> float | None:
    """The number that a text starts with, as C's strtod() reads it; None if it starts with none."""
    if found := _HEX.match(text):
        try:
            return float.fromhex(found[1])
        except OverflowError:
            return math.inf
    if found := _DECIMAL.match(text):
        return float(found[1])
    if found := _NAMED.match(text):
        value = math.nan if found[2][0] in "nN" else math.inf
        return -value if found[1] == "-" else value
    return None


def integer_of(value: float) -> int | Error:
    """Truncated toward zero. What fits no 64 bits is ERROR (HTCondor gives the smallest integer)."""
    if not math.isfinite(value):
        return ERROR
    truncated = int(value)
    return truncated if INTEGER_MIN <= truncated <= INTEGER_MAX else ERROR


def to_integer(value: Inner) -> int | Undefined | Error:
    match value:
        case Undefined():
            return UNDEFINED
        case bool() | int():
            return int(value)
        case float():
            return integer_of(value)
        case str():
            number = leading_real(value)
            if number is None:
                return ERROR
            exact = re.match(r"\s*[+-]?\d+(?![\d.eExX])", value, re.ASCII)
            return integer_of(number) if exact is None else _exact_integer(exact[0])
        case AbsoluteTime():
            return value.seconds
        case RelativeTime():
            return integer_of(value.seconds)
    return ERROR


def _exact_integer(digits: str) -> int | Error:
    number = int(digits) if len(digits) < 100 else INTEGER_MAX + 1
    return number if INTEGER_MIN <= number <= INTEGER_MAX else ERROR


def to_real(value: Inner) -> float | Undefined | Error:
    match value:
        case Undefined():
            return UNDEFINED
        case bool() | int() | float():
            return float(value)
        case str():
            number = leading_real(value)
            return ERROR if number is None else number
        case AbsoluteTime() | RelativeTime():
            return float(value.seconds)
    return ERROR


def to_boolean(value: Inner) -> bool | Undefined | Error:
    match value:
        case Undefined():
            return UNDEFINED
        case bool() | int() | float():
            return bool(value)
        case str():
            return {"true": True, "false": False}.get(fold(value), UNDEFINED)
        case RelativeTime():
            return value.seconds != 0
    return ERROR


def to_text(value: Inner, scope: Scope) -> str:
    """What string() makes of a value that is neither UNDEFINED nor ERROR."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return real_text(value)
        case AbsoluteTime():
            return write_absolute(value)
        case RelativeTime():
            return write_relative(value)
        case Undefined():
            return "undefined"
        case Error():
            return "error"
    text = canonical(as_expression(value))
    scope.evaluation.charge(len(text) >> 3)
    return bounded(text, scope)


def bounded(text: str, scope: Scope) -> str:
    """The text, its length charged as work; too long a text ends the evaluation."""
    if len(text) > scope.evaluation.context.limits.string:
        raise EvaluationFailed("the string is too long")
    scope.evaluation.charge(len(text) >> 6)
    return text


@function(1, 1, "int")
def _int(_scope: Scope, arguments: list[Inner]) -> Inner:
    return to_integer(arguments[0])


@function(1, 1, "real")
def _real(_scope: Scope, arguments: list[Inner]) -> Inner:
    return to_real(arguments[0])


@function(1, 1, "bool")
def _bool(_scope: Scope, arguments: list[Inner]) -> Inner:
    return to_boolean(arguments[0])


@function(1, 1, "string")
def _string(scope: Scope, arguments: list[Inner]) -> Inner:
    value = arguments[0]
    return value if value is UNDEFINED or value is ERROR else to_text(value, scope)
