"""Short attempts of an array that share a task of Slurm: the contract, and what only they can get wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Handover, Phase, Receipt
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.slurm import FakeSlurm


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[FakeSlurm]:
    played = FakeSlurm(tmp_path / "slurm")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, slurm: FakeSlurm) -> Iterator[BatchRig]:
    path = f"{slurm.bin}:{os.environ['PATH']}"
    directory = str(tmp_path / "site")
    settings = BatchSettings(name="cluster", directory=directory, host="cluster.example", share_seconds=60)
    made = BatchRig(tmp_path, SlurmDialect(), lambda: LocalShell(environment={"PATH": path}, seconds=20), settings)
    yield made
    made.site.close()


class TestSharing(SiteContract):
    """The contract."""


def submit(rig: BatchRig, handovers: list[Handover]) -> list[Receipt]:
    return receipts_of(rig.site.submit(handovers))


def phases(rig: BatchRig, receipts: list[Receipt]) -> list[Phase]:
    return [one.phase for one in rig.site.status(receipts)]


def started(slurm: FakeSlurm) -> list[int]:
    return [task.index for _, task in slurm.all_tasks() if task.start]


def test_four_attempts_a_task(rig: BatchRig, slurm: FakeSlurm) -> None:
    """What a task took is not started by Slurm any more once it is forgotten."""
    slurm.slots = 1
    mine = tags(8)
    receipts = submit(rig, [rig.saying(mine[0], 0, f"read -r x <{rig.gate}"), *map(rig.quick, mine[1:])])
    slurm.hold = True
    rig.release()
    taken = {0, 7, 3, 4}
    wanted = [Phase.ENDED if index in taken else Phase.QUEUED for index in range(8)]
    rig.wait(lambda: phases(rig, receipts) == wanted)
    rig.site.forget([receipts[index] for index in taken])
    (batch,) = slurm.batches.values()
    assert {index for index, task in batch.tasks.items() if task.state == "CANCELLED"} == taken - {0}
    slurm.hold = False
    slurm.call("sinfo", [], "/")
    rest = [receipts[index] for index in range(8) if index not in taken]
    rig.wait(lambda: phases(rig, rest) == [Phase.ENDED] * 4)
    assert [rig.ran(tag) for tag in mine] == [1] * 8
    assert not taken & set(started(slurm)) - {0}


def test_no_more_after_a_failure(rig: BatchRig, slurm: FakeSlurm) -> None:
    """A worker node on which everything fails at once does not get through the whole array."""
    slurm.slots = 1
    mine = tags(8)
    receipts = submit(rig, [rig.saying(tag, 1) for tag in mine])
    rig.wait(lambda: set(phases(rig, receipts)) == {Phase.ENDED})
    assert len(started(slurm)) == 8
    assert [rig.ran(tag) for tag in mine] == [1] * 8


def test_one_that_was_taken_is_cancelled_alone(rig: BatchRig, slurm: FakeSlurm) -> None:
    """The task goes on with the next one that has it in mind; the rest is done by other tasks."""
    slurm.slots = 1
    mine = tags(4)
    receipts = submit(rig, [rig.quick(mine[0]), rig.quick(mine[1]), rig.quick(mine[2]), rig.endless(mine[3])])
    rig.wait(lambda: rig.ran(mine[3]) == 1)
    assert started(slurm) == [0]
    assert phases(rig, receipts) == [Phase.ENDED, Phase.QUEUED, Phase.QUEUED, Phase.RUNNING]
    rig.site.cancel([receipts[0]])
    assert phases(rig, receipts)[3] is Phase.RUNNING
    rig.site.cancel([receipts[3]])
    rig.wait(lambda: phases(rig, receipts) == [Phase.ENDED] * 4)
    assert [one.cancelled for one in rig.site.status(receipts)] == [False, False, False, True]
    assert [rig.ran(tag) for tag in mine] == [1] * 4


def test_one_that_was_taken_is_forgotten_while_it_runs(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.slots = 1
    mine = tags(2)
    receipts = submit(rig, [rig.quick(mine[0]), rig.endless(mine[1])])
    rig.wait(lambda: rig.ran(mine[1]) == 1)
    rig.site.forget(receipts)
    rig.wait(lambda: slurm.busy == 0)
    assert not list((rig.folder / "site").glob("*/w*"))


def test_the_task_of_others_is_killed(rig: BatchRig, slurm: FakeSlurm) -> None:
    """What had ended has ended well, what ran is said to be killed, what had not begun runs elsewhere."""
    slurm.slots = 1
    mine = tags(4)
    receipts = submit(rig, [rig.quick(mine[0]), rig.quick(mine[1]), rig.quick(mine[2]), rig.endless(mine[3])])
    rig.wait(lambda: rig.ran(mine[3]) == 1)
    (batch,) = slurm.batches.values()
    with slurm.lock:
        process = batch.tasks[0].process
        assert process is not None
        batch.tasks[0].state = "OUT_OF_MEMORY"
        os.killpg(process.pid, signal.SIGKILL)
    rig.wait(lambda: phases(rig, receipts) == [Phase.ENDED] * 4)
    whys = [one.reason for one in rig.site.status(receipts)]
    assert [bool(one) for one in whys] == [False, False, False, True]
    assert "more memory than it may" in str(whys[3])
    assert [rig.ran(tag) for tag in mine] == [1] * 4


def test_the_shell_of_the_task_is_killed_alone(rig: BatchRig, slurm: FakeSlurm) -> None:
    """What it ran for another number goes on under its guard, and is told to have ended well."""
    rig.settings = replace(rig.settings, unseen_seconds=4)
    rig.restart()
    slurm.slots = 1
    mine = tags(2)
    waits = f'read -r x <{rig.gate}\necho 0 >"$GRIDWMS_EXIT"'
    receipts = submit(rig, [rig.quick(mine[0]), rig.saying(mine[1], 0, waits)])
    rig.wait(lambda: rig.ran(mine[1]) == 1)
    (batch,) = slurm.batches.values()
    process = batch.tasks[0].process
    assert process is not None
    process.kill()
    rig.wait(lambda: batch.tasks[0].state == "done")
    rig.wait(lambda: phases(rig, receipts) == [Phase.ENDED, Phase.RUNNING])
    rig.release()
    rig.wait(lambda: phases(rig, receipts) == [Phase.ENDED] * 2)
    assert [(one.exit_code, one.reason) for one in rig.site.status(receipts)] == [(0, None)] * 2
    assert [rig.ran(tag) for tag in mine] == [1, 1]


def test_on_a_scratch_disk_of_the_node(rig: BatchRig, slurm: FakeSlurm) -> None:
    """Each in a directory of its own there, of which nothing is left."""
    scratch = rig.folder / "scratch"
    scratch.mkdir()
    rig.settings = replace(rig.settings, scratch=str(scratch))
    rig.restart()
    mine = tags(8)
    receipts = submit(rig, [rig.quick(tag) for tag in mine])
    rig.wait(lambda: phases(rig, receipts) == [Phase.ENDED] * 8)
    assert [rig.ran(tag) for tag in mine] == [1] * 8
    assert list((rig.folder / "site").glob("*/y*"))
    assert {one.events for one in rig.site.collect(receipts)} == {("type=Finished&exit_code=0&real=0.00",)}
    assert not list(scratch.iterdir())


def test_only_single_processors_share(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    submit(rig, [rig.quick(tag) for tag in tags(2)])
    (batch,) = slurm.batches.values()
    assert "gw_share=6000 gw_count=2\n" in batch.script
    submit(rig, [replace(rig.quick(f"wide-{tag}"), cpus=2) for tag in tags(2)])
    assert sum("gw_share=6000" in one.script for one in slurm.batches.values()) == 1
