"""The writer: group commit, failures that harm nobody else, clear errors."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from gridwms.store.database import Database, StoreUnavailable
from gridwms.store.migrate import NewerSchema
from gridwms.store.tables import descriptions


def put(database: Database, digest: str) -> None:
    database.write(lambda c: c.execute(insert(descriptions), [{"digest": digest, "jdl": "x"}]) and None)


class Blocker:
    """Holds the writer in the middle of a commit, so that what comes meanwhile waits for the next."""

    def __init__(self, database: Database) -> None:
        self._inside, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: database.write(self._work), daemon=True)
        self._thread.start()
        assert self._inside.wait(30)

    def _work(self, _connection: object) -> None:
        self._inside.set()
        self._go.wait(30)

    def release(self) -> None:
        self._go.set()
        self._thread.join()


def queued(database: Database, count: int) -> None:
    """Return when so many writes wait."""
    deadline = time.monotonic() + 30
    while database._queue.qsize() < count:
        assert time.monotonic() < deadline
        os.sched_yield()


def digests(database: Database) -> set[str]:
    return set(database.read(lambda c: c.scalars(select(descriptions.c.digest)).all()))


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Database.sqlite(path)
    put(first, "one")
    first.close()
    second = Database.sqlite(path)
    assert digests(second) == {"one"}
    second.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_writers_share_commits(database: Database) -> None:
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    database.after_commit(count)
    blocker = Blocker(database)
    writers = [threading.Thread(target=put, args=(database, f"d{n}")) for n in range(50)]
    for writer in writers:
        writer.start()
    queued(database, 50)
    blocker.release()
    for thread in writers:
        thread.join()
    assert len(digests(database)) == 50
    assert commits == 2


def test_a_write_that_fails_harms_no_other(database: Database) -> None:
    blocker = Blocker(database)
    failures: list[BaseException] = []

    def fails() -> None:
        def work(connection: object) -> None:
            connection.execute(insert(descriptions), [{"digest": "lost", "jdl": "x"}])  # type: ignore[attr-defined]
            raise KeyError("mine")

        try:
            database.write(work)
        except KeyError as error:
            failures.append(error)

    def collides() -> None:
        try:
            database.write(lambda c: c.execute(text("insert into descriptions values ('good', 'again')")) and None)
        except StoreUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=put, args=(database, "good")), threading.Thread(target=fails)]
    for thread in threads:
        thread.start()
    queued(database, 2)
    last = threading.Thread(target=collides)
    last.start()
    queued(database, 3)
    blocker.release()
    for thread in (*threads, last):
        thread.join()
    assert digests(database) == {"good"}
    assert sorted(type(f).__name__ for f in failures) == ["KeyError", "StoreUnavailable"]


def test_a_damaged_file_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(StoreUnavailable, match="restore a backup"):
        Database.sqlite(path)


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Database.sqlite(path)
    first.write(lambda c: c.execute(text("update alembic_version set version_num = '9999'")) and None)
    first.close()
    with pytest.raises(NewerSchema, match="9999"):
        Database.sqlite(path)


def test_writing_to_a_closed_database_says_so(tmp_path: Path) -> None:
    database = Database.sqlite(tmp_path / "a.sqlite")
    database.close()
    with pytest.raises(StoreUnavailable, match="stopping"):
        put(database, "late")
