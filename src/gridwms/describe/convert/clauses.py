"""The conditions of Requirements that other dialects can say: comparisons of one attribute of the resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridwms.classad import Binary, Call, Expr, Group, ListExpression, Literal, Reference, Unary

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!=", "=?=": "=?=", "=!=": "=!="}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`other.name sign value`."""

    name: str
    sign: str
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Membership:
    """`member(other.name, { values })`, or with the two sides swapped: `member(value, other.name)`."""

    name: str
    values: tuple[str, ...]
    in_resource: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """`regexp(pattern, other.name, options)`."""

    name: str
    pattern: str
    options: str = ""


Clause = Comparison | Membership | Match


def bare(expr: Expr) -> Expr:
    """Without the parentheses around it."""
    while isinstance(expr, Group):
        expr = expr.inner
    return expr


def recognised(expr: Expr) -> Clause | None:
    """The clause as data, or None when it is anything else."""
    expr = bare(expr)
    if isinstance(expr, Binary) and expr.operator in _TURNED:
        left, right = bare(expr.left), bare(expr.right)
        for one, two, sign in ((left, right, expr.operator), (right, left, _TURNED[expr.operator])):
            name, value = resource_attribute(one), constant(two)
            if name and value is not None:
                return Comparison(name, sign, value)
    if isinstance(expr, Call):
        return _call(expr)
    return None


def resource_attribute(expr: Expr) -> str:
    """The name of `other.name` (or `target.name`); empty for anything else."""
    if isinstance(expr, Reference) and isinstance(expr.base, Reference) and expr.base.base is None:
        return expr.name if expr.base.name.lower() in ("other", "target") and not expr.base.absolute else ""
    return ""


def constant(expr: Expr) -> str | int | float | bool | None:
    """The value of a literal, also of a negative number; None for anything else."""
    if isinstance(expr, Unary) and expr.operator == "-" and isinstance(expr.operand, Literal):
        value = expr.operand.value
        return -value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(expr, Literal) and isinstance(expr.value, str | int | float | bool):
        return expr.value
    return None


def _call(call: Call) -> Clause | None:
    name, arguments = call.name.lower(), [bare(argument) for argument in call.arguments]
    if name == "member" and len(arguments) == 2:
        first, second = arguments
        if resource_attribute(first) and isinstance(second, ListExpression):
            values = strings(second.items)
            return Membership(resource_attribute(first), values) if values else None
        value = constant(first)
        if isinstance(value, str) and resource_attribute(second):
            return Membership(resource_attribute(second), (value,), in_resource=True)
    if name == "regexp" and len(arguments) in (2, 3):
        texts = [constant(argument) for argument in (arguments[0], *arguments[2:])]
        if resource_attribute(arguments[1]) and all(isinstance(text, str) for text in texts):
            return Match(resource_attribute(arguments[1]), *(str(text) for text in texts))
    return None


def strings(items: Iterable[Expr]) -> tuple[str, ...]:
    """The strings of a list; nothing when an item is something else."""
    values = [constant(bare(item)) for item in items]
    return tuple(value for value in values if isinstance(value, str)) if _all_strings(values) else ()


def _all_strings(values: list[str | int | float | bool | None]) -> bool:
    return all(isinstance(value, str) for value in values)
