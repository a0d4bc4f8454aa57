"""Bad days on a real Slurm: it forgets, never runs, starts again, ends what takes too much, and its disks are full."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Phase, Receipt, Refusal, Sighting, SiteUnavailable
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from tests.services import slurm
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import receipts_of, tags

pytestmark = pytest.mark.long

_GROUPS = Path("/sys/fs/cgroup/memory")
"""Of the first version, which Slurm can use without a service manager."""
_OVER = {Phase.ENDED, Phase.GONE}


@pytest.fixture(scope="module")
def cluster() -> Iterator[slurm.Slurm]:
    """It forgets what ended two seconds ago, and holds jobs to their memory where this machine can."""
    if why := slurm.missing():
        pytest.skip(why)
    changes = {
        "SelectTypeParameters": "CR_CPU_Memory",
        "DefMemPerCPU": "100",
        "PreemptType": "preempt/partition_prio",
        "PreemptMode": "REQUEUE",
    }
    if _GROUPS.is_dir():
        changes |= {"ProctrackType": "proctrack/cgroup", "TaskPlugin": "task/cgroup"}
    partition = "first Nodes=n2 MaxTime=60 PriorityTier=9 PreemptMode=OFF State=UP"
    with slurm.running(keep_seconds=2, changes=changes, partition=partition, cgroups=_CGROUPS) as running:
        yield running


_CGROUPS = "CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\nConstrainSwapSpace=yes\nAllowedSwapSpace=0\n"


@pytest.fixture
def rig(tmp_path: Path, cluster: slurm.Slurm) -> Iterator[BatchRig]:
    yield from rig_at(tmp_path, tmp_path / "site", cluster)


def rig_at(folder: Path, directory: Path, cluster: slurm.Slurm) -> Iterator[BatchRig]:
    settings = BatchSettings(
        name="cluster", directory=str(directory), host="cluster.example", unseen_seconds=4, accounting=False
    )
    shell = LocalShell(environment=cluster.environment, seconds=30)
    made = BatchRig(folder, SlurmDialect(), lambda: shell, settings, queue="small", pause=0.3)
    yield made
    made.site.close()
    cluster.say("scancel", "-Q", "-u", "root")


def shown(cluster: slurm.Slurm) -> str:
    return cluster.say("squeue", "-h", "-r", "-t", "all", "-o", "%i %T")


def wait_for(
    rig: BatchRig, receipts: Sequence[Receipt], what: Callable[[list[Sighting]], bool], seconds: float = 60
) -> list[Sighting]:
    """Look until it is as wanted; the last look, but of what is over the first that said so."""
    over: dict[str, Sighting] = {}
    seen: list[Sighting] = []

    def look() -> bool:
        for one in rig.site.status(receipts):
            if one.phase in _OVER:
                over.setdefault(one.tag, one)
            seen.append(over.get(one.tag, one))
        del seen[: -len(receipts)]
        return what(seen)

    rig.wait(look, seconds)
    return seen


def all_over(seen: list[Sighting]) -> bool:
    return {one.phase for one in seen} <= _OVER


def test_what_it_has_forgotten_is_told_by_the_files(rig: BatchRig, cluster: slurm.Slurm) -> None:
    mine = tags(3)
    receipts = receipts_of(rig.site.submit([*map(rig.quick, mine[:2]), rig.script(mine[2], "exit 3")]))
    rig.wait(lambda: all(rig.ran(tag) for tag in mine) and not shown(cluster), 60)
    seen = {one.tag: one for one in rig.site.status(receipts)}
    assert [(seen[tag].phase, seen[tag].exit_code) for tag in mine] == [
        (Phase.ENDED, 0), (Phase.ENDED, 0), (Phase.ENDED, 3)
    ]  # fmt: skip
    assert rig.site.find(mine) == {one.tag: one for one in receipts}


def test_it_loses_its_state_and_gives_its_numbers_anew(rig: BatchRig, cluster: slurm.Slurm) -> None:
    old = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(4)]))
    rig.wait(lambda: sum(rig.ran(one.tag) for one in old) == rig.slots)
    cluster.stop_controller()
    shutil.rmtree(cluster.folder / "state")
    (cluster.folder / "state").mkdir()
    cluster.start_controller(cold=True)
    number = int(old[0].id.partition("_")[0])
    cluster.say("scontrol", "update", "partition=small", "state=down")
    while True:  # until Slurm is at this number again
        new = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(4)]))
        given = int(new[0].id.partition("_")[0])
        assert given <= number, "the numbers do not come again"
        if given == number:
            break
        rig.site.cancel(new)
    assert {one.id.partition("@")[0] for one in old} == {one.id.partition("@")[0] for one in new}
    wait_for(rig, old, all_over)
    rig.site.cancel(old)
    rig.site.forget(old)
    cluster.say("scontrol", "update", "partition=small", "state=up")
    rig.wait(lambda: sum(rig.ran(one.tag) for one in new) == rig.slots)
    rig.release()
    assert {one.exit_code for one in wait_for(rig, new, all_over)} == {0}
    assert [rig.ran(one.tag) for one in new] == [1] * 4
    assert sum(rig.ran(one.tag) for one in old) == rig.slots


@pytest.mark.parametrize(
    ("closed", "opened", "said"),
    [
        ("nodename=n2 state=drain reason=test", "nodename=n2 state=resume", "DOWN, DRAINED or reserved"),
        ("nodename=n2 state=down reason=test", "nodename=n2 state=resume", "DOWN, DRAINED or reserved"),
        ("partition=small state=down", "partition=small state=up", "PartitionDown"),
    ],
)
def test_one_that_waits_tells_for_what(
    rig: BatchRig, cluster: slurm.Slurm, closed: str, opened: str, said: str
) -> None:
    cluster.say("scontrol", "update", *closed.split())
    try:
        receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in tags(2)]))
        seen = wait_for(rig, receipts, lambda seen: all(said in one.waits_for for one in seen))
        assert {one.phase for one in seen} == {Phase.QUEUED}
    finally:
        cluster.say("scontrol", "update", *opened.split())
    wait_for(rig, receipts, all_over)
    assert [rig.ran(one.tag) for one in receipts] == [1, 1]


def test_one_that_is_held_and_one_that_no_node_can_run(rig: BatchRig) -> None:
    rig.settings = replace(rig.settings, options=("--hold",))
    rig.restart()
    (held,) = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))
    (seen,) = wait_for(rig, [held], lambda seen: seen[0].waits_for != "")
    assert seen.waits_for == "JobHeldUser"
    rig.site.cancel([held])
    wait_for(rig, [held], all_over)
    rig.settings = replace(rig.settings, options=("--constraint=nowhere",))
    rig.restart()
    (refusal,) = rig.site.submit([rig.quick(tags(1)[0])])
    assert isinstance(refusal, Refusal)
    assert "Invalid feature" in refusal.reason.sentence


def test_put_back_into_the_queue_it_is_given_up_and_never_runs_again(rig: BatchRig, cluster: slurm.Slurm) -> None:
    (one,) = receipts_of(rig.site.submit([rig.endless(tags(1)[0])]))
    rig.wait(lambda: rig.ran(one.tag) == 1)
    task = one.id.partition("@")[0]
    with pytest.raises(subprocess.CalledProcessError):  # it is not to be put back
        cluster.say("scontrol", "requeue", task)
    cluster.say("scontrol", "update", f"jobid={task}", "requeue=1")
    cluster.say("scontrol", "requeue", task)
    (seen,) = wait_for(rig, [one], all_over)
    assert seen.reason is not None or seen.exit_code
    rig.wait(lambda: f"{task} PENDING" not in shown(cluster) and f"{task} RUNNING" not in shown(cluster))
    assert rig.ran(one.tag) == 1


def test_one_that_must_make_room_is_over_with_a_reason(rig: BatchRig, cluster: slurm.Slurm) -> None:
    late = [rig.endless(tag) for tag in tags(2)]
    receipts = receipts_of(rig.site.submit(late))
    rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in receipts))
    first = [replace(rig.quick(tag), ce=rig.ce.replace("-small", "-first")) for tag in tags(2)]
    wait_for(rig, receipts_of(rig.site.submit(first)), all_over)
    for seen in wait_for(rig, receipts, all_over):
        assert seen.reason is not None or seen.exit_code, seen
    assert [rig.ran(one.tag) for one in receipts] == [1, 1]


@pytest.mark.timeout(300)
def test_what_runs_too_long_is_ended_with_a_grace(rig: BatchRig) -> None:
    mine = tags(2)
    polite = rig.script(mine[0], "trap 'sleep 1; exit 19' TERM; while :; do sleep 1; done")
    deaf = rig.script(mine[1], "trap '' TERM; while :; do sleep 1; done")
    receipts = receipts_of(rig.site.submit([replace(one, wall_seconds=50) for one in (polite, deaf)]))
    seen = {one.tag: one for one in wait_for(rig, receipts, all_over, 200)}
    assert [seen[tag].exit_code for tag in mine] == [19, None]
    reason = seen[mine[1]].reason
    assert reason is not None
    assert "longer than the time limit" in reason.sentence


@pytest.mark.skipif(not _GROUPS.is_dir(), reason="Slurm cannot hold jobs to their memory here: no control groups v1")
def test_what_takes_too_much_memory_is_ended(rig: BatchRig) -> None:
    eat = "python3 -c 'bytearray(300 << 20)'"
    mine = tags(2)
    handovers = [rig.script(tag, f"exec {eat}") for tag in mine]
    receipts = receipts_of(rig.site.submit([replace(handovers[0], memory_mb=60), replace(handovers[1], memory_mb=600)]))
    seen = {one.tag: one for one in wait_for(rig, receipts, all_over)}
    starved, fed = (seen[tag] for tag in mine)
    assert starved.reason is not None
    assert "more memory than it may" in starved.reason.sentence
    assert (fed.exit_code, fed.reason) == (0, None)


@pytest.mark.root
@pytest.mark.parametrize("small_disk", ["size=1m"], indirect=True)
def test_the_disk_there_is_full(tmp_path: Path, small_disk: Path, cluster: slurm.Slurm) -> None:
    for rig in rig_at(tmp_path, small_disk / "site", cluster):
        mine = tags(2)
        filler = small_disk / "filler"
        filler.write_bytes(bytes(1000 * 1024))
        with pytest.raises(SiteUnavailable, match=r"No space left|Wrote only"):
            rig.site.submit([rig.script(mine[0], "#" * 60_000)])
        assert rig.site.find(mine[:1]) == {mine[0]: None}
        filler.unlink()
        fills = rig.script(mine[1], f"cat /dev/zero >{filler}; exit 5")
        receipts = receipts_of(rig.site.submit([rig.quick(mine[0]), fills]))
        rig.wait(lambda: not shown(cluster), 60)
        seen = {one.tag: one for one in wait_for(rig, receipts, all_over)}
        assert seen[mine[0]].exit_code == 0
        assert seen[mine[1]].reason is not None or seen[mine[1]].exit_code == 5
        rig.site.forget(receipts)
        filler.unlink(missing_ok=True)
        again = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))
        assert [one.exit_code for one in wait_for(rig, again, all_over)] == [0]
    assert [rig.ran(tag) for tag in mine] == [1, 1]


def test_many_are_cancelled_in_every_phase(rig: BatchRig, cluster: slurm.Slurm) -> None:
    many = replace(rig.endless(tags(1)[0]), ce=rig.ce.replace("-small", "-main"), memory_mb=10)
    receipts = receipts_of(
        rig.site.submit([replace(many, tag=tag, script=rig.endless(tag).wrapper) for tag in tags(1000)])
    )
    rig.wait(lambda: sum(rig.ran(one.tag) for one in receipts) >= 30, 60)
    rig.site.cancel(receipts)
    rig.site.cancel(receipts)
    seen = wait_for(rig, receipts, all_over, 120)
    assert all(one.cancelled for one in seen if one.phase is Phase.ENDED)
    assert max(rig.ran(one.tag) for one in receipts) == 1
    rig.wait(lambda: "RUNNING" not in shown(cluster) and "PENDING" not in shown(cluster), 60)
