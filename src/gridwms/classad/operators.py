"""The operators on values, as tabulated from HTCondor 25.14.

All are strict except `&& || ?: =?= =!=`: an ERROR on the left, then on the right, then an UNDEFINED on the left,
then on the right decides before types are looked at.
"""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from gridwms.classad.scope import Inner, LazyList, Scope
from gridwms.classad.text import encode, fold
from gridwms.classad.values import (
    ERROR,
    INTEGER_MAX,
    INTEGER_MIN,
    UNDEFINED,
    AbsoluteTime,
    Error,
    RelativeTime,
    Undefined,
    wrap_integer,
)

Truth: TypeAlias = bool | Undefined | Error
Binary = Callable[[Inner, Inner], Inner]

NUMERIC: Final = (bool, int, float)


def truth(value: Inner) -> Truth:
    """What `&&`, `||`, `!` and `?:` see: numbers count, strings, lists, ads and times are ERROR."""
    if value is True or value is False or value is UNDEFINED:
        return value
    if type(value) is int or type(value) is float:
        return bool(value)
    return ERROR


def exceptional(left: Inner, right: Inner) -> Undefined | Error | None:
    """The result that is settled before types are looked at, or None."""
    if left is ERROR or right is ERROR:
        return ERROR
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return None


def real_result(value: float) -> float | Error:
    """HTCondor turns +inf (not -inf, not nan) into ERROR."""
    return ERROR if value == math.inf else value


