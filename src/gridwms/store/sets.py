"""Statements over sets that the two engines spell differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 900
"""How many values one IN list takes; far below SQLite's 32,766 variables, so that plans stay cached."""


def chunks(values: Collection[T]) -> Iterator[list[T]]:
    """The values in lists of at most CHUNK."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def upsert(connection: Connection, table: Table, key: tuple[str, ...]) -> Any:
    """INSERT that replaces the other columns of a row with the same key."""
    return _upsert(connection.dialect.name, table, key)


def insert_into(connection: Connection, table: Table) -> Any:
    """INSERT in the engine's own spelling, for what the two others do not say."""
    return _INSERT[connection.dialect.name](table)


def insert_missing(connection: Connection, table: Table) -> Any:
    """INSERT that leaves rows alone that are there already."""
    return _insert_missing(connection.dialect.name, table)


def add_up(connection: Connection, table: Table, key: tuple[str, ...], column: str) -> Any:
    """INSERT that adds its `column` to that of a row with the same key."""
    return _add_up(connection.dialect.name, table, key, column)


# Building such a statement costs more than running it.
@cache
def _upsert(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    statement = _INSERT[dialect](table)
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)


@cache
def _add_up(dialect: str, table: Table, key: tuple[str, ...], column: str) -> Any:
    statement = _INSERT[dialect](table)
    total = table.c[column] + statement.excluded[column]
    return statement.on_conflict_do_update(index_elements=list(key), set_={column: total})


@cache
def _insert_missing(dialect: str, table: Table) -> Any:
    return _INSERT[dialect](table).on_conflict_do_nothing()


_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
