"""What an L&B server answers when something is wrong: its numbers, words and HTTP statuses (gLite reference §6.11)."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from http import HTTPStatus

from gridwms.bookkeeping.query.errors import Failure, QueryError
from gridwms.bookkeeping.text_view import error_text
from gridwms.flow.errors import FlowError, NotPermitted, UnknownJob
from gridwms.security.errors import SecurityError

_UNPARSABLE = 579
"""L&B's own HTTP status for a query that cannot be read."""


@dataclass(frozen=True, slots=True)
class LbError(Exception):
    """`status`: of HTTP. `code`: of the library. `text`: what that number means; `description`: what happened."""

    status: int
    code: int
    text: str
    description: str

    @property
    def phrase(self) -> str:
        """HTTP's word for it."""
        return "Unparsable query" if self.status == _UNPARSABLE else HTTPStatus(self.status).phrase

    @property
    def page(self) -> str:
        """As lines key=value."""
        return error_text(self.phrase, self.code, self.text, self.description)


def no_jobs(description: str = "no matching jobs found") -> LbError:
    """ENOENT."""
    return LbError(404, errno.ENOENT, "No such file or directory", description)


def purged(job: str) -> LbError:
    """EIDRM."""
    return LbError(410, errno.EIDRM, "Identifier removed", f"{job}: matching job already purged")


def not_ours(job: str, address: str) -> LbError:
    """The id of a job of another server."""
    return LbError(404, errno.EINVAL, "Invalid argument", f"{job}: does not match server address ({address})")


def translated(error: FlowError | SecurityError | QueryError) -> LbError:
    """One of our errors in these words."""
    if isinstance(error, QueryError):
        status = {Failure.UNPARSABLE: _UNPARSABLE, Failure.UNSUPPORTED: 501}.get(error.failure, 400)
        return LbError(status, errno.EINVAL, "Invalid argument", str(error))
    if isinstance(error, UnknownJob):
        return no_jobs()
    if isinstance(error, NotPermitted | SecurityError):
        return LbError(401, errno.EPERM, "Operation not permitted", f"{error.sentence} {error.advice}")
    return LbError(503, errno.EAGAIN, "Resource temporarily unavailable", f"{error.sentence} {error.advice}")
