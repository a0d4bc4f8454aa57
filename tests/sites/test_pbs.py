"""PBS as a site, both families: the contract and the bad days, on one that this process plays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.classad import evaluate_attribute
from gridwms.sites.batch import BatchSettings, Need
from gridwms.sites.contract import Phase, Refusal, SiteUnavailable
from gridwms.sites.pbs import PbsDialect
from gridwms.sites.shell import LocalShell
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.cluster import Fault
from tests.sites.fakes.pbs import FakePbs

SETTINGS = BatchSettings(name="cluster", directory="", host="pbs.example")


@pytest.fixture(params=[True, False], ids=["professional", "torque"])
def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FakePbs]:
    played = FakePbs(tmp_path / "cluster", pro=request.param)
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, cluster: FakePbs) -> Iterator[BatchRig]:
    shell = LocalShell(environment={"PATH": f"{cluster.bin}:{os.environ['PATH']}"}, seconds=5)
    settings = replace(SETTINGS, directory=str(tmp_path / "site"))
    made = BatchRig(tmp_path, PbsDialect(), lambda: shell, settings, queue="batch")
    yield made
    made.site.close()


class TestPbs(SiteContract):
    """The contract."""


def test_killed_without_a_word(rig: BatchRig, cluster: FakePbs) -> None:
    rig.settings = replace(rig.settings, unseen_seconds=0)
    rig.restart()
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(2)]))
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    (_, task), _ = cluster.all_tasks()
    assert task.process is not None
    os.killpg(task.process.pid, signal.SIGKILL)
    rig.wait(lambda: task.end > 0)
    sighting = rig.site.status(receipts)[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert ("PBS ended it with status -9" if cluster.pro else "left no exit status") in sighting.reason.sentence


def test_a_state_that_nobody_knows_is_no_end(rig: BatchRig, cluster: FakePbs) -> None:
    cluster.odd = "Z"
    receipts = receipts_of(rig.site.submit([rig.endless(tags(1)[0])]))
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    assert rig.site.status(receipts)[0].phase is Phase.QUEUED


def test_refused_full_and_silent(rig: BatchRig, cluster: FakePbs) -> None:
    mine = tags(3)
    cluster.faults["qsub"] = [
        Fault(says="qsub: Unauthorized Request  MSG=group ACL is not satisfied"),
        Fault(says="qsub: Maximum number of jobs already in queue for user"),
        Fault(says="Connection refused\nqsub: cannot connect to server head (errno=15010)"),
    ]
    (refusal,) = rig.site.submit([rig.quick(mine[0])])
    assert isinstance(refusal, Refusal)
    assert "group ACL" in refusal.reason.sentence
    for tag, said in ((mine[1], "Maximum number of jobs"), (mine[2], "cannot connect")):
        with pytest.raises(SiteUnavailable, match=said):
            rig.site.submit([rig.quick(tag)])
    assert rig.site.find(mine) == dict.fromkeys(mine)


def test_a_queue_as_a_resource(rig: BatchRig) -> None:
    (ad,) = rig.site.describe()
    found = {
        name: evaluate_attribute(ad, name) for name in ("GlueCEPolicyMaxWallClockTime", "GlueHostMainMemoryRAMSize")
    }
    assert found == {"GlueCEPolicyMaxWallClockTime": 2880, "GlueHostMainMemoryRAMSize": 2048}


@pytest.mark.parametrize(
    ("need", "torque", "pro"),
    [
        (Need(queue="batch", cpus=4), "-l nodes=4:ppn=1", "-l select=4:ncpus=1:mpiprocs=1"),
        (Need(queue="batch", cpus=8, nodes=3), "-l nodes=3:ppn=3", "-l select=3:ncpus=3:mpiprocs=3"),
        (Need(queue="batch", cpus=8, smp_granularity=4), "-l nodes=2:ppn=4", "-l select=2:ncpus=4:mpiprocs=4"),
        (Need(queue="batch", nodes=2, cpus=2, whole_nodes=True), "-n", "-l place=scatter:excl"),
    ],
)
def test_processors_and_hosts(need: Need, torque: str, pro: str) -> None:
    lines = PbsDialect().head("abcdefghij", need, 1, "", SETTINGS).splitlines()
    assert f"#TORQUE {torque}" in lines
    assert f"#PRO {pro}" in lines
    assert not [line for line in lines if " -t " in line or " -J " in line]
