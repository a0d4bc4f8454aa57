"""A regular expression over all distinct texts of a column.

A plain text is looked for directly; a pattern of plain characters, dots and anchors runs once over all texts
joined by line ends; everything else is left to the scalar evaluator, text by text, with its bound on time.
"""

from __future__ import annotations

import re

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.column import Distinct

_SIMPLE = re.compile(r"(?:\.\*)*(\^?(?:[A-Za-z0-9 _/:@,=%&!<>;~`#'\".-]|\\[.\-/:_])*\$?)(?:\.\*)*\Z")


def simple_core(pattern: str) -> str | None:
    """The pattern without `.*` at its ends if it is simple, else None."""
    found = _SIMPLE.match(pattern) if pattern.isascii() else None
    if found is None or ("^" in found[1] and pattern[0] != "^") or ("$" in found[1] and pattern[-1] != "$"):
        return None
    return found[1]


def matching(distinct: Distinct, core: str, options: str) -> NDArray[numpy.bool_] | None:
    """For every code whether its text matches a simple pattern; None if the texts do not allow the short way."""
    texts = distinct.values
    found = numpy.zeros(len(texts), dtype=numpy.bool_)
    if distinct.joined is None or distinct.joined[0] != len(texts):
        strings = [text if isinstance(text, str) else "" for text in texts]
        blob = "\n".join(strings)
        if blob.count("\n") != max(len(strings) - 1, 0) or not blob.isascii():
            return None
        starts = numpy.zeros(len(strings), dtype=numpy.int64)
        lengths = numpy.fromiter(map(len, strings), dtype=numpy.int64, count=len(strings))
        starts[1:] = numpy.cumsum(lengths + 1)[:-1]
        distinct.joined = (len(texts), blob, starts)
    _, blob, starts = distinct.joined
    if not core:
        found[:] = True
        return found
    flags = re.ASCII | re.MULTILINE | (re.IGNORECASE if "i" in options else 0)
    positions = [match.start() for match in re.finditer(core, blob, flags)]
    if positions:
        found[numpy.searchsorted(starts, positions, side="right") - 1] = True
    return found
