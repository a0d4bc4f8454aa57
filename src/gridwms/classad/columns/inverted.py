"""Which rows hold a text in their list: what member() asks.

Many rows hold the same list (all queues of a cluster its software tags), so the index is one of lists. It is made
once; rows that change later are looked at one by one until a tenth of all has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.planes import Mask, Rows
from gridwms.classad.functions.lists import folded_strings
from gridwms.classad.scope import LazyList
from gridwms.classad.text import fold


class Inverted:
    """Folded text to rows, for the lists of a column."""

    __slots__ = ("_count", "_holders", "_list_of", "rows")

    def __init__(self, rows: Rows, codes: NDArray[numpy.int32], values: Sequence[object]) -> None:
        """`values[codes[i]]` is the list of `rows[i]`."""
        distinct, list_of = numpy.unique(codes, return_inverse=True)
        holders: dict[str, list[int]] = {}
        folded: dict[str, str] = {}
        for number, code in enumerate(distinct.tolist()):
            items = values[code]
            assert isinstance(items, LazyList)  # noqa: S101 - the rows are those with a list
            texts = [item.value for item in items.items]  # type: ignore[attr-defined]
            for text in dict.fromkeys(texts) if set(map(type, texts)) == {str} else texts:
                if isinstance(text, str):
                    name = folded.get(text)
                    if name is None:
                        name = folded[text] = fold(text)
                    holders.setdefault(name, []).append(number)
        self._holders = holders
        self._list_of = list_of
        self._count = len(distinct)
        self.rows = rows

    def mask(self, text: str, count: int) -> Mask:
        """The rows whose list holds a folded text."""
        mask = numpy.zeros(count, dtype=numpy.bool_)
        holders = self._holders.get(text)
        if holders:
            has = numpy.zeros(self._count, dtype=numpy.bool_)
            has[holders] = True
            mask[self.rows] = has[self._list_of]
        return mask


def holds(items: object, text: str) -> bool:
    """The same for one list."""
    return isinstance(items, LazyList) and text in folded_strings(items)
