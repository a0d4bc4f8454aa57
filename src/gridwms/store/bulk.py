"""Statements over many rows, past SQLAlchemy's treatment of each single row.

Rows are tuples of what the driver takes: no enums, no JSON types. On SQLite many rows go into one statement: each
statement lets other threads have the interpreter, so one a row would leave the writer waiting for it at every row.
"""

# Names of tables and columns come from the code of the store alone; values are always parameters.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

Row = tuple[Any, ...]
_COPIED = 50
"""From so many rows on PostgreSQL takes them as a stream."""
_TOGETHER = 128
"""Rows in one statement; a few more would gain nothing, and a thousand cost more than they save. What is left over goes
by halves of that, so that a few statements serve for any number."""


def insert(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[Row], *, missing: bool = False
) -> None:
    """Add rows, in this order. `missing`: those that break a unique key are left out."""
    if connection.dialect.name == "sqlite":
        for begin, count in _blocks(len(rows)):
            values = tuple(chain.from_iterable(rows[begin : begin + count]))
            connection.exec_driver_sql(_insert_sqlite(table, columns, 0, missing, count), values)
    elif len(rows) >= _COPIED and not missing:
        _copy(connection, table, columns, rows)
    elif rows:
        connection.exec_driver_sql(_insert_postgresql(table, columns, missing), list(rows))


def insert_like(
    connection: Connection,
    table: str,
    same: tuple[str, ...],
    shared: Row,
    columns: tuple[str, ...],
    own: Sequence[Sequence[Any]],
    *,
    missing: bool = False,
) -> None:
    """Add rows that are equal but for some `columns`, whose values are given by column in `own`, in this order."""
    if connection.dialect.name != "sqlite":
        insert(
            connection, table, (*columns, *same), [(*row, *shared) for row in zip(*own, strict=True)], missing=missing
        )
        return
    width = len(columns)
    values = own[0] if width == 1 else list(chain.from_iterable(zip(*own, strict=True)))
    for begin, count in _blocks(len(own[0])):
        text = _insert_sqlite(table, (*same, *columns), len(same), missing, count)
        connection.exec_driver_sql(text, (*shared, *values[begin * width : (begin + count) * width]))


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


def update_like(
    connection: Connection,
    table: str,
    same: tuple[str, ...],
    shared: Row,
    columns: tuple[str, ...],
    own: Sequence[Sequence[Any]],
    numbers: Sequence[int],
    key: str,
    where: tuple[str, int],
) -> None:
    """Set `same` to shared values and `columns` to values of each, by column, in the rows whose `key` is one of these
    numbers and for which `where` holds."""
    if connection.dialect.name != "sqlite":
        rows = [(*shared, *row, number, where[1]) for *row, number in zip(*own, numbers, strict=True)]
        update(connection, table, (*same, *columns), (key, where[0]), rows)
        return
    width = len(columns) + 1
    values = list(chain.from_iterable(zip(*own, numbers, strict=True)))
    for begin, count in _blocks(len(numbers)):
        text = _update_sqlite(table, same, columns, key, where[0], count)
        connection.exec_driver_sql(text, (*shared, where[1], *values[begin * width : (begin + count) * width]))


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
    rest = (where[1],) if where else ()
    for among, some in _among(connection, numbers):
        text = _update_equal(connection.dialect.name, table, columns, key, among, where[0] if where else "")
        connection.exec_driver_sql(text, (*values, *some, *rest))


def run_on(connection: Connection, statement: str, numbers: Collection[int]) -> int:
    """Run a statement whose `{among}` stands for the condition that a column is one of these numbers; how many rows."""
    return sum(
        connection.exec_driver_sql(statement.format(among=among), some).rowcount
        for among, some in _among(connection, numbers)
    )


