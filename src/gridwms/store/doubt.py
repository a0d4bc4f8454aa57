"""Commits in doubt: the line to the server broke before it answered, and the commit may have been made or not.

Each commit numbers itself in a row of its writer. Who finds the number there afterwards knows that all of it is there.
(The server's own transaction ids do not tell: one that a crash made it forget is given out again.)
"""

from __future__ import annotations

import secrets
import time

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import DBAPIError

from gridwms.store.errors import InDoubt
from gridwms.store.sets import upsert
from gridwms.store.tables import commits

_PATIENCE = 60.0
_PAUSE = 0.25
_KEEP = 86400.0


class Commits:
    """The commits of one writer. `engine` makes connections that take turns with all other writers."""

    def __init__(self, engine: Engine, patience: float = _PATIENCE) -> None:
        self._engine = engine
        self._patience = patience
        self._writer = secrets.token_hex(16)
        self._number = 0

    def number(self, connection: Connection) -> None:
        """Number the commit that is being prepared."""
        self._number += 1
        now = time.time()
        row = {"writer": self._writer, "number": self._number, "time": now}
        connection.execute(upsert(connection, commits, ("writer",)), row)
        if self._number == 1:
            connection.execute(delete(commits).where(commits.c.time < now - _KEEP))

    def was_made(self) -> bool:
        """Whether the last one that was numbered is in the database. Raises InDoubt when nobody answers for long."""
        deadline = time.monotonic() + self._patience
        query = select(commits.c.number).where(commits.c.writer == self._writer)
        while True:
            try:
                # As a writer: a commit that the server is still at holds the lock that this waits for.
                with self._engine.begin() as connection:
                    return bool(connection.execute(query).scalar() == self._number)
            except DBAPIError as error:
                if time.monotonic() > deadline:
                    raise InDoubt(
                        f"The line to the database broke in a commit, and it does not answer for {self._patience:.0f} "
                        "seconds: whether the write was kept is not known. Look before it is tried again."
                    ) from error
                time.sleep(_PAUSE)
