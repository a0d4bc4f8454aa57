"""The two engines of the store, set so that a commit that returned is on disk."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event

logger = structlog.get_logger(__name__)

LOCKED_SECONDS = 30.0
"""How long to wait for another program that holds a SQLite file."""
_READERS_KIB, _WRITERS_KIB = 4096, 65536
"""Pages that a SQLite connection keeps in memory: the writer those of the indexes by key, which it meets at random."""
_WRITER_LOCK = 848000
"""The number of the advisory lock that writers on PostgreSQL hold."""


def engine_for(url: str) -> Engine:
    """The engine of a database. Connections with the execution option `writing` begin as writers."""
    return _sqlite(url) if url.startswith("sqlite") else _postgresql(url)


def log_ahead(engine: Engine) -> None:
    """Let readers of a SQLite database go on while it is written: a property of a file that is known to be ours.

    Raises sqlite3.Error.
    """
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=WAL")
        raw.close()


def _postgresql(url: str) -> Engine:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)

    @event.listens_for(engine, "first_connect")
    def look(raw: Any, _record: Any) -> None:
        if raw.execute("SHOW fsync").fetchone() == ("off",):
            logger.warning("the PostgreSQL server does not wait for its disk (fsync = off): a power cut loses jobs")
        raw.rollback()

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        # A server may be told to answer before the disk has a commit; what we acknowledge must be there.
        if raw.execute("SHOW synchronous_commit").fetchone() == ("off",):
            raw.execute("SET synchronous_commit = on")
        # Our questions go by an index and are short, whatever a recursive one looks like to the planner.
        raw.execute("SET jit = off")
        raw.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One writing transaction at a time over all instances: events get their cursors in the order in which they
        # become visible, and no two writers ever wait for each other. Many writes share each transaction.
        if connection.get_execution_options().get("writing", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")

    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": LOCKED_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        # The driver's own transaction handling starts them too late for savepoints; we begin them ourselves.
        raw.isolation_level = None
        for pragma in ("synchronous=FULL", "foreign_keys=ON", f"cache_size=-{_READERS_KIB}"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "engine_connect")
    def widen(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            raw: Any = connection.connection.driver_connection
            raw.execute(f"PRAGMA cache_size=-{_WRITERS_KIB}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
