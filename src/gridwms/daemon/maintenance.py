"""What an operator does to a database beside the service: look whether it is sound, save it, put it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from gridwms.daemon import directory
from gridwms.daemon.alone import alone
from gridwms.daemon.config import read_config
from gridwms.flow.audit import audit
from gridwms.store.database import Database, StoreUnavailable

_NAME = "gridwms.sqlite"


def check(data: Path, config_file: Path | None) -> list[str]:
    """What is wrong with the database of a service, as sentences. The service may run meanwhile."""
    url = read_config(config_file).service.database
    path = data / _NAME
    if not url:
        if not path.is_file():
            raise StoreUnavailable(f"There is no database in '{data}': has a service run there? --data names another.")
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
        except sqlite3.DatabaseError as error:
            return [f"the file cannot be read: {error}; restore a backup"]
        if path.stat().st_size == 0:
            return ["the file is empty, and gridwms never leaves one: restore a backup"]
        if found != ["ok"]:
            return [*(f"the file is damaged: {one}" for one in found), "stop the service and restore a backup"]
    database = Database(url or f"sqlite:///{path}", upgrade=False)
    try:
        return list(audit(database))
    finally:
        database.close()


def backup(data: Path, target: Path) -> int:
    """Save the SQLite database as it is at one moment, while the service runs; the size in bytes.

    What stands at `target` is replaced when the copy is whole and on disk. Raises StoreUnavailable.
    """
    source = data / _NAME
    draft = target.with_name(f"{target.name}.new")
    draft.unlink(missing_ok=True)
    if not source.is_file():
        raise StoreUnavailable(f"There is no database in '{data}': --data names another directory.")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(draft)) as new,
        ):
            old.backup(new)
            # The copy is one file, complete without the write-ahead log of its origin.
            new.execute("PRAGMA journal_mode=DELETE")
            (sound,) = new.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise StoreUnavailable(f"The database in '{data}' is damaged ({sound}); the backup before stays as it is.")
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        directory.sync(target.parent)
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnavailable(f"The backup to '{target}' failed: {error}; the one before stays as it is.") from error
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def restore(data: Path, source: Path) -> Path | None:
    """Put a backup in the place of the database of a service that is stopped; where the old one went, if there was one.

    Raises AlreadyRunning, StoreUnavailable.
    """
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT count(*) FROM jobs").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(f"'{source}' is no backup of a gridwms database: {error}.") from error
    if sound != "ok":
        raise StoreUnavailable(f"The backup '{source}' is damaged: {sound}. Use another one.")
    directory.make(data)
    with alone(data):
        path, draft = data / _NAME, data / f"{_NAME}.new"
        try:
            shutil.copyfile(source, draft)
            draft.chmod(0o600)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            aside = _put_aside(path) if path.exists() else None
            draft.replace(path)
            directory.sync(data)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StoreUnavailable(
                f"'{source}' could not be restored: {error.strerror}. The database is the one before."
            ) from error
    return aside


def _put_aside(path: Path) -> Path:
    """Give the database a second name, under which it stays whole; its own one is free to be replaced.

    What is in its write-ahead log goes into the file first, where it can be read: so at no moment is there a database
    without its log, or a log beside another one's.
    """
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = _free_name(path.parent)
    os.link(path, aside)
    for ending in ("-wal", "-shm"):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.replace(aside.with_name(aside.name + ending))
    return aside


def _free_name(data: Path) -> Path:
    number = 1
    while (data / f"{_NAME}.before-restore-{number}").exists():
        number += 1
    return data / f"{_NAME}.before-restore-{number}"
