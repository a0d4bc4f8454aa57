"""All resources as columns, in snapshots: a snapshot never changes, an update makes the next one.

Readers keep the snapshot they hold. Conditions leave what they found out about single terms ("leaves") with the
snapshot; the next snapshot takes that over and brings it up to date when it is asked, for the changed rows only.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy

from gridwms.classad.ad import ClassAd
from gridwms.classad.columns.column import OTHER as OPEN_KIND
from gridwms.classad.columns.column import Column, Reals
from gridwms.classad.columns.planes import Planes, Rows, bits_of, bits_of_rows, rows_of
from gridwms.classad.columns.view import Selection
from gridwms.classad.context import EvaluationContext
from gridwms.classad.evaluate import inner_attribute
from gridwms.classad.references import ANYTHING, AROUND, MATCH, OTHER, OWN, references, walk
from gridwms.classad.scope import Held, LazyList, constants_of
from gridwms.classad.text import fold
from gridwms.classad.tree import Call, Expr, ListExpression
from gridwms.classad.values import ERROR, UNDEFINED

# Names that stand for more than an attribute; an attribute called so is left to the scalar evaluator.
SPECIAL_NAMES: Final = OTHER | OWN | AROUND | MATCH
_CHANGING: Final = frozenset(("time", "currenttime", "daytime", "timezoneoffset", "random", "formattime", "abstime"))
_MANY: Final = 100_000
# Marks a cell that no column can hold.
OPEN: Final = object()


class ColumnStore:
    """One snapshot. `keys[row]` names a resource; a row whose resource is gone is not `alive`."""

    def __init__(
        self,
        keys: list[str | None],
        ads: list[ClassAd | None],
        columns: dict[str, Column],
        alive: int,
        context: EvaluationContext | None,
    ) -> None:
        self.keys = keys
        self.ads = ads
        self.columns = columns
        self.alive = alive
        self.context = context
        self.count = len(ads)
        self.row_of = {key: row for row, key in enumerate(keys) if key is not None}
        self.leaves: dict[str, Planes] = {}
        # Leaves of earlier snapshots, and the rows that changed since.
        self.stale: dict[str, tuple[Planes, int]] = {}
        # How often a search was asked for without being kept.
        self.asked: dict[str, int] = {}
        self.ranks: dict[str, Reals] = {}
        # For ranks that several classes share: all rows that have one, best first.
        self.orders: dict[str, Rows | None] = {}
        self._open = {
            name: bits_of(column.kinds == OPEN_KIND) for name, column in columns.items() if OPEN_KIND in column.present
        }
        self._selection: tuple[int, Selection] | None = None

    @classmethod
    def build(
        cls,
        resources: Mapping[str, ClassAd] | Iterable[tuple[str, ClassAd]],
        context: EvaluationContext | None = None,
    ) -> ColumnStore:
        """The first snapshot of these resources."""
        with collector_at_rest():
            return cls._build(dict(resources), context)

    @classmethod
    def _build(cls, pairs: dict[str, ClassAd], context: EvaluationContext | None) -> ColumnStore:
        keys: list[str | None] = list(pairs)
        ads: list[ClassAd | None] = list(pairs.values())
        count = len(ads)
        cells: dict[str, list[object]] = {}
        for row, ad in enumerate(pairs.values()):
            for name, value in cells_of(ad, context).items():
                try:
                    cells[name][row] = value
                except KeyError:
                    cells[name] = [UNDEFINED] * count
                    cells[name][row] = value
        columns = {name: Column.of(values) for name, values in cells.items()}
        return cls(keys, ads, columns, (1 << count) - 1, context)

    def updated(self, changes: Mapping[str, ClassAd | None]) -> ColumnStore:
        """The next snapshot: these resources are new or changed, those with None are gone."""
        keys, ads = list(self.keys), list(self.ads)
        free = [row for row, key in enumerate(keys) if key is None]
        rows: list[int] = []
        alive = self.alive
        for key, ad in changes.items():
            row = self.row_of.get(key)
            if row is None:
                if ad is None:
                    continue
                if free:
                    row = free.pop()
                else:
                    row = len(keys)
                    keys.append(None)
                    ads.append(None)
            keys[row], ads[row] = (None, None) if ad is None else (key, ad)
            alive = alive & ~(1 << row) if ad is None else alive | (1 << row)
            rows.append(row)
        new_cells = [cells_of(ad, self.context) if (ad := ads[row]) is not None else {} for row in rows]
        columns: dict[str, Column] = {}
        count = len(ads)
        names = set(self.columns).union(*new_cells) if new_cells else set(self.columns)
        for name in names:
            column = self.columns.get(name)
            if column is None:
                column = Column.of([UNDEFINED] * self.count) if self.count else Column.of([])
            columns[name] = column.changed(rows, [cells.get(name, UNDEFINED) for cells in new_cells], count)
        snapshot = ColumnStore(keys, ads, columns, alive, self.context)
        changed = bits_of_rows(numpy.array(rows, dtype=numpy.int64), count) if rows else 0
        snapshot.stale = {key: (planes, since | changed) for key, (planes, since) in self.stale.items()}
        snapshot.stale.update({key: (planes, changed) for key, planes in self.leaves.items()})
        return snapshot

    def column(self, name: str) -> Column | None:
        """The column of a folded name; None if no resource has the attribute."""
        return self.columns.get(name)

    def ad(self, row: int) -> ClassAd | None:
        return self.ads[row]

    def open_rows(self, names: frozenset[str]) -> int:
        """The rows where one of these attributes is left to the scalar evaluator."""
        bits = 0
        for name in names:
            bits |= self._open.get(name, 0)
        return bits

    def selection(self, bits: int) -> Selection:
        """These rows as a view; the last one is kept, for all leaves ask for the same rows after an update."""
        if self._selection is None or self._selection[0] != bits:
            self._selection = bits, Selection(self, rows_of(bits, self.count))
        return self._selection[1]

    def names(self, rows: Rows) -> list[str]:
        """The keys of these rows."""
        return [key for row in rows.tolist() if (key := self.keys[row]) is not None]


@contextlib.contextmanager
def collector_at_rest() -> Iterator[None]:
    """For work that makes a million objects that all stay: searching them for garbage doubles its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > _MANY:
            # Without this the collector looks at all of them the moment it is switched on: a pause of a second.
            gc.freeze()
        if enabled:
            gc.enable()


