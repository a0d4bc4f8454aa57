"""The writer: group commit, failures that harm nobody else, clear errors."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from gridwms.store.database import Database, StoreUnavailable
from gridwms.store.migrate import NewerSchema
from gridwms.store.tables import descriptions


def put(database: Database, digest: str) -> None:
    database.write(lambda c: c.execute(insert(descriptions), [{"digest": digest, "jdl": "x"}]) and None)


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
    gate = threading.Event()
    blocker = threading.Thread(target=lambda: database.write(lambda _c: gate.wait() and None))
    blocker.start()
    writers = [threading.Thread(target=put, args=(database, f"d{n}")) for n in range(50)]
    for writer in writers:
        writer.start()
    while database._queue.qsize() < 50:  # all of them are in the queue behind the blocker
        os.sched_yield()
    gate.set()
    for thread in (blocker, *writers):
        thread.join()
    assert len(digests(database)) == 50
    assert commits == 2


def test_a_write_that_fails_harms_no_other(database: Database) -> None:
    gate = threading.Event()
    blocker = threading.Thread(target=lambda: database.write(lambda _c: gate.wait() and None))
    blocker.start()
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
    while database._queue.qsize() < 2:
        os.sched_yield()
    last = threading.Thread(target=collides)
    last.start()
    while database._queue.qsize() < 3:
        os.sched_yield()
    gate.set()
    for thread in (blocker, *threads, last):
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
