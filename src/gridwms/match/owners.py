"""The Requirements that resources have of their own: what their owners ask of a job.

Many resources ask the same (all slots of a pool, all queues of a site), so each such expression is evaluated once for
every distinct combination of the values that it can read, not once a resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import numpy
from numpy.typing import NDArray

from gridwms.classad import UNDEFINED, ClassAd, Expr, Group, Value, conjuncts, evaluate
from gridwms.classad.columns import Planes, bits_of_rows, rows_of
from gridwms.classad.columns.column import OTHER
from gridwms.classad.columns.planes import Rows
from gridwms.classad.columns.store import ColumnStore
from gridwms.match.reading import names_read_through

_TRUE, _FALSE, _UNDEFINED, _ERROR = range(4)
_TRUTHS = {True: _TRUE, False: _FALSE}
Groups = NDArray[numpy.int64]


@dataclass(frozen=True, slots=True)
class OwnCondition:
    """One Requirements expression, and the rows (as bits) of the resources that have it."""

    expr: Expr
    rows: int

    def truth(self, job: ClassAd, store: ColumnStore, rows: int) -> Planes:
        """Whether it accepts the job, on `rows` among its own; on others in none of the planes."""
        return _evaluated(self.expr, job, store, rows, alone=True)

    def terms(self, job: ClassAd, store: ColumnStore) -> list[tuple[Expr, Planes]]:
        """Each of its conjuncts by itself."""
        terms = []
        for term in conjuncts(self.expr):
            while isinstance(term, Group):
                term = term.inner
            terms.append(term)
        return [(term, _evaluated(term, job, store, self.rows, alone=len(terms) == 1)) for term in terms]


_KEEPING = Lock()
_KEPT: WeakKeyDictionary[ColumnStore, tuple[OwnCondition, ...]] = WeakKeyDictionary()


def own_conditions(store: ColumnStore) -> tuple[OwnCondition, ...]:
    """The distinct Requirements of the resources, found once a snapshot."""
    if store.column("requirements") is None:
        return ()
    with _KEEPING:
        known = _KEPT.get(store)
    if known is None:
        asking: dict[Expr, list[int]] = {}
        for row, ad in enumerate(store.ads):
            own = None if ad is None else ad.expressions.get("requirements")
            if own is not None:
                asking.setdefault(own, []).append(row)
        known = tuple(
            OwnCondition(expr, bits_of_rows(numpy.array(rows, dtype=numpy.int64), store.count))
            for expr, rows in asking.items()
        )
        with _KEEPING:
            _KEPT[store] = known
    return known


def _evaluated(expr: Expr, job: ClassAd, store: ColumnStore, rows: int, *, alone: bool) -> Planes:
    places = rows_of(rows, store.count)
    names = names_read_through(job, [expr])
    first, groups = (places, numpy.arange(len(places))) if names is None else _grouped(store, places, names)
    truths = []
    for row in first.tolist():
        ad = store.ads[row]
        assert ad is not None  # noqa: S101 - only rows of resources are asked
        truths.append(_truth(evaluate(expr, ad, job), alone=alone))
    codes = numpy.array(truths, dtype=numpy.uint8)[groups]
    return Planes(*(bits_of_rows(places[codes == code], store.count) for code in (_TRUE, _FALSE, _ERROR)))


def _grouped(store: ColumnStore, places: Rows, names: frozenset[str]) -> tuple[Rows, Groups]:
    """One row of each group in which all these attributes are equal, and the group of each place.

    A row with a computed attribute is like no other: it may read anything.
    """
    groups: Groups = numpy.zeros(len(places), dtype=numpy.int64)
    computed = numpy.zeros(len(places), dtype=numpy.bool_)
    for name in names:
        column = store.column(name)
        if column is None:
            continue
        computed |= column.kinds[places] == OTHER
        # Reals by their bits, so that 0.0 and -0.0 stay apart.
        reals = column.reals[places].view(numpy.int64)
        for part in (column.kinds[places], column.numbers[places], reals, column.codes[places]):
            if (part != part[0]).any():
                _, codes = numpy.unique(part, return_inverse=True)
                _, groups = numpy.unique(groups * (int(codes.max()) + 1) + codes, return_inverse=True)
    groups = numpy.where(computed, len(places) + numpy.arange(len(places)), groups)
    _, first, inverse = numpy.unique(groups, return_index=True, return_inverse=True)
    return places[first], inverse


def _truth(value: Value, *, alone: bool) -> int:
    """As an operand of `&&` a number counts as true or false; a condition that stands alone must be a truth value."""
    if isinstance(value, bool) or (isinstance(value, int | float) and not alone):
        return _TRUTHS[bool(value)]
    return _UNDEFINED if value is UNDEFINED else _ERROR
