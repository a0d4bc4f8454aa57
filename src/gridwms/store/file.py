"""The file of a SQLite database: it appears with its schema, whole, on disk, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gridwms.store.engines import engine_for
from gridwms.store.errors import StoreUnavailable, unavailable
from gridwms.store.migrate import migrate


def make_sure(path: Path) -> None:
    """Make a database when there is none, with access for its owner alone. Raises StoreUnavailable.

    An empty file is one that somebody cut: to begin a new database in it would hide that every job is gone.
    """
    try:
        if not path.exists():
            _make(path)
        elif path.stat().st_size == 0:
            raise StoreUnavailable(
                f"The database '{path}' is an empty file, and gridwms never leaves one: restore a backup "
                "('gridwms db restore'), or remove the file to begin anew without the jobs it held."
            )
    except OSError as error:
        raise StoreUnavailable(
            f"The database '{path}' cannot be made: {error.strerror}; see that its directory can be written to."
        ) from error


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.new")
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    engine = engine_for(f"sqlite:///{draft}")
    try:
        migrate(engine)
    except DBAPIError as error:
        raise unavailable(error) from error
    finally:
        engine.dispose()
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(path)
    above = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(above)
    finally:
        os.close(above)
