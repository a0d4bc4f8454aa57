"""How instances on one PostgreSQL tell each other that there is news: NOTIFY in the transaction, LISTEN in a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

logger = structlog.get_logger(__name__)

_CHANNEL = "gridwms"
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 2.0


class Notices:
    """Sends with a commit, receives in a thread. News that were missed while the line was down are told as one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, connection: Connection) -> None:
        """Let the others know when this transaction is committed."""
        connection.exec_driver_sql(f"NOTIFY {_CHANNEL}")

    def begin(self, notify: Callable[[], None]) -> None:
        """Call `notify` at each news, until `close`."""
        self._thread = threading.Thread(target=self._run, args=(notify,), name="store-notices", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread is None:
            return
        with contextlib.suppress(SQLAlchemyError), self._engine.begin() as connection:
            self.send(connection)  # it listens for a second otherwise
        self._thread.join()

    def _run(self, notify: Callable[[], None]) -> None:
        while not self._closing.is_set():
            try:
                pooled = self._engine.raw_connection()
                connection: Any = pooled.driver_connection
                pooled.detach()
                try:
                    self._listen(connection, notify)
                finally:
                    connection.close()
            except Exception as error:  # noqa: BLE001 - the line comes and goes; the service looks by the clock meanwhile
                logger.warning("news from other instances are delayed", why=str(error))
                self._closing.wait(_AGAIN_SECONDS)

    def _listen(self, connection: Any, notify: Callable[[], None]) -> None:
        connection.autocommit = True
        connection.execute(f"LISTEN {_CHANNEL}")
        notify()
        while not self._closing.is_set():
            for _notice in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                notify()
