"""What can be wrong with a query."""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """What kind of mistake; the value is what L&B's library says of it."""

    INVALID = "invalid query"
    UNPARSABLE = "the query cannot be parsed"
    UNSUPPORTED = "the attribute is not supported"


class QueryError(Exception):
    """A query that cannot be answered."""

    def __init__(self, failure: Failure, description: str = "") -> None:
        super().__init__(description or failure.value)
        self.failure = failure
