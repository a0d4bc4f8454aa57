"""Statements over many rows, past SQLAlchemy's treatment of each single row.

Rows are tuples of what the driver takes: no enums, no JSON types. On SQLite many rows go into one statement: each
statement lets other threads have the interpreter, so one a row would leave the writer waiting for it at every row.
"""

# Names of tables and columns come from the code of the store alone; values are always parameters.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection

Row = tuple[Any, ...]
_COPIED = 50
"""From so many rows on PostgreSQL takes them as a stream."""
_TOGETHER = 100
"""Rows in one statement; a few more would gain nothing, and a thousand cost more than they save."""


def insert(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[Row], *, missing: bool = False
) -> None:
    """Add rows, in this order. `missing`: those that break a unique key are left out."""
    if connection.dialect.name == "sqlite":
        _in_blocks(connection, rows, lambda count: _insert_sqlite(table, columns, missing, count))
    elif len(rows) >= _COPIED and not missing:
        _copy(connection, table, columns, rows)
    elif rows:
        connection.exec_driver_sql(_insert_postgresql(table, columns, missing), list(rows))


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """On PostgreSQL: many times faster than a statement a row."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({','.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def update(
    connection: Connection, table: str, columns: tuple[str, ...], key: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Set `columns` of the rows with these keys: each of `rows` is the new values, then the key."""
    if rows:
        connection.exec_driver_sql(_update(connection.dialect.name, table, columns, key), list(rows))


def update_equal(
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    values: Row,
    numbers: Collection[int],
    key: str = "number",
    where: tuple[str, int] | None = None,
) -> None:
    """Set `columns` to the same values in all rows whose `key` is one of these, and for which `where` holds."""
    if numbers:
        text = _update_equal(connection.dialect.name, table, columns, key, where[0] if where else "")
        rest = (where[1],) if where else ()
        connection.exec_driver_sql(text, (*values, _numbers(connection, numbers), *rest))


def run_on(connection: Connection, statement: str, numbers: Collection[int]) -> int:
    """Run a statement whose `{among}` stands for the condition that a column is one of these numbers; how many rows."""
    if not numbers:
        return 0
    text = statement.format(among=_AMONG[connection.dialect.name])
    return connection.exec_driver_sql(text, (_numbers(connection, numbers),)).rowcount


_AMONG = {"sqlite": "IN (SELECT value FROM json_each(?))", "postgresql": "= ANY(%s)"}
_MARK = {"sqlite": "?", "postgresql": "%s"}


def _numbers(connection: Connection, numbers: Collection[int]) -> Any:
    return json.dumps(list(numbers)) if connection.dialect.name == "sqlite" else list(numbers)


def _in_blocks(connection: Connection, rows: Sequence[Row], text: Any) -> None:
    whole = len(rows) - len(rows) % _TOGETHER
    for begin in range(0, whole, _TOGETHER):
        values = tuple(chain.from_iterable(rows[begin : begin + _TOGETHER]))
        connection.exec_driver_sql(text(_TOGETHER), values)
    if whole < len(rows):
        connection.exec_driver_sql(text(1), list(rows[whole:]))


@cache
def _insert_sqlite(table: str, columns: tuple[str, ...], missing: bool, count: int) -> str:
    row = f"({','.join('?' * len(columns))})"
    verb = "INSERT OR IGNORE" if missing else "INSERT"
    return f"{verb} INTO {table} ({','.join(columns)}) VALUES {','.join([row] * count)}"


@cache
def _insert_postgresql(table: str, columns: tuple[str, ...], missing: bool) -> str:
    values = ",".join(["%s"] * len(columns))
    rest = " ON CONFLICT DO NOTHING" if missing else ""
    return f"INSERT INTO {table} ({','.join(columns)}) VALUES ({values}){rest}"


@cache
def _update(dialect: str, table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    mark = _MARK[dialect]
    changes = ",".join(f"{name}={mark}" for name in columns)
    return f"UPDATE {table} SET {changes} WHERE {' AND '.join(f'{name}={mark}' for name in key)}"


@cache
def _update_equal(dialect: str, table: str, columns: tuple[str, ...], key: str, where: str) -> str:
    mark = _MARK[dialect]
    rest = f" AND {where}={mark}" if where else ""
    return f"UPDATE {table} SET {','.join(f'{name}={mark}' for name in columns)} WHERE {key} {_AMONG[dialect]}{rest}"
