"""The terms of a condition ("leaves") on all rows: one strategy for each usual form, the scalar evaluator for the rest.

Rows with an attribute of kind OTHER are left out here; the condition settles them one by one.
"""

from __future__ import annotations

import operator as python
import re
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns import column as kinds
from gridwms.classad.columns.column import Column
from gridwms.classad.columns.planes import Mask, Planes, bits_of, negation
from gridwms.classad.columns.probe import (
    ERROR_CODE,
    FALSE_CODE,
    TRUE_CODE,
    UNDEFINED_CODE,
    Probe,
    truth_code,
)
from gridwms.classad.columns.search import matching
from gridwms.classad.columns.view import View, all_rows, every_row
from gridwms.classad.pattern import simple_core
from gridwms.classad.references import OTHER
from gridwms.classad.scope import Inner
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Call, Expr, Group, Literal, Reference, Unary
from gridwms.classad.values import ERROR, UNDEFINED

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {  # the signature of the operator module
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
    "==": python.eq,
    "!=": python.ne,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=", "=?=": "=?=", "=!=": "=!="}
Codes = NDArray[numpy.uint8]


def planes_of(codes: Codes) -> Planes:
    """An array of truth codes as planes."""
    return Planes(bits_of(codes == TRUE_CODE), bits_of(codes == FALSE_CODE), bits_of(codes == ERROR_CODE))


def attribute_of(node: Expr) -> str | None:
    """The folded name in `other.name`."""
    while isinstance(node, Group):
        node = node.inner
    if isinstance(node, Reference) and isinstance(node.base, Reference):
        base = node.base
        if base.base is None and not base.absolute and fold(base.name) in OTHER:
            return fold(node.name)
    return None


def constant_of(node: Expr) -> Inner | None:
    while isinstance(node, Group):
        node = node.inner
    return node.value if isinstance(node, Literal) else None


def leaf_planes(node: Expr, names: frozenset[str], view: View, *, few: bool = False) -> Planes:
    """The truth of a leaf that reads these attributes of the other side and nothing else.

    few: so few rows that a search through all texts of the column would not pay.
    """
    if len(names) == 1:
        (name,) = names
        column = view.column(name)
        if column is None:
            return everywhere(truth_code(Probe(node, None, view.context).with_values({name: UNDEFINED})), view)
        planes = _usual(node, column, few=few)
        return planes if planes is not None else by_value(node, name, column, view)
    return by_row(node, names, view)


def is_search(node: Expr) -> bool:
    """A regular expression, the only leaf that is dear on a whole column."""
    while isinstance(node, Group) or (isinstance(node, Unary) and node.operator == "!"):
        node = node.inner if isinstance(node, Group) else node.operand
    return isinstance(node, Call) and fold(node.name) == "regexp"


def everywhere(code: int, view: View) -> Planes:
    rows = every_row(view)
    return Planes(*(rows if code == wanted else 0 for wanted in (TRUE_CODE, FALSE_CODE, ERROR_CODE)))


def _usual(node: Expr, column: Column, *, few: bool) -> Planes | None:
    """The forms that have a way of their own; None for all others."""
    while isinstance(node, Group):
        node = node.inner
    if isinstance(node, Unary) and node.operator == "!":
        inner = _usual(node.operand, column, few=few)
        return None if inner is None else negation(inner)
    if isinstance(node, Binary):
        operator, left, right = node.operator, node.left, node.right
        constant = constant_of(right)
        if constant is None or attribute_of(left) is None:
            constant, operator = constant_of(left), _MIRRORED.get(operator, "")
            if constant is None or attribute_of(right) is None:
                return None
        return _compared(operator, constant, column)
    if isinstance(node, Call):
        name, arguments = fold(node.name), node.arguments
        if name == "isundefined" and len(arguments) == 1 and attribute_of(arguments[0]):
            missing = bits_of(column.kinds == kinds.UNDEFINED_KIND)
            return Planes(missing, ((1 << len(column.kinds)) - 1) & ~missing, 0)
        if name == "member" and len(arguments) == 2 and attribute_of(arguments[1]):
            wanted = constant_of(arguments[0])
            return _member(wanted, column) if isinstance(wanted, str) else None
        if name == "regexp" and len(arguments) in (2, 3) and attribute_of(arguments[1]):
            pattern = constant_of(arguments[0])
            options = constant_of(arguments[2]) if len(arguments) == 3 else ""
            if isinstance(pattern, str) and options in ("", "i"):
                return _regexp(pattern, str(options), column, few=few)
    return None


def _compared(operator: str, constant: Inner, column: Column) -> Planes | None:
    if operator in ("=?=", "=!="):
        return _identical(constant, column, inverted=operator == "=!=")
    if operator not in _COMPARE:
        return None
    present = column.present
    error = column.kinds == kinds.ERROR_KIND
    if isinstance(constant, str):
        if operator not in ("==", "!="):
            return None
        texts = column.kinds == kinds.STRING
        same = texts & _has_code(column, column.distinct.folded.get(fold(constant), []))
        error |= (column.kinds != kinds.UNDEFINED_KIND) & ~texts
    elif isinstance(constant, bool | int | float):
        compare = _COMPARE[operator]
        numeric = (column.kinds == kinds.INTEGER) | (column.kinds == kinds.BOOLEAN)
        numbers = column.numbers if not isinstance(constant, float) else column.numbers.astype(numpy.float64)
        true = numeric & compare(numbers, int(constant) if isinstance(constant, bool) else constant)
        if kinds.REAL in present:
            real = column.kinds == kinds.REAL
            true |= real & compare(column.reals, float(constant))
            numeric |= real
        if present & {kinds.STRING, kinds.LIST}:
            error |= (column.kinds == kinds.STRING) | (column.kinds == kinds.LIST)
        return Planes(bits_of(true), bits_of(numeric & ~true), bits_of(error))
    else:
        return None
    true = same if operator == "==" else texts & ~same
    return Planes(bits_of(true), bits_of(texts & ~true), bits_of(error))


def _identical(constant: Inner, column: Column, *, inverted: bool) -> Planes | None:
    if constant is UNDEFINED:
        same = column.kinds == kinds.UNDEFINED_KIND
    elif constant is ERROR:
        same = column.kinds == kinds.ERROR_KIND
    elif isinstance(constant, bool):
        same = (column.kinds == kinds.BOOLEAN) & (column.numbers == constant)
    elif isinstance(constant, int):
        same = (column.kinds == kinds.INTEGER) & (column.numbers == constant)
    elif isinstance(constant, float):
        same = (column.kinds == kinds.REAL) & (column.reals == constant)
    elif isinstance(constant, str):
        code = column.distinct.codes.get(constant)
        same = (column.kinds == kinds.STRING) & _has_code(column, [] if code is None else [code])
    else:
        return None
    true = bits_of(same)
    rest = ((1 << len(same)) - 1) & ~true
    return Planes(rest, true, 0) if inverted else Planes(true, rest, 0)


def _has_code(column: Column, codes: list[int]) -> Mask:
    if len(codes) == 1:
        return numpy.equal(column.codes, codes[0])
    if not codes:
        return numpy.zeros(len(column.codes), dtype=numpy.bool_)
    return numpy.isin(column.codes, codes)


def _member(wanted: str, column: Column) -> Planes:
    lists = column.kinds == kinds.LIST
    true = column.rows_with(fold(wanted))
    error = ~lists & (column.kinds != kinds.UNDEFINED_KIND)
    return Planes(bits_of(true), bits_of(lists & ~true), bits_of(error))


def _regexp(pattern: str, options: str, column: Column, *, few: bool) -> Planes | None:
    core = simple_core(pattern)
    if core is None:
        return None
    texts = column.kinds == kinds.STRING
    true = numpy.zeros(len(texts), dtype=numpy.bool_)
    if few:
        search = re.compile(core, re.ASCII | (re.IGNORECASE if "i" in options else 0)).search
        rows = numpy.flatnonzero(texts)
        chosen = [str(column.distinct.values[code]) for code in column.codes[rows].tolist()]
        if not all(map(str.isascii, chosen)):
            return None
        true[rows] = [search(text) is not None for text in chosen]
    else:
        found = matching(column.distinct, core, options)
        if found is None:
            return None
        if len(found):
            true = texts & found[numpy.where(texts, column.codes, 0)]
    error = ~texts & (column.kinds != kinds.UNDEFINED_KIND)
    return Planes(bits_of(true), bits_of(texts & ~true), bits_of(error))


def by_value(node: Expr, name: str, column: Column, view: View) -> Planes:
    """Evaluate once for every distinct value of the one attribute that is read."""
    probe = Probe(node, None, view.context)

    def code_of(value: Inner) -> int:
        return truth_code(probe.with_values({name: value}))

    result = numpy.full(view.count, UNDEFINED_CODE, dtype=numpy.uint8)
    for kind in column.present:
        rows = numpy.flatnonzero(column.kinds == kind)
        if kind in (kinds.UNDEFINED_KIND, kinds.ERROR_KIND):
            result[rows] = code_of(UNDEFINED if kind == kinds.UNDEFINED_KIND else ERROR)
        elif kind in (kinds.INTEGER, kinds.BOOLEAN):
            values, inverse = numpy.unique(column.numbers[rows], return_inverse=True)
            plain: list[Inner] = values.tolist()
            if kind == kinds.BOOLEAN:
                plain = [bool(value) for value in plain]
            result[rows] = _table(code_of, plain)[inverse]
        elif kind == kinds.REAL:
            # By bits, so that 0.0 and -0.0 stay apart.
            patterns, inverse = numpy.unique(column.reals[rows].view(numpy.int64), return_inverse=True)
            result[rows] = _table(code_of, patterns.view(numpy.float64).tolist())[inverse]
        elif kind in (kinds.STRING, kinds.LIST):
            codes, inverse = numpy.unique(column.codes[rows], return_inverse=True)
            objects: list[Inner] = [column.distinct.values[code] for code in codes.tolist()]
            result[rows] = _table(code_of, objects)[inverse]
    return planes_of(result)


def _table(code_of: Callable[[Inner], int], values: list[Inner]) -> Codes:
    return numpy.fromiter((code_of(value) for value in values), dtype=numpy.uint8, count=len(values))


def by_row(node: Expr, names: frozenset[str], view: View) -> Planes:
    """Evaluate for every distinct combination of values of the attributes that are read."""
    probe = Probe(node, None, view.context)
    columns = {name: column for name in names if (column := view.column(name)) is not None}
    if not columns:
        return everywhere(truth_code(probe.with_values(dict.fromkeys(names, UNDEFINED))), view)
    missing = dict.fromkeys(names - columns.keys(), UNDEFINED)
    result = numpy.full(view.count, UNDEFINED_CODE, dtype=numpy.uint8)
    known: dict[tuple[object, ...], int] = {}
    for row in all_rows(view).tolist():
        if any(column.kinds[row] == kinds.OTHER for column in columns.values()):
            continue
        values: dict[str, Inner] = {name: column.value(row) for name, column in columns.items()}
        key = tuple([(type(v), v if not isinstance(v, float) else v.hex()) for v in values.values()])
        code = known.get(key)
        if code is None:
            code = known[key] = truth_code(probe.with_values({**missing, **values}))
        result[row] = code
    return planes_of(result)