def select(connection: Connection, statement: str, names: Collection[int] | Collection[str]) -> list[Any]:
    """The rows of a query whose `{among}` stands for the condition that a column is one of these numbers or names."""
    found: list[Any] = []
    for among, some in _among(connection, names):
        result = connection.exec_driver_sql(statement.format(among=among), some)
        cursor: Any = result.cursor
        try:
            found += cursor.fetchall()  # rows of SQLAlchemy's own would cost as much as the question
        except sqlite3.Error as error:
            raise OperationalError(statement, None, error) from error
        result.close()
    return found


_MARK = {"sqlite": "?", "postgresql": "%s"}


def _among(connection: Connection, numbers: Collection[int] | Collection[str]) -> Iterator[tuple[str, Row]]:
    """Conditions that between them hold for these numbers, or names, each with its values.

    What came together often has numbers without gaps, and a span costs half of what its numbers would.
    """
    if connection.dialect.name != "sqlite":
        if numbers:
            yield "= ANY(%s)", (list(numbers),)
        return
    spans, left = _spans(sorted(set(numbers)))
    for span in spans:
        yield "BETWEEN ? AND ?", span
    if left:
        yield "IN (SELECT value FROM json_each(?))", (json.dumps(left),)


_SPAN = 16
"""From so many numbers on a span is a statement of its own."""


def _spans(numbers: list[Any]) -> tuple[list[tuple[int, int]], list[Any]]:
    """Numbers in rising order as spans without gaps, and those that are left over, as all names are."""
    if not numbers or isinstance(numbers[0], str):
        return [], numbers
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return [(numbers[0], numbers[-1])], []
    spans: list[tuple[int, int]] = []
    left: list[int] = []
    begin = 0
    for end in [place for place in range(1, len(numbers)) if numbers[place] != numbers[place - 1] + 1] + [len(numbers)]:
        if end - begin < _SPAN:
            left += numbers[begin:end]
        else:
            spans.append((numbers[begin], numbers[end - 1]))
        begin = end
    return spans, left


def _blocks(rows: int) -> Iterator[tuple[int, int]]:
    """Where statements begin, and how many rows each takes."""
    begin, size = 0, _TOGETHER
    while begin < rows:
        while size > rows - begin:
            size //= 2
        yield begin, size
        begin += size


@cache
def _insert_sqlite(table: str, columns: tuple[str, ...], shared: int, missing: bool, count: int) -> str:
    """So many rows at once; the first columns, so many, have one value in all of them."""
    verb = "INSERT OR IGNORE" if missing else "INSERT"
    same, own = [f"?{place}" for place in range(1, shared + 1)], len(columns) - shared
    rows = (
        ",".join([*same, *(f"?{place}" for place in range(first, first + own))])
        for first in range(shared + 1, shared + 1 + count * own, own)
    )
    return f"{verb} INTO {table} ({','.join(columns)}) VALUES ({'),('.join(rows)})"


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
def _update_sqlite(
    table: str, same: tuple[str, ...], columns: tuple[str, ...], key: str, where: str, count: int
) -> str:
    """By values that the planner takes first: they have no index, and the table has one."""
    shared, width = len(same) + 1, len(columns) + 1
    changes = [f"{name}=?{place}" for place, name in enumerate(same, 1)]
    changes += [f"{name}=v.column{place}" for place, name in enumerate(columns, 1)]
    rows = (
        ",".join(f"?{place}" for place in range(first, first + width))
        for first in range(shared + 1, shared + 1 + count * width, width)
    )
    given = f"(VALUES ({'),('.join(rows)})) v"
    return (
        f"UPDATE {table} SET {','.join(changes)} FROM {given} WHERE {table}.{key}=v.column{width} AND {where}=?{shared}"
    )


@cache
def _update_equal(dialect: str, table: str, columns: tuple[str, ...], key: str, among: str, where: str) -> str:
    mark = _MARK[dialect]
    rest = f" AND {where}={mark}" if where else ""
    return f"UPDATE {table} SET {','.join(f'{name}={mark}' for name in columns)} WHERE {key} {among}{rest}"