def cells_of(ad: ClassAd, context: EvaluationContext | None) -> dict[str, object]:
    """Attribute to cell: constants as they are, what the ad fixes by itself evaluated, the rest OPEN."""
    constants = ad.constants
    if constants is None:
        constants = constants_of(ad)  # type: ignore[assignment]
    assert constants is not None  # noqa: S101 - for the type checker
    if len(constants) == len(ad):
        return constants
    cells = dict(constants)
    for name, expr in ad.expressions.items():
        if name not in cells:
            cells[name] = _computed(ad, name, expr, context)
    return cells


def _computed(ad: ClassAd, name: str, expr: Expr, context: EvaluationContext | None) -> object:
    items = expr.items if isinstance(expr, ListExpression) else (expr,)
    if any(isinstance(item, ClassAd) for item in items):
        return OPEN  # no column holds ads, however constant
    if not _closed(ad, expr, {name}):
        return OPEN
    value = inner_attribute(ad, name, context)
    if value is UNDEFINED or value is ERROR or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, LazyList) and value.scope is None and not any(isinstance(i, Held) for i in value.items):
        return value
    return OPEN


def _closed(ad: ClassAd, expr: Expr, seen: set[str]) -> bool:
    """Whether an expression of a resource reads its own ad only, and is the same at every evaluation."""
    own, other = references(expr)
    if other or ANYTHING in own or own & SPECIAL_NAMES:
        return False
    for node in walk(expr):
        if isinstance(node, ClassAd) or (isinstance(node, Call) and fold(node.name) in _CHANGING):
            return False
    for name in own - seen:
        seen.add(name)
        inner = ad.expressions.get(name)
        if inner is not None and not _closed(ad, inner, seen):
            return False
    return True