def divide_integers(left: int, right: int) -> int | Error:
    if right == 0:
        return ERROR
    if left == INTEGER_MIN and right == -1:
        return INTEGER_MAX
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def divide_reals(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _times_add(left: Inner, right: Inner) -> Inner:
    match left, right:
        case AbsoluteTime(), RelativeTime():
            return _shifted(left, right.seconds)
        case RelativeTime(), AbsoluteTime():
            return _shifted(right, left.seconds)
        case RelativeTime(), RelativeTime():
            return RelativeTime(left.seconds + right.seconds)
    return ERROR


def _shifted(time: AbsoluteTime, seconds: float) -> AbsoluteTime | Error:
    if not math.isfinite(seconds):
        return ERROR
    return AbsoluteTime(wrap_integer(time.seconds + int(seconds)), time.offset)


def _times_subtract(left: Inner, right: Inner) -> Inner:
    match left, right:
        case AbsoluteTime(), AbsoluteTime():
            return RelativeTime(float(left.seconds - right.seconds))
        case AbsoluteTime(), RelativeTime():
            return _shifted(left, -right.seconds)
        case RelativeTime(), RelativeTime():
            return RelativeTime(left.seconds - right.seconds)
    return ERROR


def _times_multiply(left: Inner, right: Inner) -> Inner:
    if isinstance(left, RelativeTime) and type(right) in (int, float):
        return RelativeTime(left.seconds * right)  # type: ignore[operator]
    if isinstance(right, RelativeTime) and type(left) in (int, float):
        return RelativeTime(left * right.seconds)  # type: ignore[operator]
    return ERROR


def _times_divide(left: Inner, right: Inner) -> Inner:
    if isinstance(left, RelativeTime) and type(right) in (int, float):
        return RelativeTime(divide_reals(left.seconds, float(right)))  # type: ignore[arg-type]
    return ERROR


def _arithmetic(
    integers: Callable[[int, int], int | Error],
    reals: Callable[[float, float], float],
    times: Binary,
) -> Binary:
    def compute(left: Inner, right: Inner) -> Inner:
        if (settled := exceptional(left, right)) is not None:
            return settled
        if not isinstance(left, NUMERIC) or not isinstance(right, NUMERIC):
            return times(left, right)
        if isinstance(left, float) or isinstance(right, float):
            return real_result(reals(float(left), float(right)))
        result = integers(left, right)
        return result if isinstance(result, Error) else wrap_integer(result)

    return compute


def modulo(left: Inner, right: Inner) -> Inner:
    if (settled := exceptional(left, right)) is not None:
        return settled
    if not isinstance(left, int) or not isinstance(right, int) or right == 0:
        return ERROR
    return int(math.copysign(1, left)) * (abs(left) % abs(right)) if left else 0


def _bits(compute: Callable[[int, int], int]) -> Binary:
    def apply(left: Inner, right: Inner) -> Inner:
        if (settled := exceptional(left, right)) is not None:
            return settled
        if type(left) is not int or type(right) is not int:
            return ERROR
        return wrap_integer(compute(left, right))

    return apply


def shift_left(left: int, right: int) -> int:
    return left << (right & 63)


def shift_right(left: int, right: int) -> int:
    """HTCondor shifts a negative number bit by bit, and so not at all by a negative count."""
    return left >> (right & 63) if left >= 0 else left >> max(0, min(right, 63))


def shift_right_logical(left: int, right: int) -> int:
    """HTCondor shifts a negative number once and then right - 1 times, which makes `-8 >>> 0` zero."""
    if left >= 0:
        return left >> (right & 63)
    return ((left >> 1) & INTEGER_MAX) >> ((right - 1) & 63)


def _comparison(compute: Callable[[Any, Any], Any]) -> Binary:  # the signature of the operator module
    def compare(left: Inner, right: Inner) -> Inner:
        if (settled := exceptional(left, right)) is not None:
            return settled
        if isinstance(left, NUMERIC) and isinstance(right, NUMERIC):
            if isinstance(left, float) or isinstance(right, float):
                return bool(compute(float(left), float(right)))
            return bool(compute(left, right))
        if isinstance(left, str) and isinstance(right, str):
            if left.isascii() and right.isascii():
                return bool(compute(left.lower(), right.lower()))
            return bool(compute(encode(left).lower(), encode(right).lower()))
        if isinstance(left, AbsoluteTime) and isinstance(right, AbsoluteTime):
            return bool(compute(left.seconds, right.seconds))
        if isinstance(left, RelativeTime) and isinstance(right, RelativeTime):
            return bool(compute(left.seconds, right.seconds))
        return ERROR

    return compare


def identical(left: Inner, right: Inner) -> bool | Error:
    """`=?=`: same type and same value, strings with case; never UNDEFINED. Two lists or two ads: ERROR."""
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is LazyList or kind is Scope:
        return ERROR
    return bool(left == right)


def not_identical(left: Inner, right: Inner) -> bool | Error:
    same = identical(left, right)
    return same if isinstance(same, Error) else not same


def negate(value: Inner) -> Inner:
    if value is UNDEFINED:
        return UNDEFINED
    if type(value) is int:
        return wrap_integer(-value)
    if type(value) is float:
        return -value
    if isinstance(value, RelativeTime):
        return RelativeTime(-value.seconds)
    return ERROR


def plus(value: Inner) -> Inner:
    if value is UNDEFINED or type(value) in (int, float, RelativeTime):
        return value
    return ERROR


def logical_not(value: Inner) -> Inner:
    seen = truth(value)
    return not seen if isinstance(seen, bool) else seen


def complement(value: Inner) -> Inner:
    if value is UNDEFINED:
        return UNDEFINED
    return ~value if type(value) is int else ERROR


UNARY: Final[dict[str, Callable[[Inner], Inner]]] = {
    "-": negate,
    "+": plus,
    "!": logical_not,
    "~": complement,
}
BINARY: Final[dict[str, Binary]] = {
    "+": _arithmetic(python.add, python.add, _times_add),
    "-": _arithmetic(python.sub, python.sub, _times_subtract),
    "*": _arithmetic(python.mul, python.mul, _times_multiply),
    "/": _arithmetic(divide_integers, divide_reals, _times_divide),
    "%": modulo,
    "&": _bits(python.and_),
    "|": _bits(python.or_),
    "^": _bits(python.xor),
    "<<": _bits(shift_left),
    ">>": _bits(shift_right),
    ">>>": _bits(shift_right_logical),
    "<": _comparison(python.lt),
    "<=": _comparison(python.le),
    ">": _comparison(python.gt),
    ">=": _comparison(python.ge),
    "==": _comparison(python.eq),
    "!=": _comparison(python.ne),
    "=?=": identical,
    "=!=": not_identical,
}


def equal_strings(left: str, right: str) -> bool:
    """`==` of two strings: without ASCII case."""
    return left == right or fold(left) == fold(right)
