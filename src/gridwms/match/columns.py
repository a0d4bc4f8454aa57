"""A snapshot turned on its side: for each attribute, which resources have the same value.

An expression is then evaluated once for each distinct combination of the values it can read, not once a resource.
This is the scalar engine; a compiler to array operations can take the place of `evaluate_over` without any change
to what is outside.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from weakref import WeakKeyDictionary

from gridwms.classad import ClassAd, Expr, Literal, Value, evaluate
from gridwms.match.reading import is_constant, names_read_through
from gridwms.match.resources import Snapshot


class Columns:
    """Codes of the attribute values of some resources; equal codes mean equal values."""

    def __init__(self, ads: Sequence[ClassAd]) -> None:
        self.ads = ads
        self._codes: dict[str, list[int]] = {}

    def codes(self, name: str) -> list[int]:
        """One code a resource for the attribute `name` (lower case)."""
        known = self._codes.get(name)
        if known is None:
            known = self._codes[name] = self._encode(name)
        return known

    def _encode(self, name: str) -> list[int]:
        seen: dict[Hashable, int] = {}
        codes: list[int] = []
        for index, ad in enumerate(self.ads):
            expr = ad.get(name)
            key = _key(expr)
            code = seen.get(key)
            if code is None:
                if expr is None or is_constant(expr):
                    code = seen[key] = len(seen)
                else:
                    # A value that is itself computed may read anything, so this resource is like no other.
                    code = -1 - index
            codes.append(code)
        return codes

    def keys(self, names: Iterable[str], rows: Sequence[int] | None = None) -> Sequence[Hashable]:
        """One key a resource (of `rows`, or of all): resources with equal keys agree in all these attributes."""
        columns = [self.codes(name) for name in sorted(names)]
        columns = [column for column in columns if column and column.count(column[0]) != len(column)]
        if rows is not None:
            columns = [[column[row] for row in rows] for column in columns]
        if not columns:
            return [0] * (len(self.ads) if rows is None else len(rows))
        return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def _key(expr: Expr | None) -> Hashable:
    """Equal for equal values only. Plain numbers and strings, nearly all there is, take the quick way."""
    if not isinstance(expr, Literal):
        return expr
    value = expr.value
    if isinstance(value, str | int):
        return value.__class__, value
    return expr


_KEPT: WeakKeyDictionary[Snapshot, Columns] = WeakKeyDictionary()


def columns_of(snapshot: Snapshot) -> Columns:
    """The columns of a snapshot, made once."""
    columns = _KEPT.get(snapshot)
    if columns is None:
        columns = _KEPT[snapshot] = Columns([resource.ad for resource in snapshot.resources])
    return columns


def evaluate_over(expr: Expr, job: ClassAd, columns: Columns, rows: Sequence[int] | None = None) -> list[Value]:
    """The value of an expression of the job on each resource (of `rows`, or of all)."""
    chosen = range(len(columns.ads)) if rows is None else rows
    names = names_read_through(job, [expr])
    if names is None:
        return [evaluate(expr, job, columns.ads[row]) for row in chosen]
    if not chosen:
        return []
    results: dict[Hashable, Value] = {}
    values: list[Value] = []
    for row, key in zip(chosen, columns.keys(names, rows), strict=True):
        if key in results:
            value = results[key]
        else:
            value = results[key] = evaluate(expr, job, columns.ads[row])
        values.append(value)
    return values


def evaluate_back(expr: Expr, job: ClassAd, columns: Columns, rows: Sequence[int]) -> list[Value]:
    """The value of an expression that stands in the ads of these resources, which read the job as `target`."""
    results: dict[Hashable, Value] = {}
    values: list[Value] = []
    names = names_read_through(job, [expr])
    if names is None or not rows:
        return [evaluate(expr, columns.ads[row], job) for row in rows]
    for row, key in zip(rows, columns.keys(names, rows), strict=True):
        if key in results:
            value = results[key]
        else:
            value = results[key] = evaluate(expr, columns.ads[row], job)
        values.append(value)
    return values
