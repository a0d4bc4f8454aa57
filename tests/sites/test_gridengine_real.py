"""Grid Engine as a site: the contract on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.gridengine import GridEngineDialect
from gridwms.sites.shell import LocalShell
from tests.services import gridengine
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract


@pytest.fixture(scope="module")
def cell() -> Iterator[gridengine.GridEngine]:
    if why := gridengine.missing():
        pytest.skip(why)
    with gridengine.running() as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path, cell: gridengine.GridEngine, request: pytest.FixtureRequest) -> Iterator[BatchRig]:
    settings = BatchSettings(name="cell", directory=str(tmp_path / "site"), host="ge.example", unseen_seconds=10)
    many = 100 if request.config.getoption("--long") else 30
    shell = LocalShell(environment=cell.environment, seconds=60)
    made = BatchRig(
        tmp_path, GridEngineDialect(), lambda: shell, settings, slots=cell.slots, many=many, queue="all.q", pause=0.3
    )
    yield made
    made.site.close()
    shell.run("qdel -u '*'")


@pytest.mark.long
class TestRealGridEngine(SiteContract):
    """The contract."""


def test_a_whole_life(rig: BatchRig) -> None:
    SiteContract().test_a_whole_life(rig)


def test_restart_in_every_phase(rig: BatchRig) -> None:
    SiteContract().test_restart_in_every_phase(rig)
