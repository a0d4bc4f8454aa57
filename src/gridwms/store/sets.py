"""Statements over sets that the two engines spell differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
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


def upsert(connection: Connection, table: Table, key: Sequence[str]) -> Any:
    """INSERT that replaces the other columns of a row with the same key."""
    statement = _insert(connection)(table)
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)


def insert_missing(connection: Connection, table: Table) -> Any:
    """INSERT that leaves rows alone that are there already."""
    return _insert(connection)(table).on_conflict_do_nothing()


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
