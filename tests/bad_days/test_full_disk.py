"""A full disk: a clear sentence, nothing lost, and all goes on when there is room again."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.daemon import maintenance
from gridwms.flow.archive.directory import NoArchive
from gridwms.flow.archive.keep import archive_old, check
from gridwms.flow.audit import audit
from gridwms.flow.cancel import cancel
from gridwms.flow.purge import purge
from gridwms.flow.record import record
from gridwms.flow.status import status
from gridwms.flow.submit import put_input, register, start
from gridwms.flow.world import FlowSettings, World
from gridwms.jobs.events import CancelRequested
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.sandbox.area import Area
from gridwms.sandbox.errors import SandboxFull
from gridwms.store import jobs as rows
from gridwms.store import listing
from gridwms.store.database import Database, StoreUnavailable
from tests.flow.conftest import FixedMarket, place
from tests.flow.scripted import ScriptedSite

SWEEP = b'[JobType = "Parametric"; Executable = "/bin/true"; Arguments = "_PARAM_"; Parameters = %d;]'
JDL = b'[Executable = "/bin/true"; UserTags = [n = %d]]'


def world_in(directory: Path) -> World:
    site = ScriptedSite()
    return World(
        database=Database.sqlite(directory / "gridwms.sqlite"),
        market=FixedMarket(place()),  # type: ignore[arg-type]
        sandbox=Area(directory / "sandbox"),
        sites={site.name: site},
        settings=FlowSettings(),
        capability=lambda tag: tag,
    )


def fill(directory: Path) -> Path:
    """Take every byte that is left."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


def test_a_full_disk_under_the_database(small_disk: Path) -> None:
    world = world_in(small_disk)
    accepted = register(world, "ann", "", [JDL % n for n in range(20)])
    filler = fill(small_disk)
    with pytest.raises(StoreUnavailable, match="free space on its disk"):
        for n in range(2000):
            accepted += register(world, "ann", "", [JDL % (100 + n)])
    keys = [answer.key for answer in accepted if answer.key]
    assert set(world.database.read(lambda c: rows.load(c, keys))) == set(keys), "what was accepted is readable"
    filler.unlink()
    (late,) = register(world, "ann", "", [JDL % 9999])
    assert late.key is not None
    job = world.database.read(lambda c: rows.load(c, [keys[0]]))[keys[0]][1]
    record(world, [(job.key, CancelRequested(id=decision_id(job), time=1.0, by="ann"))])
    world.database.close()
    again = Database.sqlite(small_disk / "gridwms.sqlite")
    assert set(again.read(lambda c: rows.load(c, [*keys, late.key]))) == {*keys, late.key}
    again.close()


def test_a_full_disk_under_the_sandbox(small_disk: Path, tmp_path: Path) -> None:
    world = world_in(tmp_path)
    world.sandbox = Area(small_disk / "sandbox")
    (answer,) = register(world, "ann", "", [b'[Executable = "run.sh"; InputSandbox = {"run.sh", "data"}]'])
    assert answer.key is not None
    put_input(world, answer.key, 0, [b"#!/bin/sh\n"], None)
    with pytest.raises(SandboxFull, match="the disk of the service is full"):
        put_input(world, answer.key, 1, [b"x" * 65536] * 100, None)
    assert world.sandbox.inputs(answer.key) == {0: 10}, "nothing of the file is left, the other one is whole"
    put_input(world, answer.key, 1, [b"small"], None)
    assert start(world, [answer.key]) == {answer.key: State.WAITING}
    world.database.close()


def test_a_full_disk_under_a_compound(small_disk: Path) -> None:
    """All of its nodes or none; what was there before is there."""
    world = world_in(small_disk)
    (before,) = register(world, "ann", "", [SWEEP % 10])
    filler = fill(small_disk)
    with pytest.raises(StoreUnavailable, match="free space on its disk"):
        register(world, "ann", "", [SWEEP % 20_000])
    filler.unlink()
    (after,) = register(world, "ann", "", [SWEEP % 20])
    views = status(world, [str(before.key), str(after.key)])
    assert [view.nodes for view in views] == [10, 20]
    assert list(audit(world.database)) == []
    world.database.close()


def test_a_full_disk_under_the_archive(small_disk: Path, tmp_path: Path) -> None:
    """Nothing leaves the database that is not safe in the archive."""
    world = world_in(tmp_path)
    world.archive = small_disk / "archive"
    keys = [str(answer.key) for answer in register(world, "ann", "", [SWEEP % 30, *(JDL % n for n in range(30))])]
    cancel(world, "ann", keys)
    purge(world, "ann", keys)
    filler = fill(small_disk)
    with pytest.raises(NoArchive, match="cannot be written: No space left"):
        archive_old(world, 0.0)
    assert {view.state for view in status(world, keys)} == {State.PURGED}
    assert list(audit(world.database)) == []
    filler.unlink()
    assert archive_old(world, 0.0).jobs == 61
    assert check(world) == []
    world.database.close()


@pytest.mark.parametrize("small_disk", ["size=2m"], indirect=True)
def test_a_full_disk_under_a_backup_and_under_its_return(small_disk: Path, tmp_path: Path) -> None:
    small_disk.chmod(0o700)
    world = world_in(small_disk)
    register(world, "ann", "", [JDL % n for n in range(100)])
    backup = tmp_path / "backup"
    maintenance.backup(small_disk, backup)
    register(world, "ann", "", [JDL % 101])
    world.database.close()
    filler = fill(small_disk)
    with pytest.raises(StoreUnavailable, match=r"could not be restored: No space left.*the one before"):
        maintenance.restore(small_disk, backup)
    with pytest.raises(StoreUnavailable, match="the one before stays as it is"):
        maintenance.backup(small_disk, small_disk / "another")
    assert sorted(path.name for path in small_disk.iterdir() if "new" in path.name or "before" in path.name) == []
    filler.unlink()
    assert jobs_in(small_disk) == 101
    aside = maintenance.restore(small_disk, backup)
    assert aside is not None
    assert jobs_in(small_disk) == 100
    aside.replace(small_disk / "gridwms.sqlite")
    assert jobs_in(small_disk) == 101


def jobs_in(directory: Path) -> int:
    database = Database.sqlite(directory / "gridwms.sqlite")
    found = database.read(listing.counts)
    database.close()
    return sum(found.values())
