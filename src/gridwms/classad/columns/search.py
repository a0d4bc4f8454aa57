"""A regular expression over all distinct texts of a column.

A plain text is looked for directly; a pattern of plain characters, dots and anchors runs once over all texts
joined by line ends; everything else is left to the scalar evaluator, text by text, with its bound on time.
"""

from __future__ import annotations

import re

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.distinct import Distinct


def matching(distinct: Distinct, core: str, options: str) -> NDArray[numpy.bool_] | None:
    """For every code whether its text matches a simple pattern; None if the texts do not allow the short way."""
    found = numpy.zeros(len(distinct.values), dtype=numpy.bool_)
    segments = distinct.segments()
    if segments is None:
        return None
    if not core:
        found[:] = True
        return found
    pattern = re.compile(core, re.ASCII | re.MULTILINE | (re.IGNORECASE if "i" in options else 0))
    for first, text, starts in segments:
        positions = [match.start() for match in pattern.finditer(text)]
        if positions:
            found[first + numpy.searchsorted(starts, positions, side="right") - 1] = True
    return found
