"""One job, or one class of jobs, against all resources: who matches, and in what order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from gridwms.classad.ad import ClassAd
from gridwms.classad.columns.column import Reals
from gridwms.classad.columns.condition import Condition, condition_on
from gridwms.classad.columns.planes import Rows, rows_of
from gridwms.classad.columns.probe import Probe
from gridwms.classad.columns.store import SPECIAL_NAMES, ColumnStore
from gridwms.classad.columns.vectors import NotColumnar, rank_values, vector
from gridwms.classad.flatten import flatten
from gridwms.classad.references import ANYTHING, references
from gridwms.classad.scope import Inner
from gridwms.classad.text import fold
from gridwms.classad.tree import Call, Expr, Literal
from gridwms.classad.unparse import unparse

_NO_RANK = numpy.nan


class Rank:
    """A Rank expression of `my`, folded once. UNDEFINED, ERROR and what is no number rank as NaN."""

    __slots__ = ("columnar", "key", "names", "node", "probe")

    def __init__(self, expr: Expr, my: ClassAd) -> None:
        self.node, self.names = flatten(expr, my)
        own, other = references(self.node)
        self.columnar = not own and ANYTHING not in other and not other & SPECIAL_NAMES
        self.columnar = self.columnar and not (isinstance(self.node, Call) and fold(self.node.name) == "random")
        self.key = unparse(self.node)
        self.probe = Probe(self.node, my, None)

    def values(self, store: ColumnStore, rows: Rows) -> Reals:
        """The ranks of these rows."""
        if self.columnar:
            ranks = store.ranks.get(self.key)
            if ranks is None:
                try:
                    ranks = rank_values(vector(self.node, store, lambda node: condition_on(node, store)))
                except NotColumnar:
                    self.columnar = False
                else:
                    store.ranks[self.key] = ranks
            if ranks is not None:
                chosen: Reals = ranks[rows]
                pending = store.open_rows(self.names)
                if pending:
                    for position, row in enumerate(rows.tolist()):
                        if pending >> row & 1:
                            chosen[position] = self.scalar(store, row)
                return chosen
        return numpy.fromiter((self.scalar(store, row) for row in rows.tolist()), numpy.float64, count=len(rows))

    def order(self, store: ColumnStore) -> Rows | None:
        """All rows that have a rank, best first, rows of one rank in their order: an index for a rank that many classes
        share, such as the one of a VO. None when it cannot be had, or when this is the first to ask for it."""
        ranks = store.ranks.get(self.key) if self.columnar else None
        if ranks is None or store.open_rows(self.names):
            return None
        if self.key not in store.orders:
            store.orders[self.key] = None
            return None
        order = store.orders[self.key]
        if order is None:
            rows = numpy.flatnonzero(~numpy.isnan(ranks))
            order = store.orders[self.key] = rows[numpy.argsort(-ranks[rows], kind="stable")]
        return order

    def scalar(self, store: ColumnStore, row: int) -> float:
        ad = store.ad(row)
        return _NO_RANK if ad is None else rank_number(self.probe.with_ad(ad))


def rank_number(value: Inner) -> float:
    return float(value) if isinstance(value, bool | int | float) else _NO_RANK


@dataclass(frozen=True, slots=True)
class Matches:
    """The rows that match and their ranks (NaN: none), in the order of the store."""

    rows: Rows
    ranks: Reals

    def best(self) -> int | None:
        """The first row of the highest rank; one without a rank when none has one."""
        if not len(self.rows):
            return None
        ranks = numpy.where(numpy.isnan(self.ranks), -numpy.inf, self.ranks)
        return int(self.rows[int(numpy.argmax(ranks))])

    def ordered(self) -> Matches:
        """Highest rank first, those without a rank last; equals stay in the order of the store."""
        order = numpy.argsort(-self.ranks, kind="stable")
        return Matches(self.rows[order], self.ranks[order])


class Matcher:
    """The Requirements and Rank of a job, compiled once and run on any snapshot."""

    def __init__(self, my: ClassAd, *, requirements: str = "requirements", rank: str = "rank") -> None:
        self.condition = Condition.of(my.get(requirements, Literal(True)), my)
        self.rank = Rank(my.get(rank, Literal(0)), my)

    def match(self, store: ColumnStore) -> Matches:
        """Every resource for which the job's Requirements are TRUE. The resource's own are not asked."""
        rows = rows_of(self.condition.true_rows(store), store.count)
        return Matches(rows, self.rank.values(store, rows))
