"""HTCondor as a site: the contract on a real pool."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.htcondor import HTCondorDialect
from tests.services import htcondor
from tests.services.account import AccountShell
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract
from tests.sites.exactly_once import Play, run


@pytest.fixture(scope="module")
def pool() -> Iterator[htcondor.Pool]:
    if why := htcondor.missing():
        pytest.skip(why)
    with htcondor.running() as running:
        yield running


@pytest.fixture
def rig(pool: htcondor.Pool, request: pytest.FixtureRequest) -> Iterator[BatchRig]:
    with tempfile.TemporaryDirectory(prefix="gw-pool-") as name:  # pytest's own folders are closed to other accounts
        folder = Path(name)
        folder.chmod(0o777)
        settings = BatchSettings(name="pool", directory=f"{name}/site", host="pool.example", unseen_seconds=10)
        many = 100 if request.config.getoption("--long") else 30
        shell = AccountShell(environment=pool.environment)
        made = BatchRig(
            folder, HTCondorDialect(), lambda: shell, settings, slots=pool.slots, many=many, queue="default", pause=0.3
        )
        made.traces.chmod(0o777)
        made.gate.chmod(0o666)
        yield made
        made.site.close()
        pool.say("condor_rm", "-all")


@pytest.mark.long
class TestRealHTCondor(SiteContract):
    """The contract."""


def test_a_whole_life(rig: BatchRig) -> None:
    SiteContract().test_a_whole_life(rig)


def test_cancel_while_waiting_and_while_running(rig: BatchRig) -> None:
    SiteContract().test_cancel_while_waiting_and_while_running(rig)


def _play(pool: htcondor.Pool, folder: Path, count: int, kills: int, seed: int) -> None:
    assert not run(
        Play(
            kind="htcondor",
            queue="default",
            folder=str(folder),
            environment=pool.environment,
            count=count,
            kills=kills,
            seed=seed,
            call=0.6,
        )
    )
    assert not pool.say("condor_q", "-all", "-af", "ClusterId")


def test_exactly_once(rig: BatchRig, pool: htcondor.Pool) -> None:
    _play(pool, rig.folder, 30, 6, 1)


@pytest.mark.long
def test_exactly_once_with_500(rig: BatchRig, pool: htcondor.Pool) -> None:
    _play(pool, rig.folder, 500, 60, 2)
