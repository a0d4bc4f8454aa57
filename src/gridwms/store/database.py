"""The connection to the database: one writer that gathers small writes into one commit, and many readers.

A durable commit costs a disk flush. Writes that arrive while one is under way wait for the next, which carries all
of them (group commit); each has a savepoint of its own, so that one that fails harms no other. `write` returns when
the commit is on disk: only then may an answer be given.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gridwms.store.cache import CACHE, JobCache
from gridwms.store.doubt import Commits
from gridwms.store.engines import engine_for, log_ahead
from gridwms.store.errors import StoreUnavailable, unavailable
from gridwms.store.file import make_sure
from gridwms.store.migrate import migrate
from gridwms.store.notices import Notices

__all__ = ["Database", "StoreUnavailable"]

T = TypeVar("T")
_GATHER = 256
"""How many writes one commit carries at most."""


@dataclass(frozen=True, slots=True)
class _Unit:
    work: Callable[[Connection], Any]
    result: Future[Any]


_Done = tuple[_Unit, Any, BaseException | None]
"""A unit, and its value or the exception that is its caller's."""


def _alone(unit: _Unit, connection: Connection) -> tuple[Any, Exception | None]:
    """The value of the only unit of a transaction, or its caller's exception: no savepoint is needed for it."""
    try:
        return unit.work(connection), None
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - belongs to the caller of write, who gets it
        return None, error


class Database:
    """One database. Opening it brings the schema up to date, unless that is not wanted.

    Raises StoreUnavailable, NewerSchema, NotOurs, OlderSchema.
    """

    def __init__(self, url: str, *, upgrade: bool = True) -> None:
        self._engine = engine_for(url)
        try:
            migrate(self._engine, upgrade=upgrade)
            if upgrade:
                log_ahead(self._engine)
        except (DBAPIError, sqlite3.Error) as error:
            raise unavailable(error) from error
        self.shared = self._engine.dialect.name == "postgresql"
        """Whether other instances of the service may use it at the same time."""
        self._reading = (
            self._engine.execution_options(isolation_level="REPEATABLE READ") if self.shared else self._engine
        )
        self._cache = None if self.shared else JobCache()
        self._writing = self._engine.execution_options(writing=True, **{CACHE: self._cache})
        self._notices = Notices(self._engine) if self.shared else None
        self._commits = Commits(self._writing) if self.shared else None
        self._kept: Connection | None = None
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._after: list[Callable[[], None]] = []
        self._writer = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._writer.start()

    @classmethod
    def sqlite(cls, path: Path) -> Database:
        """The default: a file of this machine. It is made with access for its owner alone."""
        make_sure(path)
        return cls(f"sqlite:///{path}")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a consistent view. Raises StoreUnavailable."""
        try:
            with self._reading.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            raise unavailable(error) from error

    def recent(self, work: Callable[[Connection], T]) -> T:
        """As `read`, for jobs that were written lately: on the writer's thread, which has them at hand."""
        return self.read(work) if self.shared else self.write(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return its result once that is on disk.

        `work` runs on the writer's thread, must be quick, and touches nothing but the database. Its own exceptions
        come out here and undo it alone. Raises StoreUnavailable when the commit cannot be made.
        """
        result: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The database is closed: the service is stopping.")
            self._queue.put(_Unit(work, result))
        return result.result()

    @property
    def waiting_writes(self) -> int:
        """How many writes wait for the writer now."""
        return self._queue.qsize()

    def after_commit(self, notify: Callable[[], None]) -> None:
        """Call `notify` on the writer's thread after every commit; it must be quick and must not raise."""
        self._after.append(notify)

    def on_news_from_others(self, notify: Callable[[], None]) -> None:
        """Call `notify`, from a thread of its own, when an instance (this one too) has committed; if it is shared."""
        if self._notices is not None:
            self._notices.begin(notify)

    def close(self) -> None:
        """Finish what was handed in and let go of the database."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._writer.join()
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if self._notices is not None:
            self._notices.close()
        self._engine.dispose()

    def _write_loop(self) -> None:
        going = True
        while going:
            units = [self._queue.get()]
            while len(units) < _GATHER:
                try:
                    units.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            going = None not in units
            self._commit([unit for unit in units if unit is not None])

    def _commit(self, units: list[_Unit]) -> None:
        if not units:
            return
        try:
            done = self._transact(units)
        except DBAPIError as error:
            self._forget_unwritten()
            self._fail(units, error)
            return
        except Exception as error:  # noqa: BLE001 - the writer lives on, whatever it is
            self._forget_unwritten()
            for unit in units:
                unit.result.set_exception(error)
            return
        for notify in self._after:
            notify()
        for unit, value, failure in done:
            if failure is not None:
                unit.result.set_exception(failure)
            else:
                unit.result.set_result(value)

    def _transact(self, units: list[_Unit]) -> list[_Done]:
        """Do all of them in one transaction. What was decided in it stands when this returns."""
        done: list[_Done] = []
        with self._writers_connection() as connection:
            transaction = connection.begin()
            try:
                if len(units) == 1:
                    value, failure = _alone(units[0], connection)
                    if failure is not None:
                        transaction.rollback()
                        self._forget_unwritten()
                        return [(units[0], None, failure)]
                    done.append((units[0], value, None))
                    units = []
                for unit in units:
                    try:
                        with connection.begin_nested():
                            done.append((unit, unit.work(connection), None))
                    except DBAPIError:
                        raise
                    except Exception as error:  # noqa: BLE001 - belongs to the caller of write, who gets it
                        done.append((unit, None, error))
                        self._forget_unwritten()
                if self._notices is not None:
                    self._notices.send(connection)
                if self._commits is not None:
                    self._commits.number(connection)
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                if not (error.connection_invalidated and self._commits is not None and self._commits.was_made()):
                    raise
        return done

    @contextmanager
    def _writers_connection(self) -> Iterator[Connection]:
        """On SQLite always the same one: it knows the pages that writing needs. After any trouble a new one."""
        if self.shared:
            with self._writing.connect() as connection:
                yield connection
            return
        connection = self._kept or self._writing.connect()
        self._kept = None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept = connection

    def _forget_unwritten(self) -> None:
        """What was undone in the database must not live on in the cache."""
        if self._cache is not None:
            self._cache.clear()

    def _fail(self, units: list[_Unit], error: DBAPIError) -> None:
        """A database error undoes the whole commit: each write is tried again alone, to harm no other."""
        if len(units) > 1:
            for unit in units:
                self._commit([unit])
        else:
            units[0].result.set_exception(unavailable(error))
