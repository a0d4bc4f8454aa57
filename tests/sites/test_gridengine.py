"""Grid Engine as a site: the contract and the bad days, on one that this process plays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.classad import evaluate_attribute
from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Phase, Refusal, SiteUnavailable
from gridwms.sites.gridengine import GridEngineDialect
from gridwms.sites.shell import LocalShell
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.cluster import Fault
from tests.sites.fakes.gridengine import FakeGridEngine


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FakeGridEngine]:
    played = FakeGridEngine(tmp_path / "cluster")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, cluster: FakeGridEngine) -> Iterator[BatchRig]:
    shell = LocalShell(environment={"PATH": f"{cluster.bin}:{os.environ['PATH']}"}, seconds=5)
    settings = BatchSettings(name="cluster", directory=str(tmp_path / "site"), host="ge.example")
    made = BatchRig(tmp_path, GridEngineDialect(), lambda: shell, settings, queue="all.q")
    yield made
    made.site.close()


class TestGridEngine(SiteContract):
    """The contract."""


def test_single_tasks_and_parallel_ones(rig: BatchRig, cluster: FakeGridEngine) -> None:
    rig.settings = replace(rig.settings, array=1, parallel="mpi")
    rig.restart()
    tag = tags(1)[0]
    receipts = receipts_of(rig.site.submit([replace(rig.quick(tag), cpus=2, wall_seconds=90)]))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED)
    (batch,) = cluster.batches.values()
    assert "#$ -pe mpi 2\n#$ -l h_rt=90\n" in batch.script
    assert not batch.array
    assert rig.site.find([tag]) == {tag: receipts[0]}


def test_killed_without_a_word_is_told_by_accounting(rig: BatchRig, cluster: FakeGridEngine) -> None:
    receipts = receipts_of(rig.site.submit([rig.endless(tags(1)[0])]))
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    ((_, task),) = cluster.all_tasks()
    assert task.process is not None
    os.killpg(task.process.pid, signal.SIGKILL)
    rig.wait(lambda: task.end > 0)
    sighting = rig.site.status(receipts)[0]
    assert sighting.reason is not None
    assert "assumedly after job" in sighting.reason.sentence


def test_an_error_state_is_an_end(rig: BatchRig, cluster: FakeGridEngine) -> None:
    cluster.hold = True
    receipts = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))
    ((_, task),) = cluster.all_tasks()
    task.state = "ERROR"
    sighting = rig.site.status(receipts)[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert "could not start it (state Eqw)" in sighting.reason.sentence


def test_refused_and_silent(rig: BatchRig, cluster: FakeGridEngine) -> None:
    mine = tags(2)
    cluster.faults["qsub"] = [
        Fault(says="Unable to run job: denied: host is no submit host.\nExiting."),
        Fault(says="error: commlib error: got select error (Connection refused)\nUnable to run job: unable to contact"),
    ]
    (refusal,) = rig.site.submit([rig.quick(mine[0])])
    assert isinstance(refusal, Refusal)
    assert "no submit host" in refusal.reason.sentence
    with pytest.raises(SiteUnavailable, match="unable to contact"):
        rig.site.submit([rig.quick(mine[1])])
    assert rig.site.find(mine) == dict.fromkeys(mine)


def test_its_queue_is_described_with_its_hosts(rig: BatchRig, cluster: FakeGridEngine) -> None:
    (ad,) = rig.site.describe()
    told = ("GlueHostMainMemoryRAMSize", "GlueHostArchitectureSMPSize", "GlueHostNetworkAdapterOutboundIP")
    assert [evaluate_attribute(ad, name) for name in told] == [int(23.6 * 1024), cluster.slots, True]
    rig.settings = replace(rig.settings, network=False)
    rig.restart()
    (ad,) = rig.site.describe()
    assert evaluate_attribute(ad, "GlueHostNetworkAdapterOutboundIP") is False
