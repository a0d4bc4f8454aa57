"""Truth of a condition on all rows at once: three sets of rows, kept as the bits of whole numbers.

A row in none of the three is UNDEFINED. Python's integers are the fastest bit sets at hand for thousands of rows:
one `&` over 10,000 rows costs a fifth of a microsecond.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy
from numpy.typing import NDArray

Rows = NDArray[numpy.int64]
Mask = NDArray[numpy.bool_]


def bits_of(mask: Mask) -> int:
    """The set of the rows where a mask is true."""
    return int.from_bytes(numpy.packbits(mask, bitorder="little").tobytes(), "little")


def mask_of(bits: int, count: int) -> Mask:
    """The mask of a set, `count` rows long."""
    data = numpy.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=numpy.uint8)
    return numpy.unpackbits(data, count=count, bitorder="little").view(numpy.bool_)


def rows_of(bits: int, count: int) -> Rows:
    """The rows of a set, in order."""
    if bits == 0:
        return numpy.empty(0, dtype=numpy.int64)
    return numpy.flatnonzero(mask_of(bits, count))


def bits_of_rows(rows: Rows, count: int) -> int:
    mask = numpy.zeros(count, dtype=numpy.bool_)
    mask[rows] = True
    return bits_of(mask)


class Planes(NamedTuple):
    """The rows where a condition is TRUE, FALSE and ERROR. What counts as neither true nor false is ERROR."""

    true: int
    false: int
    error: int

    @property
    def settled(self) -> int:
        """The rows that are not UNDEFINED."""
        return self.true | self.false | self.error


NOWHERE = Planes(0, 0, 0)


def conjunction(left: Planes, right: Planes) -> Planes:
    return Planes(
        left.true & right.true,
        left.false | (right.false & ~left.error),
        left.error | (right.error & ~left.false),
    )


def disjunction(left: Planes, right: Planes) -> Planes:
    return Planes(
        left.true | (right.true & ~left.error),
        left.false & right.false,
        left.error | (right.error & ~left.true),
    )


def negation(planes: Planes) -> Planes:
    return Planes(planes.false, planes.true, planes.error)


def choice(test: Planes, yes: Planes, no: Planes) -> Planes:
    return Planes(
        (test.true & yes.true) | (test.false & no.true),
        (test.true & yes.false) | (test.false & no.false),
        test.error | (test.true & yes.error) | (test.false & no.error),
    )


def otherwise(left: Planes, right: Planes) -> Planes:
    """`left ?: right`."""
    open_rows = ~left.settled
    return Planes(
        left.true | (right.true & open_rows),
        left.false | (right.false & open_rows),
        left.error | (right.error & open_rows),
    )


def patched(old: Planes, new: Planes, rows: int) -> Planes:
    """The old planes with these rows taken from the new ones."""
    keep = ~rows
    return Planes((old.true & keep) | new.true, (old.false & keep) | new.false, (old.error & keep) | new.error)
