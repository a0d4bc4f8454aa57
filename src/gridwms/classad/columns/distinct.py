"""The distinct texts and constant lists of a column; codes stay valid for ever, so snapshots share the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from gridwms.classad.scope import LazyList
from gridwms.classad.text import fold

# First code, the texts joined by line ends, and where each of them starts.
Segment = tuple[int, str, NDArray[numpy.int64]]


class Distinct:
    """Grows when new values come; never forgets one."""

    __slots__ = ("_joined", "_list_codes", "_segments", "codes", "folded", "values")

    def __init__(self) -> None:
        self.values: list[str | LazyList] = []
        self.codes: dict[str, int] = {}
        # Text without case to the codes of its spellings: what `==` compares.
        self.folded: dict[str, list[int]] = {}
        self._list_codes: dict[tuple[object, ...], int] = {}
        self._segments: list[Segment] | None = []
        self._joined = 0

    def text_codes(self, texts: Sequence[str]) -> list[int]:
        codes = self.codes
        for text in dict.fromkeys(texts):
            if text not in codes:
                codes[text] = len(self.values)
                self.folded.setdefault(fold(text), []).append(len(self.values))
                self.values.append(text)
        return [codes[text] for text in texts]

    def list_code(self, items: LazyList) -> int:
        values = [item.value for item in items.items]  # type: ignore[attr-defined]
        # Lists of texts, nearly all of them, need no types in their key.
        key = tuple(values) if set(map(type, values)) == {str} else (None, *((type(v), repr(v)) for v in values))
        code = self._list_codes.get(key)
        if code is None:
            code = self._list_codes[key] = len(self.values)
            self.values.append(items)
        return code

    def segments(self) -> list[Segment] | None:
        """All texts joined for one search; None if a text holds a line end or is not ASCII."""
        if self._segments is not None and self._joined < len(self.values):
            strings = [value if type(value) is str else "" for value in self.values[self._joined :]]
            joined = "\n".join(strings)
            if joined.count("\n") != len(strings) - 1 or not joined.isascii():
                self._segments = None
                return None
            lengths = numpy.fromiter(map(len, strings), dtype=numpy.int64, count=len(strings))
            starts = numpy.zeros(len(strings), dtype=numpy.int64)
            starts[1:] = numpy.cumsum(lengths + 1)[:-1]
            self._segments = [*self._segments, (self._joined, joined, starts)]
            self._joined = len(self.values)
        return self._segments
