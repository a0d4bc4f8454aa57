"""The record of a job, from the L&B at the address that its id is (gLite reference §6.1)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from gridwms.glite.jobids import PORT, server_of
from gridwms.glite.user import User

if TYPE_CHECKING:
    from gridwms.client.bookkeeping import Bookkeeping
    from gridwms.client.transport import Transport

T = TypeVar("T")
Data = dict[str, Any]


class LbError(Exception):
    """What L&B's library says of an error: `text` and `description`. `kind`: its name, such as ENOENT."""

    def __init__(self, kind: str, text: str, description: str) -> None:
        super().__init__(f"{text} - {description}")
        self.kind, self.text, self.description = kind, text, description


def record_server(job: str) -> str:
    """`host:port` of what is asked about a job: the server of its id; with GLITE_WMS_QUERY_SERVER_OVERRIDE=yes that of
    GLITE_WMS_QUERY_SERVER, for records that moved there."""
    named = os.environ.get("GLITE_WMS_QUERY_SERVER", "").removeprefix("https://").rstrip("/")
    if named and os.environ.get("GLITE_WMS_QUERY_SERVER_OVERRIDE", "").lower() in ("yes", "true", "1"):
        return named if named.rpartition(":")[2].isdigit() else f"{named}:{PORT}"
    return server_of(job)


class Lb:
    """`trusted`: hosts that are shown the user's token, where there is one."""

    def __init__(self, user: User, trusted: frozenset[str] = frozenset()) -> None:
        self._user, self._trusted = user, trusted
        self._open: dict[str, Transport] = {}

    def close(self) -> None:
        """Give the connections back."""
        for transport in self._open.values():
            transport.close()

    def status(self, job: str, flags: str = "") -> Data:
        """All attributes of a job. Raises LbError."""
        return self._ask(record_server(job), lambda books: books.status(job, flags=flags))

    def events(self, job: str) -> list[Data]:
        """Its events. Raises LbError."""
        return self._ask(record_server(job), lambda books: books.events(job))

    def query(self, server: str, conditions: str) -> list[Data]:
        """The jobs for which conditions hold; each `id` and more. Raises LbError."""
        return self._ask(server, lambda books: list(books.query(conditions)))

    def lines(self, job: str) -> str:
        """Its events as lines of ULM. Raises LbError."""
        return self._ask(record_server(job), lambda books: books.lines(job))

    def ask(self, server: str, question: Callable[[Bookkeeping], T]) -> T:
        """Anything else. Raises LbError."""
        return self._ask(server, question)

    def transport(self, server: str) -> Transport:
        """The connection to a server (`host:port`). Raises LbError."""
        from gridwms.client.errors import ClientError
        from gridwms.client.find import Address
        from gridwms.client.transport import Transport

        if server not in self._open:
            host = server.rpartition(":")[0]
            token = self._user.token if host.strip("[]") in self._trusted else ""
            try:
                self._open[server] = Transport([Address(f"https://{server}", token, self._user.proxy)])
            except ClientError as error:
                raise error_of(error) from error
        return self._open[server]

    def _ask(self, server: str, question: Callable[[Bookkeeping], T]) -> T:
        from gridwms.client.bookkeeping import Bookkeeping
        from gridwms.client.errors import ClientError

        try:
            return question(Bookkeeping(self.transport(server), f"https://{server}"))
        except ClientError as error:
            raise error_of(error) from error


def error_of(error: Exception) -> LbError:
    """An error of the client in the words of L&B's library."""
    from gridwms.client.errors import NotIdentified, NotPermitted, NotThere, NotTrusted, ServiceUnreachable

    match error:
        case NotThere() if getattr(error, "code", "") == "gone":
            return LbError("EIDRM", "Identifier removed", "matching job already purged")
        case NotThere():
            return LbError("ENOENT", "No such file or directory", "no matching jobs found")
        case NotPermitted():
            return LbError("EPERM", "Operation not permitted", getattr(error, "sentence", str(error)))
        case NotTrusted() | NotIdentified():
            return LbError("GSI", "Error in GSI layer", getattr(error, "sentence", str(error)))
        case ServiceUnreachable() if "in time" in str(error) or "timed out" in str(error):
            return LbError("ETIMEDOUT", "Connection timed out", getattr(error, "sentence", str(error)))
        case ServiceUnreachable():
            return LbError("ECONNREFUSED", "Connection refused", getattr(error, "sentence", str(error)))
    return LbError("EINVAL", "Invalid argument", getattr(error, "sentence", str(error)))
