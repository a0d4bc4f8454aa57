"""One statement for many rows, past SQLAlchemy's treatment of each single row.

The statements are still SQLAlchemy's, compiled once for the engine; only the rows go to the driver as they are, which
more than halves the cost of a row. So values must be what the driver takes: no enums, no JSON types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect


def run_many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run `statement` once a row. All rows have the same keys; `statement` lives as long as the program."""
    if not rows:
        return
    text, names = _compiled(statement, connection.dialect, tuple(rows[0]))
    if names is None:
        connection.exec_driver_sql(text, list(rows))
        return
    pick = itemgetter(*names)
    connection.exec_driver_sql(text, [pick(row) for row in rows] if len(names) > 1 else [(pick(r),) for r in rows])


@cache
def _compiled(statement: Any, dialect: Dialect, keys: tuple[str, ...]) -> tuple[str, tuple[str, ...] | None]:
    """The text, and the order of its parameters where the engine numbers them."""
    compiled = statement.compile(dialect=dialect, column_keys=list(keys))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None
