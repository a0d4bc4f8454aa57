"""floor(), ceiling(), round(), pow(), quantize(), random()."""

from __future__ import annotations

import math
from collections.abc import Callable

from gridwms.classad.functions.conversions import integer_of, to_real
from gridwms.classad.functions.registry import Body, function
from gridwms.classad.lookup import item_values
from gridwms.classad.scope import EvaluationFailed, Inner, LazyList, Scope
from gridwms.classad.values import ERROR, INTEGER_MAX, UNDEFINED, Error, wrap_integer


def _rounding(compute: Callable[[float], float]) -> Body:
    def apply(_scope: Scope, arguments: list[Inner]) -> Inner:
        value = arguments[0]
        if type(value) is int:
            return value
        number = to_real(value)
        if not isinstance(number, float):
            return ERROR  # UNDEFINED too, in HTCondor 25.14
        return integer_of(compute(number) if math.isfinite(number) else number)

    return apply


function(1, 1, "floor")(_rounding(math.floor))
function(1, 1, "ceil", "ceiling")(_rounding(math.ceil))
function(1, 1, "round")(_rounding(round))  # half to even


def real_power(base: float, exponent: float) -> float:
    """C's pow(), which never fails."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        odd = exponent % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        if base == 0 and exponent < 0:
            odd = exponent % 2 == 1
            return math.copysign(math.inf, base) if odd else math.inf
        return math.nan


def integer_power(base: int, exponent: int) -> int | Error:
    """Exact; what fits no 64 bits is ERROR (HTCondor goes through a double)."""
    if abs(base) > 1 and exponent * math.log2(abs(base)) > 64:
        return ERROR
    if abs(base) <= 1:
        exponent = exponent % 2 if base == -1 else min(exponent, 1)
    result: int = base**exponent
    return result if -INTEGER_MAX - 1 <= result <= INTEGER_MAX else ERROR


@function(2, 2, "pow")
def _pow(_scope: Scope, arguments: list[Inner]) -> Inner:
    base, exponent = arguments
    if type(base) is int and type(exponent) is int and exponent >= 0:
        return integer_power(base, exponent)
    left, right = to_real(base), to_real(exponent)
    if not isinstance(left, float) or not isinstance(right, float):
        return ERROR
    return real_power(left, right)


def _truncated(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _multiple(value: Inner, base: Inner) -> Inner:
    """The next multiple of `base`, upward; `value` itself if that is zero."""
    if type(base) is int and type(value) is int:
        if base > 0:
            return wrap_integer(-(-value // base) * base)
        # A negative step has no upward: HTCondor's formula as it is.
        return value if base == 0 else wrap_integer(_truncated(wrap_integer(value + base - 1), base) * base)
    number, step = to_real(value), to_real(base)
    if not isinstance(number, float) or not isinstance(step, float):
        return ERROR
    if step == 0:
        return value
    quotient = number / step
    if math.isfinite(quotient):
        quotient = math.copysign(math.ceil(quotient), quotient)
    return quotient * step


@function(2, 2, "quantize")
def _quantize(scope: Scope, arguments: list[Inner]) -> Inner:
    value, base = arguments
    if not isinstance(base, LazyList):
        return _multiple(value, base)
    number = to_real(value)
    if not isinstance(number, float):
        return ERROR
    items = item_values(base, scope, 0)
    for item in items:
        bound = to_real(item)
        if not isinstance(bound, float):
            return ERROR
        if bound >= number:
            return item
    return _multiple(value, items[-1]) if items else value


@function(0, 1, "random")
def _random(scope: Scope, arguments: list[Inner]) -> Inner:
    chance = scope.evaluation.context.random
    if not arguments:
        return chance()
    bound = arguments[0]
    if bound is UNDEFINED or isinstance(bound, bool) or not isinstance(bound, int | float):
        return ERROR
    if bound <= 0:
        raise EvaluationFailed("random() of a number that is not positive")
    return int(chance() * bound) if isinstance(bound, int) else chance() * bound
