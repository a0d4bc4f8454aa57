"""One attribute of all resources: a plane of types, numbers, and codes into a table of distinct texts and lists.

A column is never changed: an update makes a new one, or keeps the old one if the values are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.distinct import Distinct
from gridwms.classad.columns.inverted import Inverted, holds
from gridwms.classad.columns.planes import Mask, Rows
from gridwms.classad.scope import Inner, LazyList
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
Array = TypeVar("Array", bound=numpy.generic)
_NUMBERS: Final = frozenset((BOOLEAN, INTEGER))


class Column:
    """`kinds` says for every row which array holds its value; an array that no row needs is all zero."""

    __slots__ = ("_changed", "_inverted", "codes", "distinct", "kinds", "numbers", "present", "reals")

    def __init__(self, kinds: Kinds, numbers: Integers, reals: Reals, codes: Codes, distinct: Distinct) -> None:
        self.kinds = kinds
        self.numbers = numbers
        self.reals = reals
        self.codes = codes
        self.distinct = distinct
        self.present = frozenset(numpy.flatnonzero(numpy.bincount(kinds, minlength=8)).tolist())
        self._inverted: Inverted | None = None
        # Rows whose list changed since the index was made.
        self._changed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, cells: Sequence[object]) -> Column:
        """The column of these values; what is no plain value is of kind OTHER."""
        count = len(cells)
        types = list(map(type, cells))
        found = set(types)
        if len(found) == 1:
            kinds = numpy.full(count, KINDS.get(types[0], OTHER), dtype=numpy.uint8)
        else:
            table = {kind: KINDS.get(kind, OTHER) for kind in found}
            kinds = numpy.fromiter(map(table.__getitem__, types), dtype=numpy.uint8, count=count)
        column = cls(kinds, *_arrays(count), Distinct())
        for kind in column.present:
            rows = numpy.flatnonzero(kinds == kind)
            column._put(kind, rows, [cells[row] for row in rows.tolist()] if len(found) > 1 else list(cells))
        if LIST in column.present:
            column._index()
        if STRING in column.present:
            column.distinct.segments()
        return column

    def _put(self, kind: int, rows: Rows, values: list[object]) -> None:
        """Fill a column that nobody has seen yet."""
        count = len(self.kinds)
        if kind in _NUMBERS:
            self.numbers = _own(self.numbers, count)
            self.numbers[rows] = values  # type: ignore[assignment]
        elif kind == REAL:
            self.reals = _own(self.reals, count)
            self.reals[rows] = values  # type: ignore[assignment]
        elif kind == STRING:
            self.codes = _own(self.codes, count)
            self.codes[rows] = self.distinct.text_codes(values)  # type: ignore[arg-type]
        elif kind == LIST:
            self.codes = _own(self.codes, count)
            self.codes[rows] = [self.distinct.list_code(value) for value in values]  # type: ignore[arg-type]

    def changed(self, rows: Sequence[int], cells: Sequence[object], count: int) -> Column:
        """The column of `count` rows in which these rows hold these values."""
        if count == len(self.kinds) and all(self._holds(*pair) for pair in zip(rows, cells, strict=True)):
            return self
        numbers, reals, codes = _longer(self.numbers, count), _longer(self.reals, count), _longer(self.codes, count)
        column = Column(_longer(self.kinds, count), numbers, reals, codes, self.distinct)
        by_kind: dict[int, list[int]] = {}
        for position, cell in enumerate(cells):
            by_kind.setdefault(KINDS.get(type(cell), OTHER), []).append(position)
        for kind, positions in by_kind.items():
            chosen = numpy.array([rows[position] for position in positions], dtype=numpy.int64)
            column.kinds[chosen] = kind
            column._put(kind, chosen, [cells[position] for position in positions])
        column = Column(column.kinds, column.numbers, column.reals, column.codes, column.distinct)
        if self._inverted is not None:
            column._inverted = self._inverted
            column._changed = self._changed.union(rows)
            if len(column._changed) * 10 > count:
                column._index()
        return column

    def _holds(self, row: int, cell: object) -> bool:
        kind = KINDS.get(type(cell), OTHER)
        if kind != self.kinds[row] or kind == OTHER:
            return False
        if kind == LIST:
            return bool(self.codes[row] == self.distinct.list_code(cell))  # type: ignore[arg-type]
        # By its text, which tells 0.0 from -0.0.
        return repr(self.value(row)) == repr(cell)

    def gathered(self, rows: Rows) -> Column:
        """These rows as a column of their own."""
        return Column(self.kinds[rows], self.numbers[rows], self.reals[rows], self.codes[rows], self.distinct)

    def _index(self) -> None:
        rows = numpy.flatnonzero(self.kinds == LIST)
        self._inverted = Inverted(rows, self.codes[rows], self.distinct.values)
        self._changed = frozenset()

    def rows_with(self, text: str) -> Mask:
        """The rows whose list holds a folded text."""
        if self._inverted is not None:
            mask = self._inverted.mask(text, len(self.kinds))
            rows = list(self._changed)
        else:
            mask = numpy.zeros(len(self.kinds), dtype=numpy.bool_)
            rows = numpy.flatnonzero(self.kinds == LIST).tolist()
        for row in rows:
            mask[row] = self.kinds[row] == LIST and holds(self.value(row), text)
        return mask

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
            return self.distinct.values[int(self.codes[row])]
        return ERROR if kind == ERROR_KIND else UNDEFINED


def _arrays(count: int) -> tuple[Integers, Reals, Codes]:
    """Arrays of zeros that take no room until they are written to."""
    return (
        numpy.broadcast_to(numpy.zeros(1, dtype=numpy.int64), count),
        numpy.broadcast_to(numpy.zeros(1, dtype=numpy.float64), count),
        numpy.broadcast_to(numpy.full(1, -1, dtype=numpy.int32), count),
    )


def _own(array: NDArray[Array], count: int) -> NDArray[Array]:
    """The array itself if it can be written to, else a copy."""
    return array if array.flags.writeable and len(array) == count else numpy.array(array)


def _longer(array: NDArray[Array], count: int) -> NDArray[Array]:
    """A copy with room for `count` rows; an array without values stays one."""
    if not array.strides[0] and len(array):
        return numpy.broadcast_to(array[:1], count)
    longer = numpy.zeros(count, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
