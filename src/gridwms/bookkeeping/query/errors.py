"""What can be wrong with a query, with the error code of the library and the status of HTTP (gLite reference: HTTP)."""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """The L&B name of an error, its HTTP status and its usual text."""

    INVALID = ("EINVAL", 579, "invalid query")
    UNPARSABLE = ("EINVAL", 579, "the query cannot be parsed")
    UNSUPPORTED = ("ENOTSUP", 501, "the attribute is not supported")
    NO_INDEX = ("EDG_WLL_ERROR_NOINDEX", 503, "no indexed condition in query")
    TOO_MANY = ("E2BIG", 401, "the query matches more than the limit allows")
    NO_JOBS = ("ENOENT", 404, "no matching jobs found")
    NO_EVENTS = ("ENOENT", 404, "no matching events found")
    PURGED = ("EIDRM", 410, "matching job already purged")
    NOT_OWNER = ("EPERM", 401, "not owner")

    @property
    def code(self) -> str:
        """The name of the error in the library."""
        return self.value[0]

    @property
    def http(self) -> int:
        """The status of the HTTP answer."""
        return self.value[1]

    @property
    def text(self) -> str:
        """What it is called."""
        return self.value[2]


class QueryError(Exception):
    """A query that cannot be answered."""

    def __init__(self, failure: Failure, description: str = "") -> None:
        super().__init__(description or failure.text)
        self.failure = failure
