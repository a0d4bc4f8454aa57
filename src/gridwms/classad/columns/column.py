"""One attribute of all resources: a plane of types, numbers, and codes into a table of distinct texts and lists.

A column is never changed: an update makes a new one. Only the tables of distinct values are shared and grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.planes import Rows
from gridwms.classad.functions.lists import folded_strings
from gridwms.classad.scope import Inner, LazyList
from gridwms.classad.text import fold
from gridwms.classad.values import ERROR, UNDEFINED, Error, Undefined

UNDEFINED_KIND: Final = 0
ERROR_KIND: Final = 1
BOOLEAN: Final = 2
INTEGER: Final = 3
REAL: Final = 4
STRING: Final = 5
LIST: Final = 6
# An expression that needs the other side, a nested ad, a time: left to the scalar evaluator.
OTHER: Final = 7

KINDS: Final[dict[type, int]] = {
    Undefined: UNDEFINED_KIND,
    Error: ERROR_KIND,
    bool: BOOLEAN,
    int: INTEGER,
    float: REAL,
    str: STRING,
    LazyList: LIST,
}
Kinds = NDArray[numpy.uint8]
Integers = NDArray[numpy.int64]
Reals = NDArray[numpy.float64]
Codes = NDArray[numpy.int32]
_NO_ROWS: Final = numpy.empty(0, dtype=numpy.int64)


class Distinct:
    """The distinct texts and constant lists of a column; codes stay valid for ever."""

    __slots__ = ("codes", "folded", "joined", "list_codes", "values")

    def __init__(self) -> None:
        self.values: list[str | LazyList] = []
        self.codes: dict[str, int] = {}
        # Text without case to the codes of its spellings: what `==` compares.
        self.folded: dict[str, list[int]] = {}
        self.list_codes: dict[tuple[tuple[type, object], ...], int] = {}
        self.joined: tuple[int, str, NDArray[numpy.int64]] | None = None

    def text_code(self, text: str) -> int:
        code = self.codes.get(text)
        if code is None:
            code = self.codes[text] = len(self.values)
            self.values.append(text)
            self.folded.setdefault(fold(text), []).append(code)
        return code

    def list_code(self, items: LazyList) -> int:
        key = tuple([(type(item.value), item.value) for item in items.items])  # type: ignore[attr-defined]
        code = self.list_codes.get(key)
        if code is None:
            code = self.list_codes[key] = len(self.values)
            self.values.append(items)
        return code


class Column:
    """`kinds` says for every row which of the arrays holds its value."""

    __slots__ = ("codes", "distinct", "inverted", "kinds", "numbers", "present", "reals")

    def __init__(
        self, kinds: Kinds, numbers: Integers, reals: Reals, codes: Codes, distinct: Distinct, present: frozenset[int]
    ) -> None:
        self.kinds = kinds
        self.numbers = numbers
        self.reals = reals
        self.codes = codes
        self.distinct = distinct
        self.present = present
        self.inverted: dict[str, Rows] | None = None

    @classmethod
    def of(cls, cells: Sequence[object]) -> Column:
        """The column of these values; what is no plain value is of kind OTHER."""
        count = len(cells)
        types = list(map(type, cells))
        found = set(types)
        if len(found) == 1:
            kinds = numpy.full(count, KINDS.get(types[0], OTHER), dtype=numpy.uint8)
        else:
            kinds = numpy.fromiter((KINDS.get(kind, OTHER) for kind in types), dtype=numpy.uint8, count=count)
        numbers = numpy.zeros(count, dtype=numpy.int64)
        reals = numpy.zeros(count, dtype=numpy.float64)
        codes = numpy.full(count, -1, dtype=numpy.int32)
        distinct = Distinct()
        if found == {int}:
            numbers[:] = cells  # type: ignore[call-overload]
        elif found & {int, bool}:
            rows = numpy.flatnonzero((kinds == INTEGER) | (kinds == BOOLEAN))
            numbers[rows] = [cells[row] for row in rows.tolist()]  # type: ignore[misc]
        if float in found:
            rows = numpy.flatnonzero(kinds == REAL)
            reals[rows] = [cells[row] for row in rows.tolist()]  # type: ignore[misc]
        if str in found:
            code_of = distinct.text_code
            rows = numpy.flatnonzero(kinds == STRING)
            codes[rows] = [code_of(cells[row]) for row in rows.tolist()]  # type: ignore[arg-type]
        if LazyList in found:
            rows = numpy.flatnonzero(kinds == LIST)
            codes[rows] = [distinct.list_code(cells[row]) for row in rows.tolist()]  # type: ignore[arg-type]
        column = cls(kinds, numbers, reals, codes, distinct, _kinds_in(kinds))
        if LazyList in found:
            column.inverted = column.inverse()
        return column

    def inverse(self) -> dict[str, Rows]:
        """For every text in a list, without case, the rows whose list holds it."""
        rows = numpy.flatnonzero(self.kinds == LIST)
        codes = self.codes[rows]
        order = numpy.argsort(codes, kind="stable")
        boundaries = numpy.flatnonzero(numpy.diff(codes[order])) + 1
        lists_of: dict[str, list[Rows]] = {}
        for group in numpy.split(order, boundaries) if len(order) else ():
            members = rows[group]
            for text in folded_strings(self.distinct.values[int(codes[group[0]])]):  # type: ignore[arg-type]
                lists_of.setdefault(text, []).append(members)
        return {
            text: parts[0] if len(parts) == 1 else numpy.concatenate(parts) for text, parts in lists_of.items()
        }

    def changed(self, rows: Sequence[int], cells: Sequence[object], count: int) -> Column:
        """A new column of `count` rows in which these rows hold these values."""
        kinds, numbers, reals, codes = (
            _extended(array, count) for array in (self.kinds, self.numbers, self.reals, self.codes)
        )
        old = {row: self.value(row) for row in rows if row < len(self.kinds) and self.kinds[row] == LIST}
        for row, cell in zip(rows, cells, strict=True):
            kind = KINDS.get(type(cell), OTHER)
            kinds[row] = kind
            if kind in (INTEGER, BOOLEAN):
                numbers[row] = cell
            elif kind == REAL:
                reals[row] = cell
            elif kind == STRING:
                codes[row] = self.distinct.text_code(cell)  # type: ignore[arg-type]
            elif kind == LIST:
                codes[row] = self.distinct.list_code(cell)  # type: ignore[arg-type]
        column = Column(kinds, numbers, reals, codes, self.distinct, _kinds_in(kinds))
        if LIST in column.present or self.inverted is not None:
            column.inverted = _changed_inverse(self.inverted or {}, old, rows, cells)
        return column

    def gathered(self, rows: Rows) -> Column:
        """These rows as a column of their own."""
        kinds = self.kinds[rows]
        return Column(kinds, self.numbers[rows], self.reals[rows], self.codes[rows], self.distinct, _kinds_in(kinds))

    def rows_with(self, text: str) -> Rows:
        """The rows whose list holds a folded text."""
        if self.inverted is None:
            self.inverted = self.inverse()
        return self.inverted.get(text, _NO_ROWS)

    def value(self, row: int) -> Inner:
        """The value of a row that is not OTHER."""
        kind = self.kinds[row]
        if kind == INTEGER:
            return int(self.numbers[row])
        if kind == REAL:
            return float(self.reals[row])
        if kind == BOOLEAN:
            return bool(self.numbers[row])
        if kind in (STRING, LIST):
            return self.distinct.values[self.codes[row]]
        return ERROR if kind == ERROR_KIND else UNDEFINED


def _kinds_in(kinds: Kinds) -> frozenset[int]:
    return frozenset(numpy.flatnonzero(numpy.bincount(kinds, minlength=8)).tolist())


def _extended(array: NDArray[numpy.generic], count: int) -> NDArray[numpy.generic]:
    longer = numpy.zeros(count, dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def _changed_inverse(
    inverted: dict[str, Rows], old: dict[int, Inner], rows: Iterable[int], cells: Iterable[object]
) -> dict[str, Rows]:
    gone: dict[str, set[int]] = {}
    come: dict[str, set[int]] = {}
    for row, cell in zip(rows, cells, strict=True):
        was = old.get(row)
        before = folded_strings(was) if isinstance(was, LazyList) else frozenset()
        after = folded_strings(cell) if isinstance(cell, LazyList) else frozenset()
        if before == after:
            continue
        for text in before - after:
            gone.setdefault(text, set()).add(row)
        for text in after - before:
            come.setdefault(text, set()).add(row)
    if not gone and not come:
        return inverted
    result = dict(inverted)
    for text in gone.keys() | come.keys():
        kept = result.get(text, numpy.empty(0, dtype=numpy.int64))
        if text in gone:
            kept = kept[~numpy.isin(kept, list(gone[text]))]
        if text in come:
            kept = numpy.concatenate((kept, numpy.fromiter(come[text], dtype=numpy.int64)))
        if len(kept):
            result[text] = kept
        else:
            result.pop(text, None)
    return result


