"""Some or all rows of a snapshot, as the leaves of a condition see them."""

from __future__ import annotations

from typing import Protocol

import numpy

from gridwms.classad.ad import ClassAd
from gridwms.classad.columns.column import Column
from gridwms.classad.columns.planes import Rows
from gridwms.classad.context import EvaluationContext


class View(Protocol):
    """Rows numbered from 0 to `count`."""

    count: int
    context: EvaluationContext | None

    def column(self, name: str) -> Column | None: ...

    def ad(self, row: int) -> ClassAd | None: ...


class Selection:
    """These rows of another view; columns are gathered when they are asked for."""

    def __init__(self, store: View, rows: Rows) -> None:
        self.store = store
        self.rows = rows
        self.count = len(rows)
        self.context = store.context
        self.gathered: dict[str, Column] = {}

    def column(self, name: str) -> Column | None:
        column = self.gathered.get(name)
        if column is None:
            whole = self.store.column(name)
            if whole is None:
                return None
            column = self.gathered[name] = whole.gathered(self.rows)
        return column

    def ad(self, row: int) -> ClassAd | None:
        return self.store.ad(int(self.rows[row]))


def every_row(view: View) -> int:
    return (1 << view.count) - 1


def all_rows(view: View) -> Rows:
    return numpy.arange(view.count, dtype=numpy.int64)
