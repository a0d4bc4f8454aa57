"""A database file that was damaged, cut, swapped or locked: refused, left as it is, found by `db check`."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gridwms.daemon import maintenance
from gridwms.flow.submit import register
from gridwms.store import engines, listing
from gridwms.store.database import Database, StoreUnavailable
from gridwms.store.migrate import NotOurs
from tests.bad_days.test_full_disk import JDL, world_in

COUNT = 400
PAGE = 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with jobs in many pages."""
    directory = tmp_path_factory.mktemp("sound")
    world = world_in(directory)
    register(world, "ann", "", [JDL % n for n in range(COUNT)])
    world.database.close()
    return (directory / "gridwms.sqlite").read_bytes()


@pytest.fixture
def data(tmp_path: Path, sound: bytes) -> Path:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    (directory / "gridwms.sqlite").write_bytes(sound)
    return directory


def foreign(_sound: bytes) -> bytes:
    """Another program's database."""
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
        return other.serialize()


DAMAGE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("first page", lambda sound: os.urandom(PAGE) + sound[PAGE:], "restore a backup"),
    ("a letter", lambda _sound: b"dear database\n" * 1000, "restore a backup"),
    ("half", lambda sound: sound[: len(sound) // PAGE // 2 * PAGE], "restore a backup"),
    ("nothing", lambda _sound: b"", "restore a backup"),
    ("foreign", foreign, "a database of its own"),
]


@pytest.mark.parametrize(("damage", "advice"), [one[1:] for one in DAMAGE], ids=[one[0] for one in DAMAGE])
def test_a_damaged_file_is_refused_and_left_alone(
    data: Path, damage: Callable[[bytes], bytes], advice: str, sound: bytes
) -> None:
    path = data / "gridwms.sqlite"
    path.write_bytes(damaged := damage(sound))
    with pytest.raises((StoreUnavailable, NotOurs), match=advice):
        everything(path)
    assert advice in found(data)
    assert path.read_bytes() == damaged


def found(data: Path) -> str:
    """What `gridwms db check` says."""
    try:
        return "; ".join(maintenance.check(data, None))
    except (StoreUnavailable, NotOurs) as error:
        return str(error)


def everything(path: Path) -> int:
    """Open it as the service does, and read what there is; how many jobs."""
    database = Database.sqlite(path)
    try:
        return len(database.read(lambda c: listing.numbers(c, None, (), None, 10 * COUNT)))
    finally:
        database.close()


def test_every_page_that_is_overwritten_is_found(data: Path, sound: bytes) -> None:
    path = data / "gridwms.sqlite"
    for page in [*range(1, len(sound) // PAGE, 7), len(sound) // PAGE - 1]:
        path.write_bytes(sound[: page * PAGE] + os.urandom(PAGE) + sound[(page + 1) * PAGE :])
        assert "restore a backup" in found(data), f"page {page + 1} is garbage, and nothing is said"
    path.write_bytes(sound[: -PAGE // 2])
    assert "restore a backup" in found(data)


def test_what_hangs_behind_the_last_commit_costs_nothing(tmp_path: Path) -> None:
    """A log that was torn behind the last commit that was waited for, as by a power cut."""
    world = world_in(tmp_path)
    register(world, "ann", "", [JDL % n for n in range(20)])
    log = (tmp_path / "gridwms.sqlite-wal").read_bytes()
    for torn in (log + os.urandom(PAGE + 24), log + log[32 : 32 + PAGE + 24], log + bytes(100)):
        copy = tmp_path / "copy"
        copy.mkdir(exist_ok=True)
        (copy / "gridwms.sqlite").write_bytes((tmp_path / "gridwms.sqlite").read_bytes())
        (copy / "gridwms.sqlite-wal").write_bytes(torn)
        assert everything(copy / "gridwms.sqlite") == 20
        assert maintenance.check(copy, None) == []
        for file in copy.iterdir():
            file.unlink()
    world.database.close()


def test_another_program_that_holds_the_database_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOCKED_SECONDS", 0.1)
    world = world_in(data)
    with closing(sqlite3.connect(data / "gridwms.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program holds it"):
            register(world, "ann", "", [JDL % 1])
        other.execute("ROLLBACK")
    (answer,) = register(world, "ann", "", [JDL % 1])
    assert answer.key
    world.database.close()
    assert everything(data / "gridwms.sqlite") == COUNT + 1


def command(*words: str) -> subprocess.CompletedProcess[str]:
    source = Path(__file__).parents[2] / "src"
    return subprocess.run(
        [sys.executable, "-m", "gridwms", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(source)},
    )


def test_the_service_does_not_start_on_a_damaged_file(data: Path, sound: bytes) -> None:
    (data / "gridwms.sqlite").write_bytes(sound[: PAGE * 3])
    for words in (("serve", "--port", "0"), ("db", "check")):
        done = command(*words, "--data", str(data))
        assert done.returncode == 1
        assert "restore a backup" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("small_disk", ["size=4m"], indirect=True)
def test_the_service_does_not_start_on_a_read_only_disk(small_disk: Path, sound: bytes) -> None:
    (small_disk / "gridwms.sqlite").write_bytes(sound)
    small_disk.chmod(0o700)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = command("serve", "--port", "0", "--data", str(small_disk))
    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr, done.stderr
