"""stringListSize() and its family, split(), splitUserName(), splitSlotName(): lists kept in one string."""

from __future__ import annotations

import re
from collections.abc import Callable

from gridwms.classad.functions.conversions import leading_real
from gridwms.classad.functions.patterns import matches
from gridwms.classad.functions.registry import Body, function
from gridwms.classad.scope import Inner, LazyList, Scope
from gridwms.classad.text import fold
from gridwms.classad.values import ERROR, INTEGER_MAX, INTEGER_MIN, UNDEFINED

_DELIMITERS = ", "
_BLANKS = " \t\n\v\f\r"
_WHOLE = re.compile(r"[-+0-9]+\Z")
_INTEGER = re.compile(r"[+-]?[0-9]{1,25}")


def items_of(text: str, delimiters: str = _DELIMITERS) -> list[str]:
    """The items, without the blanks around them; empty ones are left out."""
    parts = re.split(f"[{re.escape(delimiters)}]", text) if delimiters else [text]
    return [item for part in parts if (item := part.strip(_BLANKS))]


def _strings(scope: Scope, arguments: list[Inner]) -> list[str] | None:
    """The arguments if all are strings; every other one makes these functions ERROR."""
    strings = [argument for argument in arguments if isinstance(argument, str)]
    scope.evaluation.charge(sum(map(len, strings)) >> 4)
    return strings if len(strings) == len(arguments) else None


@function(1, 2, "stringListSize")
def _size(scope: Scope, arguments: list[Inner]) -> Inner:
    strings = _strings(scope, arguments)
    return ERROR if strings is None else len(items_of(*strings))


def _summary(whole: Callable[[list[int]], Inner], real: Callable[[list[float]], Inner], empty: Inner) -> Body:
    """An integer if every item is one, else a real; ERROR if an item is no number."""

    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        strings = _strings(scope, arguments)
        if strings is None:
            return ERROR
        items = items_of(*strings)
        if not items:
            return empty
        if all(_WHOLE.match(item) for item in items):
            integers = [_INTEGER.match(item) for item in items]
            return whole([int(i[0]) for i in integers if i]) if all(integers) else ERROR
        numbers = [leading_real(item) for item in items]
        known = [number for number in numbers if number is not None]
        return real(known) if len(known) == len(numbers) else ERROR

    return apply


def _fitting(number: int) -> Inner:
    return number if INTEGER_MIN <= number <= INTEGER_MAX else ERROR


def _whole_average(numbers: list[int]) -> Inner:
    """HTCondor 25.14 cuts the fraction off; here an average that is no integer is a real."""
    total = sum(numbers)
    return _fitting(total // len(numbers)) if total % len(numbers) == 0 else total / len(numbers)


function(1, 2, "stringListSum")(_summary(lambda n: _fitting(sum(n)), sum, 0.0))
function(1, 2, "stringListAvg")(_summary(_whole_average, lambda n: sum(n) / len(n), 0.0))
function(1, 2, "stringListMin")(_summary(lambda n: _fitting(min(n)), min, UNDEFINED))
function(1, 2, "stringListMax")(_summary(lambda n: _fitting(max(n)), max, UNDEFINED))


def _optional(arguments: list[Inner], position: int, default: str) -> str | None:
    """An optional string; UNDEFINED counts as not given, None says it is no string."""
    if position >= len(arguments) or arguments[position] is UNDEFINED:
        return default
    value = arguments[position]
    return value if isinstance(value, str) else None


ListTest = Callable[[str, frozenset[str], str, Callable[[str], str]], bool]


def _against_list(test: ListTest, change: Callable[[str], str]) -> Body:
    """A text against a list; one UNDEFINED counts as "", two give UNDEFINED."""

    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        left, right = arguments[:2]
        delimiters = _optional(arguments, 2, ", \t\r\n")
        if delimiters is None:
            return ERROR
        if left is UNDEFINED and right is UNDEFINED:
            return UNDEFINED
        strings = _strings(scope, ["" if value is UNDEFINED else value for value in (left, right)])
        if strings is None:
            return ERROR
        members = frozenset(change(item) for item in items_of(strings[1], delimiters))
        return test(strings[0], members, delimiters, change)

    return apply


def _is_member(wanted: str, members: frozenset[str], _delimiters: str, change: Callable[[str], str]) -> bool:
    return change(wanted) in members


def _is_subset(wanted: str, members: frozenset[str], delimiters: str, change: Callable[[str], str]) -> bool:
    """ "" is a subset of anything, a text of nothing but delimiters of nothing (HTCondor 25.14)."""
    items = items_of(wanted, delimiters)
    return members.issuperset(change(item) for item in items) if items else not wanted


function(2, 3, "stringListMember")(_against_list(_is_member, str))
function(2, 3, "stringListIMember")(_against_list(_is_member, fold))
function(2, 3, "stringListSubsetMatch")(_against_list(_is_subset, str))
function(2, 3, "stringListISubsetMatch")(_against_list(_is_subset, fold))


@function(2, 3, "stringListsIntersect")
def _intersect(scope: Scope, arguments: list[Inner]) -> Inner:
    if any(argument is ERROR for argument in arguments):
        return ERROR
    if any(argument is UNDEFINED for argument in arguments):
        return UNDEFINED
    strings = _strings(scope, arguments)
    if strings is None:
        return ERROR
    delimiters = strings[2] if len(strings) == 3 else _DELIMITERS
    return not set(items_of(strings[0], delimiters)).isdisjoint(items_of(strings[1], delimiters))


@function(2, 4, "stringList_regexpMember")
def _regexp_member(scope: Scope, arguments: list[Inner]) -> Inner:
    strings = _strings(scope, arguments)
    if strings is None:
        return ERROR
    delimiters = strings[2] if len(strings) > 2 else _DELIMITERS
    options = strings[3] if len(strings) > 3 else ""
    items = items_of(strings[1], delimiters)
    if not items:
        return UNDEFINED if matches(scope, strings[0], "", options) is not ERROR else ERROR
    for item in items:
        seen = matches(scope, strings[0], item, options)
        if seen is not False:
            return seen
    return False


def split_text(text: str, separators: str) -> list[str]:
    """Neighbouring separators count as one; the same one twice, not a blank, has an empty item between."""
    items: list[str] = []
    start, previous = 0, ""
    for position, character in enumerate(text):
        if character not in separators:
            continue
        if position > start:
            items.append(text[start:position])
        elif character == previous:
            items.append("")
        if character not in _BLANKS:
            previous = character
        start = position + 1
    if start < len(text):
        items.append(text[start:])
    return items


@function(1, 2, "split")
def _split(scope: Scope, arguments: list[Inner]) -> Inner:
    strings = _strings(scope, arguments)
    if strings is None:
        return ERROR
    scope.evaluation.charge(len(strings[0]) >> 1)
    return LazyList.of([*split_text(strings[0], strings[1] if len(strings) > 1 else ", \t")])


@function(1, 1, "splitUserName")
def _split_user_name(_scope: Scope, arguments: list[Inner]) -> Inner:
    """ "user@domain"; without @ it is all user."""
    if not isinstance(arguments[0], str):
        return ERROR
    user, _, domain = arguments[0].partition("@")
    return LazyList.of([user, domain])


@function(1, 1, "splitSlotName")
def _split_slot_name(_scope: Scope, arguments: list[Inner]) -> Inner:
    """ "slot@host"; without @ it is all host."""
    if not isinstance(arguments[0], str):
        return ERROR
    slot, at, host = arguments[0].partition("@")
    return LazyList.of([slot, host] if at else ["", slot])
