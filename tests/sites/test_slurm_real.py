"""Slurm as a site: the contract on a real Slurm, with accounting and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Handover, Phase, SiteUnavailable
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from tests.services import slurm
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.exactly_once import Play, run


class SlurmRig(BatchRig):
    """What ends at once goes to the large partition, what waits to the small one."""

    def quick(self, tag: str) -> Handover:
        return replace(super().quick(tag), ce=self.ce.replace("-small", "-main"))


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "accounting"])
def cluster(request: pytest.FixtureRequest) -> Iterator[slurm.Slurm]:
    if request.param and not request.config.getoption("--long"):
        pytest.skip("Slurm with accounting runs with --long")
    why = slurm.missing(accounting=request.param)
    if why:
        pytest.skip(why)
    with slurm.running(accounting=request.param) as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path, cluster: slurm.Slurm, request: pytest.FixtureRequest) -> Iterator[SlurmRig]:
    settings = BatchSettings(
        name="cluster",
        directory=str(tmp_path / "site"),
        host="cluster.example",
        unseen_seconds=5,
        accounting=cluster.accounting,
        share_seconds=1,
    )
    many = 1000 if request.config.getoption("--long") else 100
    made = SlurmRig(
        tmp_path,
        SlurmDialect(),
        lambda: LocalShell(environment=cluster.environment, seconds=30),
        settings,
        many=many,
        queue="small",
        pause=0.2,
    )
    yield made
    made.site.close()
    cluster.say("scancel", "-Q", "-u", "root")


class TestRealSlurm(SiteContract):
    """The contract."""


@pytest.mark.parametrize(
    ("count", "kills"), [(60, 8), pytest.param(500, 60, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_exactly_once(rig: SlurmRig, cluster: slurm.Slurm, count: int, kills: int) -> None:
    folder, environment = str(rig.folder), cluster.environment
    play = Play(
        kind="slurm", queue="main", folder=folder, environment=environment, count=count, kills=kills, seed=1, call=0.3
    )
    assert not run(play)


@pytest.mark.long
def test_the_controller_is_restarted_in_the_middle(rig: SlurmRig, cluster: slurm.Slurm) -> None:
    running = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(4)]))
    rig.wait(lambda: sum(rig.ran(one.tag) for one in running) == rig.slots)
    cluster.stop_controller()
    late = tags(1)
    try:
        with pytest.raises(SiteUnavailable):
            rig.site.status(running)
        with pytest.raises(SiteUnavailable):
            rig.site.submit([rig.quick(late[0])])
    finally:
        cluster.start_controller()
    assert rig.site.find([*late, *(one.tag for one in running)]) == {late[0]: None} | {one.tag: one for one in running}
    assert {one.phase for one in rig.site.status(running)} <= {Phase.RUNNING, Phase.QUEUED}
    assert receipts_of(rig.site.submit([rig.quick(late[0])]))
    rig.release()
    rig.wait(lambda: {one.phase for one in rig.site.status(running)} == {Phase.ENDED}, 60)
    assert [rig.ran(one.tag) for one in running] == [1] * 4
