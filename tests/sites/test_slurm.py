"""Slurm as a site: the contract and the bad days, on a Slurm that this process plays."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.batch.spool import share
from gridwms.sites.contract import Handover, Phase, Receipt, Refusal, SiteUnavailable
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from gridwms.wrapper.render import SHARED
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.cluster import Fault
from tests.sites.fakes.slurm import FakeSlurm

SECONDS = 2.0
"""How long a call of the site may take here: a hang is told by it."""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[FakeSlurm]:
    played = FakeSlurm(tmp_path / "slurm")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, slurm: FakeSlurm) -> Iterator[BatchRig]:
    path = f"{slurm.bin}:{os.environ['PATH']}"
    settings = BatchSettings(name="cluster", directory=str(tmp_path / "site"), host="cluster.example")
    made = BatchRig(tmp_path, SlurmDialect(), lambda: LocalShell(environment={"PATH": path}, seconds=SECONDS), settings)
    yield made
    made.site.close()


class TestSlurm(SiteContract):
    """The contract."""


def hand_over(rig: BatchRig, handovers: list[Handover]) -> list[Receipt]:
    return receipts_of(rig.site.submit(handovers))


def end_of(rig: BatchRig, receipts: list[Receipt]) -> None:
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))


@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_take_few_calls(rig: BatchRig, slurm: FakeSlurm, count: int) -> None:
    slurm.hold = True
    mine = [rig.quick(tag) for tag in tags(count)]
    receipts = [one for begin in range(0, count, 1000) for one in hand_over(rig, mine[begin : begin + 1000])]
    assert slurm.calls == {"sbatch": count // 1000}
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.QUEUED}
    assert slurm.calls == {"sbatch": count // 1000, "squeue": 1}


def test_each_kind_of_need_is_an_array(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    wide = [replace(rig.quick(tag), cpus=2, nodes=2, whole_nodes=True) for tag in tags(3)]
    short = [replace(rig.quick(tag), wall_seconds=61, ce=rig.ce.replace("-main", "-short")) for tag in tags(2)]
    hand_over(rig, [*wide, rig.quick(tags(1)[0]), *short])
    heads = sorted("\n".join(one.script.split("\n")[1:12]) for one in slurm.batches.values())
    assert ["--ntasks=2\n#SBATCH --nodes=2\n#SBATCH --exclusive\n" in head for head in heads].count(True) == 1
    assert ["--time=2" in head and "--partition=short" in head for head in heads].count(True) == 1
    assert sorted(len(one.tasks) for one in slurm.batches.values()) == [1, 2, 3]


def test_wrappers_are_private(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    hand_over(rig, [rig.script(tags(1)[0], "secret=hush")])
    (batch,) = slurm.batches.values()
    assert "hush" not in batch.script
    assert "hush" not in (Path(batch.folder) / "tags").read_text()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(batch.folder).iterdir()}
    assert modes["w0"] == 0o600
    assert stat.S_IMODE(Path(batch.folder).stat().st_mode) == 0o700


def test_without_arrays(rig: BatchRig, slurm: FakeSlurm) -> None:
    rig.settings = replace(rig.settings, array=1)
    rig.restart()
    mine = tags(3)
    receipts = hand_over(rig, [rig.quick(tag) for tag in mine])
    end_of(rig, receipts)
    assert rig.site.find(mine) == {one.tag: one for one in receipts}
    assert slurm.calls["sbatch"] == 3
    assert not any(batch.array for batch in slurm.batches.values())


def test_taken_but_never_answered(rig: BatchRig, slurm: FakeSlurm) -> None:
    mine = tags(3)
    slurm.faults["sbatch"] = [Fault(after=60)]
    with pytest.raises(SiteUnavailable, match="did not end within"):
        rig.site.submit([rig.quick(tag) for tag in mine])
    found = rig.site.find(mine)
    receipts = [one for one in found.values() if one is not None]
    assert len(receipts) == 3
    end_of(rig, receipts)
    assert [rig.ran(tag) for tag in mine] == [1, 1, 1]


def test_taken_long_after_it_was_given_up(rig: BatchRig, slurm: FakeSlurm) -> None:
    """The submission hangs, is asked about, is said to be surely not there, and comes through then."""
    mine = tags(3)
    slurm.hold = True
    slurm.faults["sbatch"] = [Fault(before=SECONDS + 1)]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick(tag) for tag in mine])
    assert rig.site.find(mine) == dict.fromkeys(mine)
    receipts = hand_over(rig, [rig.quick(tag) for tag in mine])
    rig.wait(lambda: len(slurm.batches) == 2)
    slurm.hold = False
    end_of(rig, receipts)
    rig.wait(lambda: all(task.state == "done" for _, task in slurm.all_tasks()))
    assert [rig.ran(tag) for tag in mine] == [1, 1, 1]


def test_in_doubt_while_the_controller_is_away(rig: BatchRig, slurm: FakeSlurm) -> None:
    mine = tags(2)
    away = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
    slurm.faults["sbatch"] = [Fault(says="sbatch: error: Unable to contact slurm controller (connect failure)")]
    slurm.faults["squeue"] = [Fault(says=away), Fault(says=away)]
    with pytest.raises(SiteUnavailable, match="Unable to contact slurm controller"):
        rig.site.submit([rig.quick(tag) for tag in mine])
    assert rig.site.find(mine) == {}
    with pytest.raises(SiteUnavailable, match="Unable to contact slurm controller"):
        rig.site.status([Receipt(tag=mine[0], id="7_0@aaaaaaaaaa.0")])
    assert rig.site.find(mine) == dict.fromkeys(mine)
    end_of(rig, hand_over(rig, [rig.quick(tag) for tag in mine]))


def test_the_queue_is_full(rig: BatchRig, slurm: FakeSlurm) -> None:
    """Not a refusal, which would use up a retry: it goes when there is room."""
    mine = tags(2)
    full = "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates policy"
    slurm.faults["sbatch"] = [Fault(says=full)]
    with pytest.raises(SiteUnavailable, match="QOSMaxSubmitJobPerUserLimit"):
        rig.site.submit([rig.quick(tag) for tag in mine])
    assert rig.site.find(mine) == dict.fromkeys(mine)


def test_refused_by_slurm(rig: BatchRig, slurm: FakeSlurm) -> None:
    mine = tags(2)
    slurm.faults["sbatch"] = [Fault(says="sbatch: error: Batch job submission failed: Invalid account")]
    refusals = rig.site.submit([rig.quick(tag) for tag in mine])
    assert all(isinstance(one, Refusal) and "Invalid account" in one.reason.sentence for one in refusals)
    assert len(refusals) == 2
    assert rig.site.find(mine) == dict.fromkeys(mine)
    assert list(Path(rig.settings.directory).iterdir()) == []


def test_a_status_that_forgets(rig: BatchRig, slurm: FakeSlurm) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(rig.slots + 1)])
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    slurm.blind = True
    slurm.accounting = False
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.NOT_YET_VISIBLE}
    rig.now = 60
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.NOT_YET_VISIBLE}
    slurm.blind = False
    assert [one.phase for one in rig.site.status(receipts)] == [Phase.RUNNING, Phase.RUNNING, Phase.QUEUED]
    slurm.blind = True
    rig.site.status(receipts)
    rig.now = 300
    lost = rig.site.status(receipts)
    assert [one.phase for one in lost] == [Phase.ENDED, Phase.ENDED, Phase.GONE]
    assert lost[0].reason is not None
    assert "left no exit status" in lost[0].reason.sentence
    slurm.blind = False
    rig.release()
    rig.wait(lambda: all(task.state == "done" for _, task in slurm.all_tasks()))
    assert rig.ran(receipts[2].tag) == 0, "it was said to be gone, so it must not start"


@pytest.mark.parametrize("where", ["squeue", "sacct", "nowhere"])
def test_killed_without_a_word(rig: BatchRig, slurm: FakeSlurm, where: str) -> None:
    """Its end is told by squeue, by accounting, or by nobody: then it is given up after a while."""
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    slurm.keeps = 300 if where == "squeue" else 0
    slurm.accounting = where == "sacct"
    ((_, task),) = slurm.all_tasks()
    slurm.end(task, "OUT_OF_MEMORY", force=True)
    rig.wait(lambda: task.end > 0)
    sighting = rig.site.status(receipts)[0]
    if where == "nowhere":
        assert sighting.phase is Phase.NOT_YET_VISIBLE
        rig.now = 300
        sighting = rig.site.status(receipts)[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.exit_code is None
    assert sighting.reason is not None
    expected = "left no exit status" if where == "nowhere" else "used more memory than it may"
    assert expected in sighting.reason.sentence


def test_ended_long_ago_without_accounting(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.keeps, slurm.accounting = 0, False
    receipts = hand_over(rig, [rig.script(tag, "exit 7") for tag in tags(2)])
    end_of(rig, receipts)
    assert [one.exit_code for one in rig.site.status(receipts)] == [7, 7]


def test_one_that_will_never_start(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold, slurm.reason = True, "PartitionConfig"
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    assert rig.site.status(receipts)[0].phase is Phase.NOT_YET_VISIBLE
    rig.now = 300
    sighting = rig.site.status(receipts)[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert "PartitionConfig" in sighting.reason.sentence
    slurm.hold = False
    slurm.call("squeue", ["-o", "%j"], "/")
    rig.wait(lambda: all(task.state == "done" for _, task in slurm.all_tasks()))
    assert rig.ran(receipts[0].tag) == 0


def test_what_one_waits_for(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    said = []
    for slurm.reason in ("Resources", "Nodes required for job are DOWN, DRAINED or reserved"):
        said += [(one.phase, one.waits_for) for one in rig.site.status(receipts)]
    assert said == [(Phase.QUEUED, ""), (Phase.QUEUED, "Nodes required for job are DOWN, DRAINED or reserved")]


def test_its_numbers_are_given_to_others(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    old = hand_over(rig, [rig.quick(tag) for tag in tags(2)])
    (number,) = slurm.batches
    new = hand_over(rig, [rig.quick(tag) for tag in tags(2)])
    (other,) = set(slurm.batches) - {number}
    slurm.batches = {number: slurm.batches[other]}  # it came back without a memory
    slurm.batches[number].number = number
    again = [one._replace(id=one.id.replace(f"{other}_", f"{number}_")) for one in new]
    assert {one.phase for one in rig.site.status(old)} == {Phase.NOT_YET_VISIBLE}
    assert {one.phase for one in rig.site.status(again)} == {Phase.QUEUED}
    rig.site.cancel(old)
    rig.site.forget(old)
    assert not slurm.calls["scancel"]
    assert {one.phase for one in rig.site.status(again)} == {Phase.QUEUED}
    rig.site.cancel(again)
    assert slurm.calls["scancel"] == 1


def test_a_state_nobody_knows(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    ((_, task),) = slurm.all_tasks()
    task.state, task.end = "TRANSCENDING", 1e12
    assert rig.site.status(receipts)[0].phase is Phase.QUEUED


def test_worker_nodes_without_the_directory(rig: BatchRig, slurm: FakeSlurm) -> None:
    slurm.hold = True
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    (batch,) = slurm.batches.values()
    batch.folder = "/nowhere"
    slurm.hold = False
    slurm.call("squeue", ["-o", "%j"], "/")
    rig.wait(lambda: all(task.state == "done" for _, task in slurm.all_tasks()))
    rig.site.status(receipts)
    rig.now = 300
    sighting = rig.site.status(receipts)[0]
    assert sighting.reason is not None
    assert "can its worker nodes use the directory" in sighting.reason.sentence


def test_worker_nodes_without_the_scratch_directory(rig: BatchRig) -> None:
    rig.settings = replace(rig.settings, scratch="/no/such")
    rig.restart()
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    end_of(rig, receipts)
    sighting = rig.site.status(receipts)[0]
    assert sighting.reason is not None
    assert (sighting.reason.code, sighting.exit_code) == ("work_dir", 98)
    assert "/no/such (`scratch` of the site)" in sighting.reason.sentence


def test_queues_that_are_not_there(rig: BatchRig) -> None:
    rig.settings = replace(rig.settings, queues=("long",))
    rig.restart()
    with pytest.raises(SiteUnavailable, match="slurm has no queue long, but main, short; correct `queues` of the site"):
        rig.site.describe()


@pytest.mark.parametrize("scratch", [False, True])
def test_what_is_left_behind(rig: BatchRig, scratch: bool, tmp_path: Path) -> None:
    room = tmp_path / "scratch"
    room.mkdir()
    rig.settings = replace(rig.settings, scratch=str(room) if scratch else "")
    rig.restart()
    tag = tags(1)[0]
    lines = f"mkdir {tag}; printf 'type=Running\\ntype=Finished\\n' >{tag}/events"
    text = f"pwd >{tmp_path}/where; {lines}; echo said; echo + >&2"
    receipts = hand_over(rig, [rig.script(tag, text)])
    end_of(rig, receipts)
    (left,) = rig.site.collect(receipts)
    assert left.events == ("type=Running", "type=Finished")
    assert left.log == "said\n+\n"
    assert (tmp_path / "where").read_text().startswith(str(room if scratch else rig.settings.directory))
    assert list(room.iterdir()) == []
    rig.site.forget(receipts)
    assert list(Path(rig.settings.directory).iterdir()) == []


def test_the_environment_of_the_service_stays_here(rig: BatchRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDWMS_SECRET", "hush")
    tag = tags(1)[0]
    receipts = hand_over(rig, [rig.script(tag, "env")])
    end_of(rig, receipts)
    assert "hush" not in rig.site.collect(receipts)[0].log


def test_wrappers_of_equal_jobs_travel_once() -> None:
    body = "echo shared\n" * 1000
    wrappers = [f"own='{n}\n'{SHARED}{body}" for n in range(5)]
    heads, shared = share(wrappers)
    assert shared == body
    assert all(len(head) < 50 for head in heads)
    assert share(wrappers[:1]) == (wrappers[:1], "")
    other = f"own='5'{SHARED}other"
    assert share([other, *wrappers]) == ([other, *heads], body)
    assert share([other, wrappers[0]]) == ([other, wrappers[0]], "")
    assert share(["ab", "cd"]) == (["ab", "cd"], "")


@pytest.mark.parametrize("ahead", [600.0, -600.0])
def test_the_clock_of_the_service_is_ten_minutes_off(rig: BatchRig, ahead: float) -> None:
    """What has just been handed over is not taken for lost, and what ended is seen to have ended."""
    rig.now = ahead
    mine = [rig.quick(tag) for tag in tags(2)]
    receipts = hand_over(rig, mine)
    assert Phase.GONE not in {one.phase for one in rig.site.status(receipts)}
    end_of(rig, receipts)
    assert {one.exit_code for one in rig.site.status(receipts)} == {0}


def test_a_status_that_takes_two_minutes_is_given_up_and_asked_again(rig: BatchRig, slurm: FakeSlurm) -> None:
    receipts = hand_over(rig, [rig.endless(tags(1)[0])])
    slurm.faults["squeue"] = [Fault(before=120)]
    rig.site._shell = LocalShell(environment=rig.site._shell._environment, seconds=1)  # type: ignore[attr-defined]
    with pytest.raises(SiteUnavailable, match="did not end within 1 s"):
        rig.site.status(receipts)
    assert rig.site.status(receipts)[0].phase in (Phase.QUEUED, Phase.RUNNING)


def test_a_crowd_finds_out_once_when_its_node_was_booted(rig: BatchRig, slurm: FakeSlurm) -> None:
    """To hundredths of a second, and again when an hour has passed."""
    crowd = [
        rig.script(tag, f'echo "$GRIDWMS_BOOT_TIME" >{rig.folder}/boot.{number}') for number, tag in enumerate(tags(20))
    ]
    end_of(rig, hand_over(rig, crowd))
    (batch,) = slurm.batches.values()
    (kept,) = Path(batch.folder).glob("b.*")
    told = {(rig.folder / f"boot.{number}").read_text().strip() for number in range(20)}
    up = float(Path("/proc/uptime").read_text().split()[0])
    assert all(abs(int(one) / 100 - (time.time() - up)) < 1 for one in told)
    assert kept.read_text().split()[0] == str(int(up) // 3600)
    assert kept.read_text().split()[1] in told


def test_a_few_find_it_out_themselves(rig: BatchRig) -> None:
    end_of(rig, hand_over(rig, [rig.script(tags(1)[0], f'echo "<$GRIDWMS_BOOT_TIME>" >{rig.folder}/boot')]))
    assert (rig.folder / "boot").read_text() == "<>\n"
