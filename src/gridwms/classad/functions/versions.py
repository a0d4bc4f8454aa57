"""Natural comparison of version numbers, as C's strverscmp() does it."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.classad.functions.conversions import to_text
from gridwms.classad.functions.registry import Body, function
from gridwms.classad.scope import Inner, Scope
from gridwms.classad.text import encode
from gridwms.classad.values import ERROR, UNDEFINED

_DIGITS = frozenset(b"0123456789")
_NORMAL, _INTEGRAL, _FRACTION, _ZEROS = range(4)
# The state after a character: something else, a digit from 1, a zero.
_NEXT = (
    (_NORMAL, _INTEGRAL, _ZEROS),
    (_NORMAL, _INTEGRAL, _INTEGRAL),
    (_NORMAL, _FRACTION, _FRACTION),
    (_NORMAL, _FRACTION, _ZEROS),
)
# What decides at the first difference, by state and the two kinds of character: the characters ("c"), the lengths
# of the runs of digits ("l"), or a fixed order.
_DECISION = ("cccclcccc", "c<<>ll>ll", "ccccccccc", "c>><cc<cc")


def _kind(character: int) -> int:
    return (character == 48) + (character in _DIGITS)


def _signed(character: int) -> int:
    """HTCondor compares signed bytes: what is not ASCII comes first."""
    return character - 256 if character > 127 else character


def compare_versions(left: str, right: str) -> int:
    """Negative, zero or positive. Runs of digits count as numbers, with leading zeros as fractions."""
    a, b = encode(left) + b"\0", encode(right) + b"\0"
    position, state = 0, _NORMAL
    while a[position] == b[position]:
        if a[position] == 0:
            return 0
        state = _NEXT[state][_kind(a[position])]
        position += 1
    difference = _signed(a[position]) - _signed(b[position])
    decision = _DECISION[state][_kind(a[position]) * 3 + _kind(b[position])]
    if decision == "c":
        return difference
    if decision != "l":
        return 1 if decision == ">" else -1
    a_end = b_end = position
    while a[a_end] in _DIGITS:
        a_end += 1
    while b[b_end] in _DIGITS:
        b_end += 1
    return difference if a_end == b_end else 1 if a_end > b_end else -1


def _strict_texts(scope: Scope, arguments: list[Inner]) -> list[str] | Inner:
    if any(value is UNDEFINED for value in arguments):
        return UNDEFINED
    if any(value is ERROR for value in arguments):
        return ERROR
    return [to_text(value, scope) for value in arguments]


def _test(accepts: Callable[[int], bool]) -> Body:
    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        texts = _strict_texts(scope, arguments)
        return accepts(compare_versions(texts[0], texts[1])) if isinstance(texts, list) else texts

    return apply


@function(2, 2, "versioncmp")
def _versioncmp(scope: Scope, arguments: list[Inner]) -> Inner:
    texts = _strict_texts(scope, arguments)
    return compare_versions(texts[0], texts[1]) if isinstance(texts, list) else texts


function(2, 2, "versionLT")(_test(lambda order: order < 0))
function(2, 2, "versionLE")(_test(lambda order: order <= 0))
function(2, 2, "versionGT")(_test(lambda order: order > 0))
function(2, 2, "versionGE")(_test(lambda order: order >= 0))
function(2, 2, "versionEQ")(_test(lambda order: order == 0))


@function(3, 3, "version_in_range")
def _version_in_range(scope: Scope, arguments: list[Inner]) -> Inner:
    if arguments[1] is UNDEFINED or arguments[2] is UNDEFINED:
        return UNDEFINED
    if arguments[0] is UNDEFINED:
        return ERROR
    texts = _strict_texts(scope, arguments)
    if not isinstance(texts, list):
        return texts
    version, low, high = texts
    return compare_versions(low, version) <= 0 and compare_versions(version, high) <= 0
