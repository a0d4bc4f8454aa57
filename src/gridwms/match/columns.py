"""A snapshot turned on its side: for each attribute, which resources have the same value.

An expression is evaluated once for each distinct combination of the values it can read, not once a resource, and its
values are kept for the next class of jobs that has it too. This is the scalar engine on columns; a compiler to array
operations can take the place of `Columns.evaluate` without any change to what is outside.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, Value, evaluate
from gridwms.match.reading import is_constant, names_read_through
from gridwms.match.resources import Snapshot

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

_KEPT_BYTES = 64_000_000
"""Values of expressions kept a snapshot."""


@dataclass(frozen=True, slots=True)
class _Column:
    """`codes`: equal codes mean equal values. `computed`: some value is an expression, which may read anything."""

    codes: Codes
    count: int
    computed: bool


class Columns:
    """The ads of some resources, as columns that are made when they are first needed. Any thread may ask."""

    def __init__(self, ads: Sequence[ClassAd], ids: Sequence[str] = ()) -> None:
        self.ads = ads
        self.size = len(ads)
        self.order: Codes = np.empty(self.size, dtype=np.int64)
        """The place of each resource when they are sorted by id."""
        self.order[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(self.size)
        self.requirements = _requirements(ads)
        self._columns: dict[str, _Column] = {}
        self._results: OrderedDict[Hashable, Numbers] = OrderedDict()
        self._lock = Lock()
        self._most = max(16, _KEPT_BYTES // (8 * max(1, self.size)))

    def evaluate(
        self, expr: Expr, job: ClassAd, meaning: Callable[[Value], float], rows: Sequence[int] | None = None
    ) -> Numbers:
        """`meaning` of the value of an expression on each resource; `meaning` must not change from call to call.

        Without `rows` the expression is the job's, and all resources are its target. With `rows` it stands in the ads
        of these resources, and the job is the target.
        """
        names = names_read_through(job, [expr])
        if names is None:
            chosen = range(self.size) if rows is None else rows
            return np.array([meaning(self._value(expr, job, row, rows)) for row in chosen], dtype=np.float64)
        columns = [self._column(name) for name in sorted(names)]
        # A computed value reads what it likes of the job, so then all of the job belongs to the key.
        read: Hashable = (
            job if any(c.computed for c in columns) else tuple((n, job[n]) for n in sorted(names) if n in job)
        )
        key = (expr, meaning, read, rows is None or tuple(rows))
        with self._lock:
            result = self._results.get(key)
            if result is not None:
                self._results.move_to_end(key)
                return result
        result = self._evaluate(expr, job, meaning, columns, rows)
        result.flags.writeable = False
        with self._lock:
            self._results[key] = result
            if len(self._results) > self._most:
                self._results.popitem(last=False)
        return result

    def _evaluate(
        self,
        expr: Expr,
        job: ClassAd,
        meaning: Callable[[Value], float],
        columns: Iterable[_Column],
        rows: Sequence[int] | None,
    ) -> Numbers:
        places = np.arange(self.size) if rows is None else np.array(rows, dtype=np.int64)
        combined, count = np.zeros(len(places), dtype=np.int64), 1
        for column in columns:
            if column.count > 1:
                if count * column.count > 1 << 62:
                    _, combined = np.unique(combined, return_inverse=True)
                    count = len(places)
                combined = combined * column.count + column.codes[places]
                count *= column.count
        _, first, group = np.unique(combined, return_index=True, return_inverse=True)
        values = [meaning(self._value(expr, job, int(places[row]), rows)) for row in first]
        numbers: Numbers = np.array(values, dtype=np.float64)[group]
        return numbers

    def _value(self, expr: Expr, job: ClassAd, row: int, rows: Sequence[int] | None) -> Value:
        return evaluate(expr, job, self.ads[row]) if rows is None else evaluate(expr, self.ads[row], job)

    def _column(self, name: str) -> _Column:
        known = self._columns.get(name)
        if known is None:
            known = self._columns[name] = _encode([ad.expressions.get(name) for ad in self.ads])
        return known


def _encode(values: Sequence[Expr | None]) -> _Column:
    seen: dict[Hashable, int] = {}
    codes: list[int] = []
    count, computed = 0, False
    for expr in values:
        key = _key(expr)
        code = None if key is None else seen.get(key)
        if code is None:
            code = count
            count += 1
            if key is None:
                computed = True  # this resource is like no other: its code is not found again
            else:
                seen[key] = code
        codes.append(code)
    return _Column(np.array(codes, dtype=np.int64), count, computed)


_MISSING = ("missing",)


def _key(expr: Expr | None) -> Hashable | None:
    """Equal for equal constants only; None for what is computed.

    Numbers, strings and lists of strings, nearly all there is, take a quick way.
    """
    if expr is None:
        return _MISSING
    if isinstance(expr, Literal):
        value = expr.value
        return (value.__class__, value) if isinstance(value, str | int) else expr
    if isinstance(expr, ListExpression):
        texts = tuple([item.value if isinstance(item, Literal) else None for item in expr.items])
        if {type(text) for text in texts} <= {str}:
            return list, texts
    return expr if is_constant(expr) else None


def _requirements(ads: Sequence[ClassAd]) -> dict[Expr, list[int]]:
    """The Requirements that resources have of their own, and who has them."""
    asking: dict[Expr, list[int]] = {}
    for row, ad in enumerate(ads):
        own = ad.expressions.get("requirements")
        if own is not None:
            asking.setdefault(own, []).append(row)
    return asking


_KEEPING = Lock()
_KEPT: WeakKeyDictionary[Snapshot, Columns] = WeakKeyDictionary()


def columns_of(snapshot: Snapshot) -> Columns:
    """The columns of a snapshot, made once."""
    with _KEEPING:
        columns = _KEPT.get(snapshot)
        if columns is None:
            resources = snapshot.resources
            columns = Columns([resource.ad for resource in resources], [resource.ce_id for resource in resources])
            _KEPT[snapshot] = columns
        return columns
