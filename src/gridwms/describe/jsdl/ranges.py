"""RangeValue of JSDL (GFD.136): a union of intervals, as conditions of ClassAd or as one number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gridwms.describe.jsdl.types import truth
from gridwms.describe.jsdl.xml_tree import Element


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, infinities where there is no bound. `exact`: said as one value."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    exact: bool = False


def intervals(element: Element) -> tuple[Interval, ...]:
    """What the element says, in its order. The text must have been validated."""
    return tuple(_READERS[child.name](child) for child in element.children if child.name in _READERS)


def _exact(element: Element) -> Interval:
    value, epsilon = float(element.trimmed), abs(float(element.attributes.get("epsilon", "0").strip()))
    return Interval(value - epsilon, value + epsilon, exact=True)


def _upper(element: Element) -> Interval:
    return Interval(high=float(element.trimmed), high_open=_is_open(element))


def _lower(element: Element) -> Interval:
    return Interval(low=float(element.trimmed), low_open=_is_open(element))


def _range(element: Element) -> Interval:
    low, high = element.first("jsdl:LowerBound"), element.first("jsdl:UpperBound")
    if low is None or high is None:
        return Interval()
    return Interval(float(low.trimmed), float(high.trimmed), _is_open(low), _is_open(high))


def _is_open(element: Element) -> bool:
    return truth(element.attributes.get("exclusiveBound", "false").strip())


_READERS = {
    "jsdl:Exact": _exact,
    "jsdl:UpperBoundedRange": _upper,
    "jsdl:LowerBoundedRange": _lower,
    "jsdl:Range": _range,
}


def condition(name: str, ranges: tuple[Interval, ...], scale: float, *, at_least: bool) -> str:
    """The condition on `other.name`, whose unit is `scale` of JSDL's; empty when every value is accepted.

    `at_least`: an exact value says how much is asked for, and a resource that has more can give it. Published values
    are whole numbers, so bounds are rounded to the whole numbers inside.
    """
    terms = []
    for interval in ranges:
        bounds = _bounds(interval, scale, at_least=at_least)
        if not bounds:
            return ""
        joined = " && ".join(f"other.{name} {sign} {number}" for sign, number in bounds)
        terms.append(f"({joined})" if len(bounds) > 1 and len(ranges) > 1 else joined)
    return " || ".join(dict.fromkeys(terms))


def _bounds(interval: Interval, scale: float, *, at_least: bool) -> list[tuple[str, int]]:
    low, high = interval.low / scale, interval.high / scale
    if interval.exact and at_least:
        return [(">=", math.ceil(low))]
    if interval.exact and interval.low == interval.high:
        return [("==", round(low))]
    if low == high and not (interval.low_open or interval.high_open):
        return [("==", round(low))]
    found = []
    if low > -math.inf and (low > 0 or interval.low_open):
        found.append((">", math.floor(low)) if interval.low_open else (">=", math.ceil(low)))
    if high < math.inf:
        found.append(("<", math.ceil(high)) if interval.high_open else ("<=", math.floor(high)))
    return found


def least(ranges: tuple[Interval, ...]) -> int:
    """The smallest whole number, 1 or more, that is in one of the intervals; 1 when there is none."""
    found = []
    for interval in ranges:
        low = max(interval.low, 1.0)
        number = math.ceil(low)
        if interval.low_open and number <= interval.low:
            number += 1
        found.append(number)
    return min(found, default=1)


def says_more(ranges: tuple[Interval, ...]) -> bool:
    """Whether it is more than a single value or a lower bound."""
    return len(ranges) != 1 or (not ranges[0].exact and ranges[0].high < math.inf)
