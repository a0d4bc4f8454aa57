"""An HTCondor pool as a site: the contract and the bad days, on a pool that this process plays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings, Need
from gridwms.sites.contract import Phase, Refusal, SiteUnavailable
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.link import TokenRequest
from gridwms.sites.shell import LocalShell
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.cluster import Fault
from tests.sites.fakes.htcondor import FakeHTCondor
from tests.sites.test_staging import Desk, end, handover


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[FakeHTCondor]:
    played = FakeHTCondor(tmp_path / "pool")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, pool: FakeHTCondor) -> Iterator[BatchRig]:
    shell = LocalShell(environment={"PATH": f"{pool.bin}:{os.environ['PATH']}"}, seconds=2)
    settings = BatchSettings(name="pool", directory=str(tmp_path / "site"), host="pool.example")
    made = BatchRig(tmp_path, HTCondorDialect(), lambda: shell, settings, queue="default")
    yield made
    made.site.close()


class TestHTCondor(SiteContract):
    """The contract."""


def test_events_come_back_with_the_files(rig: BatchRig) -> None:
    tag = tags(1)[0]
    receipts = receipts_of(rig.site.submit([rig.script(tag, f"mkdir {tag}; echo type=Running >{tag}/events; pwd")]))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED)
    (left,) = rig.site.collect(receipts)
    assert left.events == ("type=Running",)
    assert "/execute/" in left.log


@pytest.fixture
def sharing(rig: BatchRig, pool: FakeHTCondor) -> BatchRig:
    """Worker nodes have the files of the submit host, and short attempts share tasks."""
    pool.domain = "files"
    rig.settings = replace(rig.settings, share_seconds=60)
    rig.restart()
    return rig


def test_short_ones_share_tasks_where_files_are_shared(sharing: BatchRig, pool: FakeHTCondor) -> None:
    mine = tags(24)
    receipts = receipts_of(sharing.site.submit([sharing.quick(tag) for tag in mine]))
    sharing.wait(lambda: {one.phase for one in sharing.site.status(receipts)} == {Phase.ENDED})
    assert [sharing.ran(tag) for tag in mine] == [1] * 24
    tasks = {path.read_text().split()[0] for path in (sharing.folder / "site").glob("*/s[0-9]*")}
    assert len(tasks) <= 12
    assert not list(pool.scratch.iterdir())
    sharing.site.forget(receipts)
    assert not list((sharing.folder / "site").iterdir())


def test_few_are_transferred_all_the_same(sharing: BatchRig, pool: FakeHTCondor) -> None:
    """To ask whether files are shared costs more than it saves."""
    pool.hold = True
    sharing.site.submit([sharing.quick(tag) for tag in tags(3)])
    assert pool.calls["condor_status"] == 0
    assert next(iter(pool.batches.values())).queue


def test_nodes_that_share_nothing_whatever_they_say(sharing: BatchRig, pool: FakeHTCondor) -> None:
    """HTCondor holds what finds no directory there; what is sent after that is transferred."""
    pool.barred = True
    first = receipts_of(sharing.site.submit([sharing.quick(tag) for tag in tags(20)]))
    sharing.wait(lambda: {one.phase for one in sharing.site.status(first)} == {Phase.ENDED})
    sharing.site.forget(first)
    again = [f"again-{tag}" for tag in tags(20)]
    receipts = receipts_of(sharing.site.submit([sharing.quick(tag) for tag in again]))
    sharing.wait(lambda: {one.phase for one in sharing.site.status(receipts)} == {Phase.ENDED})
    assert [sharing.ran(tag) for tag in again] == [1] * 20


def test_taken_long_after_it_was_given_up(rig: BatchRig, pool: FakeHTCondor) -> None:
    mine = tags(2)
    pool.hold = True
    pool.faults["condor_submit"] = [Fault(before=3)]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick(tag) for tag in mine])
    assert rig.site.find(mine) == dict.fromkeys(mine)
    receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in mine]))
    pool.hold = False
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} == {Phase.ENDED})
    pool.closing.wait(1.5)
    assert [rig.ran(tag) for tag in mine] == [1, 1]


def test_one_that_is_held(rig: BatchRig, pool: FakeHTCondor) -> None:
    pool.hold = True
    receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in tags(1)]))
    ((_, task),) = pool.all_tasks()
    pool.end(task, "HELD")
    sighting = rig.site.status(receipts)[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert "HTCondor holds it: Transfer input files failure" in sighting.reason.sentence


@pytest.mark.parametrize(
    ("before", "why", "told"),
    [
        ("1", "PeriodicRemove expression '{rule}' evaluated to TRUE", "HTCondor lost it on its worker node"),
        ("2", "PeriodicRemove expression '{rule}' evaluated to TRUE", "it ran longer than the time limit"),
        ("2", "via condor_rm (by user grid1)", "HTCondor removed it: via condor_rm (by user grid1)"),
    ],
)
def test_one_that_is_removed_says_why(before: str, why: str, told: str) -> None:
    need = Need(queue="default", wall_seconds=60)
    settings = BatchSettings(name="pool", directory="/site", host="pool.example")
    dialect = HTCondorDialect()
    (head,) = [line for line in dialect.head("abcdefghij", need, 1, "", settings).splitlines() if "periodic_re" in line]
    text = why.format(rule=head.partition(" = ")[2])
    (state,) = dialect.states([f"12 0 3 1700000000 0 slot1@n1 {before} {text}"]).values()
    assert state.phase is Phase.ENDED
    assert told in state.text


def test_one_that_is_idle_again_is_over(rig: BatchRig, pool: FakeHTCondor) -> None:
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(1)]))
    ((_, task),) = pool.all_tasks()
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.RUNNING)
    task.state = "queued"
    (seen,) = rig.site.status(receipts)
    assert seen.phase is Phase.ENDED
    assert seen.reason is not None
    assert "HTCondor lost it on its worker node" in seen.reason.sentence
    rig.site.forget(receipts)
    assert pool.calls["condor_rm"] == 1


def test_its_startd_is_another_one_now(rig: BatchRig, pool: FakeHTCondor) -> None:
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(1)]))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.RUNNING)
    pool.cut = True
    assert rig.site.status(receipts)[0].phase is Phase.RUNNING, "it may be found again"
    pool.startd = int(time.time()) + 1
    (seen,) = rig.site.status(receipts)
    assert seen.phase is Phase.ENDED
    assert seen.reason is not None
    assert "started anew on its worker node" in seen.reason.sentence


def test_the_schedd_is_away(rig: BatchRig, pool: FakeHTCondor) -> None:
    receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in tags(1)]))
    pool.faults["condor_q"] = [Fault(says="-- Failed to fetch ads from: <127.0.0.1:9618>\nCEDAR: failed to connect")]
    with pytest.raises(SiteUnavailable, match="Failed to fetch ads"):
        rig.site.status(receipts)


@pytest.mark.parametrize("wish", [{"nodes": 2}, {"smp_granularity": 1}, {"whole_nodes": True}])
def test_what_takes_several_hosts_is_refused(rig: BatchRig, wish: dict[str, int]) -> None:
    (refusal,) = rig.site.submit([replace(rig.quick(tags(1)[0]), cpus=2, **wish)])  # type: ignore[arg-type]
    assert isinstance(refusal, Refusal)
    assert "HTCondor" in refusal.reason.sentence


@pytest.fixture
def alone(rig: BatchRig) -> BatchRig:
    """Worker nodes without a network."""
    rig.settings = replace(rig.settings, network=False)
    rig.restart()
    return rig


def test_nodes_without_a_network(alone: BatchRig) -> None:
    desk = alone.site.link = Desk()
    mine = tags(3)
    left = end(alone, [handover(alone, alone.folder, tag) for tag in mine])
    assert sorted(one.tag for one in desk.asked) == sorted(mine)
    assert all("type=Running" in one.lines[0] for one in desk.asked)
    for one in left:
        files = {name: Path(path).read_bytes() for name, path in one.outputs.items()}
        assert files == {"out": b"said\n", "big": b"x" * 100_000}
        assert "exit_code=3" in one.events[-1]


class OnlyTheFirst(Desk):
    """Grants the token to who asks first."""

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        self.asked += requests
        return [one.instance == self.asked[0].instance for one in requests]


def test_one_that_starts_again_is_not_taken_for_the_first(alone: BatchRig, pool: FakeHTCondor) -> None:
    """The answer to the first is there before the second asks, and after it has: the second starts nothing."""
    desk = alone.site.link = Desk()
    desk.answer = None
    receipts = receipts_of(alone.site.submit([handover(alone, alone.folder, tags(1)[0])]))
    alone.wait(lambda: bool(alone.site.status(receipts) and desk.asked))
    first = desk.asked[0]
    ((_, task),) = pool.all_tasks()
    with pool.lock:
        pool.start_again(task)
    again = alone.site.link = OnlyTheFirst()
    again.asked = [first]
    alone.wait(lambda: bool(alone.site.status(receipts) and again.asked[-1].instance != first.instance))
    pool.shadow[task.batch, task.index]["GridwmsAnswer"] = f'"go {first.instance}"'
    alone.wait(lambda: alone.site.status(receipts)[0].phase is Phase.ENDED)
    assert alone.site.status(receipts)[0].exit_code == 16
    assert alone.site.collect(receipts)[0].outputs == {}


def test_one_that_is_gone_before_its_answer(alone: BatchRig, pool: FakeHTCondor) -> None:
    """It hinders nobody else."""
    desk = alone.site.link = Desk()
    desk.answer = None
    gone, stays = receipts_of(alone.site.submit([handover(alone, alone.folder, tag) for tag in tags(2)]))
    alone.wait(
        lambda: bool(alone.site.status([gone, stays]) and {one.tag for one in desk.asked} == {*gone[:1], *stays[:1]})
    )
    (_, first), _ = pool.all_tasks()
    with pool.lock:
        pool.end(first, "REMOVED", force=True)
    desk.answer = True
    alone.wait(lambda: {one.phase for one in alone.site.status([gone, stays])} == {Phase.ENDED})
    assert [one.tag for one in alone.site.collect([gone, stays]) if one.outputs] == [stays.tag]


def test_a_node_without_a_way_to_the_shadow(alone: BatchRig, pool: FakeHTCondor) -> None:
    pool.chirps = False
    receipts = receipts_of(alone.site.submit([handover(alone, alone.folder, tags(1)[0])]))
    alone.wait(lambda: alone.site.status(receipts)[0].phase is Phase.ENDED)
    reason = alone.site.status(receipts)[0].reason
    assert reason is not None
    assert "HTCondor holds it: on_exit_hold_reason" in reason.sentence
