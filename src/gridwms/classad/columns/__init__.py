"""Conditions on all resources at once: columns, bit planes, and the same turned round for pull."""

from gridwms.classad.columns.condition import Condition
from gridwms.classad.columns.match import Matcher, Matches, Rank
from gridwms.classad.columns.planes import Planes, bits_of_rows, mask_of, rows_of
from gridwms.classad.columns.store import ColumnStore, collector_at_rest

__all__ = [
    "ColumnStore",
    "Condition",
    "Matcher",
    "Matches",
    "Planes",
    "Rank",
    "bits_of_rows",
    "collector_at_rest",
    "mask_of",
    "rows_of",
]
