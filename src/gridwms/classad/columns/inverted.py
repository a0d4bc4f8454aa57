"""Which rows hold a text in their list: what member() asks.

The index is made once; rows that change later are looked at one by one until a tenth of all has changed.
"""

from __future__ import annotations

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.planes import Mask, Rows
from gridwms.classad.functions.lists import folded_strings
from gridwms.classad.scope import LazyList
from gridwms.classad.text import fold

_NO_ROWS = numpy.empty(0, dtype=numpy.int64)


class Inverted:
    """Folded text to rows, for the lists of a column."""

    __slots__ = ("index", "rows")

    def __init__(self, rows: Rows, lists: list[LazyList]) -> None:
        """`lists[i]` is the list of `rows[i]`."""
        texts: list[str] = []
        lengths: list[int] = []
        for items in lists:
            found = [item.value for item in items.items]  # type: ignore[attr-defined]
            if set(map(type, found)) - {str}:
                found = [value for value in found if isinstance(value, str)]
            texts += found
            lengths.append(len(found))
        spelled = {text: code for code, text in enumerate(dict.fromkeys(texts))}
        folded: dict[str, int] = {}
        to_folded = numpy.fromiter(
            (folded.setdefault(fold(text), len(folded)) for text in spelled),
            dtype=numpy.int64,
            count=len(spelled),
        )
        codes = numpy.fromiter(map(spelled.__getitem__, texts), dtype=numpy.int64, count=len(texts))
        codes = to_folded[codes] if len(codes) else codes
        narrow = codes.astype(numpy.uint16) if len(folded) < 65536 else codes  # sorts by radix
        order = numpy.argsort(narrow, kind="stable")
        holders = numpy.repeat(rows, lengths)[order] if len(texts) else _NO_ROWS
        bounds = numpy.searchsorted(codes[order], numpy.arange(1, len(folded)))
        parts: list[NDArray[numpy.int64]] = numpy.split(holders, bounds) if folded else []
        self.index: dict[str, Rows] = dict(zip(folded, parts, strict=True))
        self.rows = rows

    def mask(self, text: str, count: int) -> Mask:
        """The rows whose list holds a folded text."""
        mask = numpy.zeros(count, dtype=numpy.bool_)
        mask[self.index.get(text, _NO_ROWS)] = True
        return mask


def holds(items: object, text: str) -> bool:
    """The same for one list."""
    return isinstance(items, LazyList) and text in folded_strings(items)
