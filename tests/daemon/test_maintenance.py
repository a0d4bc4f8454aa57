"""Check, backup and restore: beside a running service where it is safe, refused where it is not."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from gridwms.daemon import maintenance
from gridwms.daemon.alone import AlreadyRunning, alone
from gridwms.flow.submit import register
from gridwms.flow.world import FlowSettings, World
from gridwms.sandbox.area import Area
from gridwms.store import jobs as rows
from gridwms.store import listing, migrate
from gridwms.store.database import Database, StoreUnavailable
from gridwms.store.migrate import OlderSchema
from tests.flow.conftest import FixedMarket, place


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    return directory


def submit(data: Path, count: int) -> Database:
    """A service's database with some jobs more, still open as if the service ran."""
    database = Database.sqlite(data / "gridwms.sqlite")
    register(world_of(database, data), "ann", "", [b'[Executable = "/bin/true";]'] * count)
    return database


def world_of(database: Database, data: Path) -> World:
    return World(
        database=database,
        market=FixedMarket(place()),  # type: ignore[arg-type]
        sandbox=Area(data / "sandbox"),
        sites={},
        settings=FlowSettings(),
        capability=lambda tag: tag,
    )


def jobs(data: Path) -> int:
    database = Database.sqlite(data / "gridwms.sqlite")
    count = len(database.read(lambda c: listing.numbers(c, None, (), None, 100)))
    database.close()
    return count


def test_a_backup_of_a_running_service_is_whole(data: Path, tmp_path: Path) -> None:
    running = submit(data, 3)
    target = tmp_path / "backup"
    assert maintenance.backup(data, target) == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    running.close()
    submit(data, 2).close()
    aside = maintenance.restore(data, target)
    assert jobs(data) == 3
    assert aside is not None
    with sqlite3.connect(aside) as old:
        assert old.execute("select count(*) from jobs").fetchone() == (5,)
    assert maintenance.check(data, None) == []


def test_a_backup_under_load_has_all_that_was_accepted_before_it(data: Path, tmp_path: Path) -> None:
    database = submit(data, 0)
    world = world_of(database, data)
    accepted: list[str] = []
    going = threading.Event()
    going.set()

    def load() -> None:
        while going.is_set():
            accepted.extend(r.key for r in register(world, "ann", "", [b'[Executable = "/bin/true";]'] * 20) if r.key)

    writers = [threading.Thread(target=load) for _ in range(3)]
    for writer in writers:
        writer.start()
    promised: list[list[str]] = []
    while len(promised) < 5:
        if len(accepted) >= 300 * (len(promised) + 1):
            promised.append(list(accepted))
            maintenance.backup(data, tmp_path / f"backup-{len(promised)}")
        time.sleep(0.001)
    going.clear()
    for writer in writers:
        writer.join()
    database.close()
    for number, keys in enumerate(promised, 1):
        other = tmp_path / f"data-{number}"
        assert maintenance.restore(other, tmp_path / f"backup-{number}") is None
        assert maintenance.check(other, None) == []
        restored = Database.sqlite(other / "gridwms.sqlite")
        assert restored.read(lambda c: rows.load(c, keys)).keys() >= set(keys)  # noqa: B023
        restored.close()


def test_nothing_is_restored_under_a_running_service(data: Path, tmp_path: Path) -> None:
    submit(data, 1).close()
    maintenance.backup(data, tmp_path / "backup")
    with alone(data), pytest.raises(AlreadyRunning, match="stop it"):
        maintenance.restore(data, tmp_path / "backup")


def test_what_is_no_backup_is_refused(data: Path, tmp_path: Path) -> None:
    submit(data, 1).close()
    (tmp_path / "letter").write_text("dear database" * 100)
    with pytest.raises(StoreUnavailable, match="no backup"):
        maintenance.restore(data, tmp_path / "letter")
    assert jobs(data) == 1


def test_a_failed_backup_leaves_the_one_before(data: Path, tmp_path: Path) -> None:
    submit(data, 1).close()
    target = tmp_path / "backup"
    target.write_text("yesterday's")
    (data / "gridwms.sqlite").write_bytes(b"garbage" * 1000)
    for ending in ("-wal", "-shm"):
        (data / f"gridwms.sqlite{ending}").unlink(missing_ok=True)
    with pytest.raises(StoreUnavailable, match="stays as it is"):
        maintenance.backup(data, target)
    assert target.read_text() == "yesterday's"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_a_row_that_its_events_do_not_make_is_found(data: Path) -> None:
    submit(data, 2).close()
    assert maintenance.check(data, None) == []
    with sqlite3.connect(data / "gridwms.sqlite") as connection:
        connection.execute("update jobs set state = 'RUNNING' where number = 2")
    (sentence,) = maintenance.check(data, None)
    assert "state is <State.RUNNING" in sentence


def test_a_damaged_file_is_told(data: Path) -> None:
    (data / "gridwms.sqlite").write_bytes(b"garbage" * 1000)
    (sentence,) = maintenance.check(data, None)
    assert "restore a backup" in sentence


def test_a_directory_without_a_database_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="has a service run there"):
        maintenance.check(data, None)
    with pytest.raises(StoreUnavailable, match="There is no database"):
        maintenance.backup(data, tmp_path / "backup")


def test_an_older_database_is_looked_at_and_not_changed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next version's `db check`, before that version has ever run here."""
    submit(data, 1).close()
    newer = tmp_path / "migrations"
    shutil.copytree(migrate._MIGRATIONS, newer)
    (newer / "versions" / "9999_next.py").write_text(
        'revision = "9999"\ndown_revision = "0001"\n\n\ndef upgrade() -> None:\n    raise AssertionError\n'
    )
    before = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_MIGRATIONS", newer)
        for _ in range(2):
            with pytest.raises(OlderSchema, match="'gridwms serve' brings it up to date"):
                maintenance.check(data, None)
    after = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file() and path.name in before}
    assert after == before
    assert maintenance.check(data, None) == []
    (data / "gridwms.sqlite").unlink()
    with sqlite3.connect(data / "gridwms.sqlite") as empty:
        empty.execute("PRAGMA user_version = 1")
    with pytest.raises(OlderSchema):
        maintenance.check(data, None)
