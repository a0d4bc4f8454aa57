"""member(), identicalMember(), sum(), avg(), min(), max(), anyCompare(), allCompare(), size()."""

from __future__ import annotations

from gridwms.classad.compiler import Compiler
from gridwms.classad.functions.registry import builder, function
from gridwms.classad.lookup import item_values
from gridwms.classad.operators import BINARY, truth
from gridwms.classad.scope import Inner, LazyList, Run, Scope
from gridwms.classad.text import byte_length, fold
from gridwms.classad.tree import Call, Literal
from gridwms.classad.values import ERROR, UNDEFINED

_COMPARE = {op: BINARY[op] for op in ("<", "<=", "==", "!=", ">=", ">")} | {
    "is": BINARY["=?="],
    "isnt": BINARY["=!="],
}
_EQUAL = BINARY["=="]
_IDENTICAL = BINARY["=?="]


@function(1, 1, "size")
def _size(_scope: Scope, arguments: list[Inner]) -> Inner:
    value = arguments[0]
    if isinstance(value, LazyList):
        return len(value.items)
    if isinstance(value, Scope):
        return len(value.ad)
    if isinstance(value, str):
        return byte_length(value)
    return UNDEFINED if value is UNDEFINED else ERROR


def folded_strings(items: LazyList) -> frozenset[str]:
    """The strings of a constant list without case; kept on the list, which one resource's ad holds for long."""
    if items.index is None:
        texts = [item.value for item in items.items if type(item) is Literal and type(item.value) is str]
        joined = "\0".join(texts)
        # One lower() for all.
        plain = joined.isascii() and joined.count("\0") == len(texts) - 1
        items.index = frozenset(joined.lower().split("\0") if plain else map(fold, texts))
    return items.index  # type: ignore[return-value]


def member(scope: Scope, wanted: Inner, container: Inner) -> Inner:
    if wanted is UNDEFINED or container is UNDEFINED:
        return UNDEFINED
    if wanted is ERROR or not isinstance(container, LazyList) or isinstance(wanted, Scope | LazyList):
        return ERROR
    if type(wanted) is str and container.scope is None:
        return fold(wanted) in folded_strings(container)
    return any(_EQUAL(value, wanted) is True for value in item_values(container, scope, 0))


@builder("member", "isMember")
def _member(compiler: Compiler, node: Call, depth: int) -> Run:
    """isMember is its name in the oldest job descriptions (gLite)."""
    if len(node.arguments) != 2:
        return lambda _scope: ERROR
    wanted, container = (compiler.build(argument, depth) for argument in node.arguments)
    if isinstance(node.arguments[0], Literal) and isinstance(text := node.arguments[0].value, str):
        folded = fold(text)

        def run(scope: Scope) -> Inner:
            value = container(scope)
            if type(value) is LazyList and value.scope is None:
                return folded in folded_strings(value)
            return member(scope, text, value)

        return run
    return lambda scope: member(scope, wanted(scope), container(scope))


@function(2, 2, "identicalMember")
def _identical_member(scope: Scope, arguments: list[Inner]) -> Inner:
    wanted, container = arguments
    if container is UNDEFINED or container is ERROR:
        return container
    if not isinstance(container, LazyList) or isinstance(wanted, Scope | LazyList):
        return ERROR
    return any(_IDENTICAL(value, wanted) is True for value in item_values(container, scope, 0))


def _numbers(scope: Scope, value: Inner) -> list[Inner] | Inner:
    """The items of a list that are not UNDEFINED; ERROR if one is no number."""
    if not isinstance(value, LazyList):
        return UNDEFINED if value is UNDEFINED else ERROR
    items = [item for item in item_values(value, scope, 0) if item is not UNDEFINED]
    return items if all(isinstance(item, bool | int | float) for item in items) else ERROR


@function(1, 1, "sum")
def _sum(scope: Scope, arguments: list[Inner]) -> Inner:
    numbers = _numbers(scope, arguments[0])
    if not isinstance(numbers, list):
        return numbers
    return _total(numbers)


def _total(numbers: list[Inner]) -> Inner:
    """A single item stays what it is, a boolean too."""
    if not numbers:
        return 0
    total = numbers[0]
    for number in numbers[1:]:
        total = BINARY["+"](total, number)
    return total


@function(1, 1, "avg")
def _avg(scope: Scope, arguments: list[Inner]) -> Inner:
    numbers = _numbers(scope, arguments[0])
    if not isinstance(numbers, list):
        return numbers
    if not numbers:
        return UNDEFINED  # 0 in HTCondor 25.14, whose own tests ask for this
    return BINARY["/"](_total(numbers), float(len(numbers)))


def _extreme(scope: Scope, value: Inner, operator: str) -> Inner:
    numbers = _numbers(scope, value)
    if not isinstance(numbers, list):
        return numbers
    if not numbers:
        return UNDEFINED
    best = numbers[0]
    for number in numbers[1:]:
        if BINARY[operator](number, best) is True:
            best = number
    if len(numbers) > 1 and isinstance(best, int):
        return float(best) if any(isinstance(number, float) for number in numbers) else int(best)
    return best


@function(1, 1, "min")
def _min(scope: Scope, arguments: list[Inner]) -> Inner:
    return _extreme(scope, arguments[0], "<")


@function(1, 1, "max")
def _max(scope: Scope, arguments: list[Inner]) -> Inner:
    return _extreme(scope, arguments[0], ">")


def _compare(scope: Scope, arguments: list[Inner], deciding: bool) -> Inner:
    operator, container, wanted = arguments
    if operator is UNDEFINED:
        return UNDEFINED
    compare = _COMPARE.get(operator) if isinstance(operator, str) else None
    if compare is None:
        return ERROR
    if not isinstance(container, LazyList):
        return UNDEFINED if container is UNDEFINED else ERROR
    for value in item_values(container, scope, 0):
        seen = truth(compare(value, wanted))
        if seen is ERROR:
            return ERROR
        if seen is UNDEFINED:
            return False
        if seen is deciding:
            return deciding
    return not deciding


@function(3, 3, "anyCompare")
def _any_compare(scope: Scope, arguments: list[Inner]) -> Inner:
    return _compare(scope, arguments, True)


@function(3, 3, "allCompare")
def _all_compare(scope: Scope, arguments: list[Inner]) -> Inner:
    return _compare(scope, arguments, False)
