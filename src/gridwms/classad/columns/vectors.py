"""Arithmetic on whole columns: the value of a numeric expression for every row, types and all.

What has no numeric column form raises NotColumnar, and the scalar evaluator takes over.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.column import (
    BOOLEAN,
    ERROR_KIND,
    INTEGER,
    LIST,
    OTHER,
    REAL,
    STRING,
    UNDEFINED_KIND,
    Column,
    Integers,
    Kinds,
    Reals,
)
from gridwms.classad.columns.leaves import attribute_of
from gridwms.classad.columns.planes import Mask, Planes, bits_of, mask_of
from gridwms.classad.columns.view import View
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Call, Conditional, Expr, Group, Literal, Unary
from gridwms.classad.values import ERROR, INTEGER_MAX, INTEGER_MIN, UNDEFINED


class NotColumnar(Exception):
    """This expression has no column form."""


class Vector:
    """The values of one expression on all rows; only numbers, UNDEFINED and ERROR can be told apart."""

    __slots__ = ("kinds", "numbers", "reals")

    def __init__(self, kinds: Kinds, numbers: Integers, reals: Reals) -> None:
        self.kinds = kinds
        self.numbers = numbers
        self.reals = reals

    def as_reals(self) -> Reals:
        return numpy.where(self.kinds == REAL, self.reals, self.numbers.astype(numpy.float64))


_NUMERIC = numpy.array([kind in (BOOLEAN, INTEGER, REAL) for kind in range(8)])
_NO_NUMBER = numpy.array([kind in (STRING, LIST) for kind in range(8)])


def vector(node: Expr, view: View, condition: Callable[[Expr], Planes]) -> Vector:
    """The values of a node; `condition` gives the truth of what yields only truth values."""
    while isinstance(node, Group):
        node = node.inner
    if isinstance(node, Literal):
        return _constant(node, view.count)
    if (name := attribute_of(node)) is not None:
        return _attribute(view.column(name), view.count)
    if isinstance(node, Unary):
        if node.operator == "!":
            return _truth(condition(node), view.count)
        if node.operator in ("-", "+"):
            return _signed(vector(node.operand, view, condition), negative=node.operator == "-")
    if isinstance(node, Binary):
        if node.operator in _ARITHMETIC:
            left, right = vector(node.left, view, condition), vector(node.right, view, condition)
            return _arithmetic(node.operator, left, right)
        if node.operator in ("<", "<=", ">", ">=", "==", "!=", "=?=", "=!=", "&&", "||"):
            return _truth(condition(node), view.count)
    if isinstance(node, Conditional):
        return _choice(node.test, node.yes, node.no, view, condition)
    if isinstance(node, Call):
        name = fold(node.name)
        if name == "ifthenelse" and len(node.arguments) == 3:
            return _choice(*node.arguments, view, condition)
        if name in ("member", "regexp", "isundefined", "iserror"):
            return _truth(condition(node), view.count)
    raise NotColumnar


def _constant(node: Literal, count: int) -> Vector:
    value = node.value
    numbers, reals = numpy.zeros(count, dtype=numpy.int64), numpy.zeros(count, dtype=numpy.float64)
    if isinstance(value, bool):
        kind = BOOLEAN
        numbers[:] = value
    elif isinstance(value, int):
        kind = INTEGER
        numbers[:] = value
    elif isinstance(value, float):
        kind = REAL
        reals[:] = value
    elif value is UNDEFINED or value is ERROR:
        kind = UNDEFINED_KIND if value is UNDEFINED else ERROR_KIND
    else:
        raise NotColumnar
    return Vector(numpy.full(count, kind, dtype=numpy.uint8), numbers, reals)


def _attribute(column: Column | None, count: int) -> Vector:
    if column is None:
        zeros = numpy.zeros(count, dtype=numpy.int64)
        return Vector(numpy.full(count, UNDEFINED_KIND, dtype=numpy.uint8), zeros, zeros.astype(numpy.float64))
    # A row of kind OTHER is settled by the scalar evaluator afterwards; here it counts as UNDEFINED.
    kinds = column.kinds
    if OTHER in column.present:
        kinds = numpy.where(kinds == OTHER, UNDEFINED_KIND, kinds).astype(numpy.uint8)
    return Vector(kinds, column.numbers, column.reals)


def _truth(planes: Planes, count: int) -> Vector:
    kinds = numpy.full(count, UNDEFINED_KIND, dtype=numpy.uint8)
    true = mask_of(planes.true, count)
    kinds[true | mask_of(planes.false, count)] = BOOLEAN
    kinds[mask_of(planes.error, count)] = ERROR_KIND
    return Vector(kinds, true.astype(numpy.int64), numpy.zeros(count, dtype=numpy.float64))


def _signed(value: Vector, *, negative: bool) -> Vector:
    """Unary minus and plus: of booleans, texts and lists they are ERROR."""
    kinds = value.kinds.copy()
    kinds[(kinds == BOOLEAN) | (kinds == STRING) | (kinds == LIST)] = ERROR_KIND
    if not negative:
        return Vector(kinds, value.numbers, value.reals)
    with numpy.errstate(all="ignore"):
        return Vector(kinds, -value.numbers, -value.reals)


def _divided(left: Integers, right: Integers) -> Integers:
    safe = numpy.where(right == 0, 1, right)
    special = (left == INTEGER_MIN) & (right == -1)
    quotient = left // numpy.where(special, 1, safe)
    # Toward zero, where numpy goes down.
    remainder = left - quotient * safe
    quotient = quotient + ((remainder != 0) & ((left < 0) != (safe < 0)))
    return numpy.where(special, INTEGER_MAX, quotient)


_ARITHMETIC = frozenset(("+", "-", "*", "/"))


def _arithmetic(operator: str, left: Vector, right: Vector) -> Vector:
    numeric = _NUMERIC[left.kinds] & _NUMERIC[right.kinds]
    error = (left.kinds == ERROR_KIND) | (right.kinds == ERROR_KIND)
    missing = ~error & ((left.kinds == UNDEFINED_KIND) | (right.kinds == UNDEFINED_KIND))
    error |= ~numeric & ~missing
    real = numeric & ((left.kinds == REAL) | (right.kinds == REAL))
    kinds = numpy.full(len(left.kinds), INTEGER, dtype=numpy.uint8)
    reals = numpy.zeros(len(kinds), dtype=numpy.float64)
    with numpy.errstate(all="ignore"):
        if operator == "+":
            numbers = left.numbers + right.numbers
        elif operator == "-":
            numbers = left.numbers - right.numbers
        elif operator == "*":
            numbers = left.numbers * right.numbers
        else:
            numbers = _divided(left.numbers, right.numbers)
            error |= numeric & ~real & (right.numbers == 0)
        if real.any():
            compute = {"+": numpy.add, "-": numpy.subtract, "*": numpy.multiply, "/": numpy.divide}[operator]
            reals = compute(left.as_reals(), right.as_reals())
            error |= real & (reals == numpy.inf)
            kinds[real] = REAL
    kinds[missing] = UNDEFINED_KIND
    kinds[error] = ERROR_KIND
    return Vector(kinds, numbers, reals)


def _choice(test: Expr, yes: Expr, no: Expr, view: View, condition: Callable[[Expr], Planes]) -> Vector:
    seen = _truth(condition(test), view.count)
    first, second = vector(yes, view, condition), vector(no, view, condition)
    true = seen.numbers != 0
    kinds = numpy.where(true, first.kinds, second.kinds)
    kinds = numpy.where(seen.kinds == BOOLEAN, kinds, seen.kinds).astype(numpy.uint8)
    return Vector(kinds, numpy.where(true, first.numbers, second.numbers), numpy.where(true, first.reals, second.reals))


_COMPARE: dict[str, Callable[[NDArray[numpy.generic], NDArray[numpy.generic]], Mask]] = {
    "<": numpy.less,
    "<=": numpy.less_equal,
    ">": numpy.greater,
    ">=": numpy.greater_equal,
    "==": numpy.equal,
    "!=": numpy.not_equal,
}


def compared(operator: str, left: Vector, right: Vector) -> Planes:
    """A comparison of two numeric expressions."""
    texts = _NO_NUMBER[left.kinds] & _NO_NUMBER[right.kinds]
    if texts.any() or operator not in _COMPARE:
        raise NotColumnar  # two texts compare in their own way
    numeric = _NUMERIC[left.kinds] & _NUMERIC[right.kinds]
    error = (left.kinds == ERROR_KIND) | (right.kinds == ERROR_KIND)
    missing = ~error & ((left.kinds == UNDEFINED_KIND) | (right.kinds == UNDEFINED_KIND))
    error |= ~numeric & ~missing
    compare = _COMPARE[operator]
    true = compare(left.numbers, right.numbers)
    real = (left.kinds == REAL) | (right.kinds == REAL)
    if real.any():
        true = numpy.where(real, compare(left.as_reals(), right.as_reals()), true)
    true = true & numeric
    return Planes(bits_of(true), bits_of(numeric & ~true), bits_of(error))


def rank_values(value: Vector) -> Reals:
    """Numbers as they are, NaN where there is none."""
    ranks = numpy.where(value.kinds == REAL, value.reals, value.numbers.astype(numpy.float64))
    ranks[~_NUMERIC[value.kinds]] = numpy.nan
    return ranks
