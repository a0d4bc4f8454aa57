"""By how much a clause misses: the same comparison with another value, and how many resources that would open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gridwms.classad import Expr, Group, Literal, unparse
from gridwms.classad.columns.leaves import attribute_of
from gridwms.classad.columns.planes import Rows
from gridwms.classad.columns.store import ColumnStore
from gridwms.classad.tree import Binary

_AT_LEAST, _AT_MOST = frozenset((">", ">=")), frozenset(("<", "<="))
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "=?=": "=?="}


def relaxations(clause: Expr, store: ColumnStore, rows: Rows) -> tuple[tuple[str, int], ...]:
    """What to write instead of a comparison of one attribute with a constant, given the rows that it alone rejects.

    For an order: the nearest value that is published, and the one that would let all in. For an equality: the value
    that most of them have. Nothing for other clauses, and for rows that publish no such value.
    """
    while isinstance(clause, Group):
        clause = clause.inner
    if not isinstance(clause, Binary) or clause.operator not in _MIRRORED:
        return ()
    sides = (clause.left, clause.right, clause.operator), (clause.right, clause.left, _MIRRORED[clause.operator])
    for side, constant, operator in sides:
        name = attribute_of(side)
        column = store.column(name) if name is not None else None
        if column is not None and isinstance(constant, Literal):
            values = [column.value(row) for row in rows.tolist()]
            return _instead(side, operator, constant, values)
    return ()


def _instead(side: Expr, operator: str, constant: Literal, values: Sequence[object]) -> tuple[tuple[str, int], ...]:
    if operator in _AT_LEAST | _AT_MOST:
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if not numbers:
            return ()
        first, last = (max(numbers), min(numbers)) if operator in _AT_LEAST else (min(numbers), max(numbers))
        inclusive = ">=" if operator in _AT_LEAST else "<="
        chosen = [first] if first == last else [first, last]
        return tuple(
            (
                unparse(Binary(inclusive, side, Literal(limit))),
                sum(1 for number in numbers if (number >= limit if operator in _AT_LEAST else number <= limit)),
            )
            for limit in chosen
        )
    kind = type(constant.value)
    most = Counter(value for value in values if type(value) is kind).most_common(1)
    return tuple((unparse(Binary(operator, side, Literal(value))), count) for value, count in most)
