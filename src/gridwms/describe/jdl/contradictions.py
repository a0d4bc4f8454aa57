"""Conditions of Requirements that exclude each other: the same attribute of the resource cannot be both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gridwms.classad import Expr
from gridwms.describe.convert.clauses import Comparison, recognised


@dataclass(slots=True)
class _Known:
    """What the clauses so far leave of an attribute, and which of them narrowed it last."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    text: str | None = None
    clause: Expr | None = None


def contradictions(clauses: Sequence[Expr]) -> Iterator[tuple[Expr, Expr]]:
    """Pairs of clauses that no resource can meet together, the later one first."""
    known: dict[tuple[str, bool], _Known] = {}
    for clause in clauses:
        found = recognised(clause)
        if not isinstance(found, Comparison) or isinstance(found.value, bool):
            continue
        of_text = isinstance(found.value, str)
        one = known.setdefault((found.name.lower(), of_text), _Known())
        before = one.clause
        fits = _add_text(one, found) if of_text else _add_number(one, found)
        if not fits and before is not None:
            yield clause, before
        one.clause = clause


def _add_text(known: _Known, clause: Comparison) -> bool:
    """Strings compare without case with `==`."""
    if clause.sign != "==":
        return True
    value = str(clause.value).lower()
    fits = known.text is None or known.text == value
    known.text = value
    return fits


def _add_number(known: _Known, clause: Comparison) -> bool:
    value = float(clause.value)
    if clause.sign in (">", ">=", "==", "=?=") and value >= known.low:
        known.low_open = (clause.sign == ">") or (known.low_open and value == known.low)
        known.low = value
    if clause.sign in ("<", "<=", "==", "=?=") and value <= known.high:
        known.high_open = (clause.sign == "<") or (known.high_open and value == known.high)
        known.high = value
    if clause.sign in ("==", "=?="):
        inside = known.low <= value <= known.high
        return inside and not _is_empty(known)
    return not _is_empty(known)


def _is_empty(known: _Known) -> bool:
    return known.low > known.high or (known.low == known.high and (known.low_open or known.high_open))
