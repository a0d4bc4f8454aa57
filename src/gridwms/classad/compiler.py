"""Trees to closures: one Python function a node, made once and kept on the node.

The depth of every node inside its expression is known here, so that the limit on depth costs nothing while an
expression runs: what lies too deep is compiled to a function that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from gridwms.classad.ad import ClassAd
from gridwms.classad.lookup import (
    charge_text,
    find,
    item_value,
    look_up,
    look_up_absolute,
    look_up_unscoped,
    named_item,
    select,
)
from gridwms.classad.operators import BINARY, UNARY, equal_strings, truth
from gridwms.classad.scope import DEPTH_LIMIT, LONG_TEXT, Held, Inner, LazyList, Run, Scope, TooDeep
from gridwms.classad.text import fold
from gridwms.classad.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
)
from gridwms.classad.values import ERROR, UNDEFINED, Scalar, wrap_32

CallBuilder = Callable[["Compiler", Call, int], Run]


def too_deep(_scope: Scope) -> NoReturn:
    raise TooDeep("the evaluation is nested too deeply")


class Compiler:
    """Compiles one expression; `deepest` and `size` are known afterwards."""

    def __init__(self, build_call: CallBuilder) -> None:
        self.build_call = build_call
        self.deepest = 0
        self.size = 0

    def build(self, node: Expr, depth: int) -> Run:
        """The function for a node that stands below `depth` operators."""
        self.size += 1
        kind = type(node)
        if kind is Literal:
            return constant(node.value)  # type: ignore[attr-defined]
        if kind is Reference:
            return self.reference(node, depth)  # type: ignore[arg-type]
        if kind is Call:
            return self.build_call(self, node, depth)  # type: ignore[arg-type]
        if kind is ListExpression:
            return listing(node)  # type: ignore[arg-type]
        if kind is ClassAd:
            return nested_ad(node)  # type: ignore[arg-type]
        if kind is Held:
            return constant(node.value)  # type: ignore[attr-defined]
        depth += 1
        self.deepest = max(depth, self.deepest)
        if depth > DEPTH_LIMIT:
            return too_deep
        if kind is Binary:
            operator = node.operator  # type: ignore[attr-defined]
            if operator == "&&" or operator == "||":
                return self.logic(node, operator, depth)  # type: ignore[arg-type]
            if operator == "?:":
                return elvis(self.build(node.left, depth), self.build(node.right, depth))  # type: ignore[attr-defined]
            return self.binary(node, depth)  # type: ignore[arg-type]
        if kind is Group:
            return self.build(node.inner, depth)  # type: ignore[attr-defined]
        if kind is Unary:
            return unary(node.operator, self.build(node.operand, depth))  # type: ignore[attr-defined]
        if kind is Conditional:
            return conditional(*(self.build(part, depth) for part in (node.test, node.yes, node.no)))  # type: ignore[attr-defined]
        if kind is Index:
            return index(self.build(node.base, depth), self.build(node.index, depth), depth)  # type: ignore[attr-defined]
        raise TypeError(f"{kind.__name__} is no part of an expression")

    def reference(self, node: Reference, depth: int) -> Run:
        self.deepest = max(depth + 1, self.deepest)
        name = fold(node.name)
        if depth >= DEPTH_LIMIT:
            return lambda scope: too_deep(scope) if node.base or find(scope, name) else UNDEFINED
        if node.base is not None:
            if type(node.base) is Reference and node.base.base is None and not node.base.absolute:
                prefix = fold(node.base.name)
                if prefix in ("other", "target"):
                    return other_side(prefix, name, depth)
            return selection(self.build(node.base, depth), name, depth)
        if node.absolute:
            return lambda scope: look_up_absolute(scope, name, depth)
        return bare_name(name, depth)

    def binary(self, node: Binary, depth: int) -> Run:
        left = self.build(node.left, depth)
        right = self.build(node.right, depth)
        if isinstance(node.right, Literal) and node.operator in COMPARISONS:
            return compared_to_constant(node.operator, left, node.right.value)
        return binary(node.operator, left, right)

    def logic(self, node: Binary, operator: str, depth: int) -> Run:
        """A chain of the same operator as one loop; the depth of each term is that of the nested form."""
        spine = [node]
        while isinstance(inner := spine[-1].left, Binary) and inner.operator == operator:
            spine.append(inner)
        innermost = depth + len(spine) - 1
        self.deepest = max(innermost, self.deepest)
        if innermost > DEPTH_LIMIT:
            return too_deep
        terms = [self.build(spine[-1].left, innermost)]
        terms += [self.build(n.right, innermost - i) for i, n in enumerate(reversed(spine))]
        return conjunction(tuple(terms)) if operator == "&&" else disjunction(tuple(terms))


def constant(value: Inner) -> Run:
    if type(value) is str and len(value) > LONG_TEXT:

        def long_text(scope: Scope) -> Inner:
            charge_text(value, scope)
            return value

        return long_text
    return lambda _scope: value


def bare_name(name: str, depth: int) -> Run:
    def run(scope: Scope) -> Inner:
        value = scope.constants.get(name)
        return value if value is not None else look_up_unscoped(scope, name, depth)

    return run


def other_side(prefix: str, name: str, depth: int) -> Run:
    """`other.name`, the most frequent reference of all."""

    def run(scope: Scope) -> Inner:
        other = scope.other
        if other is None or prefix in scope.ad.expressions:
            return select(look_up_unscoped(scope, prefix, depth), name, scope, depth)
        value = other.constants.get(name)
        return value if value is not None else look_up(other, name, depth)

    return run


def selection(base: Run, name: str, depth: int) -> Run:
    return lambda scope: select(base(scope), name, scope, depth)


def listing(node: ListExpression) -> Run:
    if all(isinstance(item, Literal) for item in node.items):
        fixed = LazyList(node.items)
        return lambda _scope: fixed
    return lambda scope: LazyList(node.items, scope)


def nested_ad(node: ClassAd) -> Run:
    return lambda scope: Scope(node, scope.evaluation, scope, scope.side)


def unary(operator: str, operand: Run) -> Run:
    apply = UNARY[operator]
    if operator == "!":

        def invert(scope: Scope) -> Inner:
            value = operand(scope)
            if value is True:
                return False
            return True if value is False else apply(value)

        return invert
    return lambda scope: apply(operand(scope))


def elvis(left: Run, right: Run) -> Run:
    def run(scope: Scope) -> Inner:
        value = left(scope)
        return right(scope) if value is UNDEFINED else value

    return run


def conditional(test: Run, yes: Run, no: Run) -> Run:
    def run(scope: Scope) -> Inner:
        seen = truth(test(scope))
        if seen is True:
            return yes(scope)
        if seen is False:
            return no(scope)
        if seen is ERROR:
            # HTCondor evaluates both sides here, and an evaluation that fails in one fails as a whole.
            yes(scope)
            no(scope)
        return seen

    return run


def index(base: Run, position: Run, depth: int) -> Run:
    """`list[int]` or `ad["name"]`; the second looks in that ad only."""

    def run(scope: Scope) -> Inner:
        container, key = base(scope), position(scope)
        if container is ERROR or key is ERROR:
            return ERROR
        if container is UNDEFINED or key is UNDEFINED:
            return UNDEFINED
        try:
            if isinstance(container, LazyList) and type(key) is int:
                key = wrap_32(key)  # HTCondor keeps 32 bits of an index
                if 0 <= key < len(container.items):
                    return item_value(container, key, scope, depth)
            elif isinstance(container, Scope) and isinstance(key, str):
                return named_item(container, fold(key), depth)
        except TooDeep:  # HTCondor makes an ERROR of a failed item, and goes on
            return ERROR
        return ERROR

    return run


def conjunction(terms: tuple[Run, ...]) -> Run:
    """Left to right: FALSE ends, UNDEFINED stays unless a FALSE or ERROR follows, ERROR stays.

    What follows an ERROR is still evaluated, as in HTCondor, since an evaluation that fails there fails as a whole.
    """

    def run(scope: Scope) -> Inner:
        result: Inner = True
        for term in terms:
            value = term(scope)
            if value is True or result is ERROR:
                continue
            if value is not False:
                value = truth(value)
                if value is True:
                    continue
            if value is UNDEFINED or value is ERROR:
                result = value
            else:
                return value
        return result

    return run


def disjunction(terms: tuple[Run, ...]) -> Run:
    def run(scope: Scope) -> Inner:
        result: Inner = False
        for term in terms:
            value = term(scope)
            if value is False or result is ERROR:
                continue
            if value is not True:
                value = truth(value)
                if value is False:
                    continue
            if value is UNDEFINED or value is ERROR:
                result = value
            else:
                return value
        return result

    return run


COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!=", "=?=", "=!="))


def binary(operator: str, left: Run, right: Run) -> Run:
    apply = BINARY[operator]
    return lambda scope: apply(left(scope), right(scope))


def compared_to_constant(operator: str, left: Run, fixed: Scalar) -> Run:
    """Comparisons with a constant are most of all conditions: the usual types take a short way."""
    apply = BINARY[operator]
    if isinstance(fixed, str) and operator == "==":

        def same_text(scope: Scope) -> Inner:
            value = left(scope)
            return equal_strings(value, fixed) if type(value) is str else apply(value, fixed)

        return same_text
    if type(fixed) is int and operator in _INTEGERS:
        compare = _INTEGERS[operator]

        def integers(scope: Scope) -> Inner:
            value = left(scope)
            return compare(value, fixed) if type(value) is int else apply(value, fixed)

        return integers
    return lambda scope: apply(left(scope), fixed)


_INTEGERS: dict[str, Callable[[int, int], bool]] = {
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
    "==": int.__eq__,
    "!=": int.__ne__,
}
