"""HTCondor as a site: the contract on a real pool."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings, BatchSite
from gridwms.sites.contract import Handover, Phase, SiteUnavailable
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.shell import LocalShell
from tests.services import htcondor
from tests.sites.batch_rig import BatchRig
from tests.sites.condor_ways import by_bindings, ways
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.exactly_once import Play, run


@pytest.fixture
def rig(pool: htcondor.Pool, request: pytest.FixtureRequest) -> Iterator[BatchRig]:
    """By the commands, on the host of the schedd; told "bindings" by these, from elsewhere."""
    with tempfile.TemporaryDirectory(prefix="gw-pool-") as name:  # pytest's own folders are closed to other accounts
        folder = Path(name)
        folder.chmod(0o777)
        settings = BatchSettings(name="pool", directory=f"{name}/site", host="pool.example", unseen_seconds=10)
        many = 100 if request.config.getoption("--long") else 30
        dialect, shell = ways(pool, getattr(request, "param", "commands"))
        made = BatchRig(
            folder, dialect, lambda: shell, settings, slots=pool.slots, many=many, queue="default", pause=0.3
        )
        made.traces.chmod(0o777)
        made.gate.chmod(0o666)
        yield made
        made.site.close()
        pool.say("condor_rm", "-all")


@pytest.mark.long
@pytest.mark.parametrize("rig", ["commands", "bindings"], indirect=True)
class TestRealHTCondor(SiteContract):
    """The contract."""


def test_a_whole_life(rig: BatchRig) -> None:
    SiteContract().test_a_whole_life(rig)


def test_cancel_while_waiting_and_while_running(rig: BatchRig) -> None:
    SiteContract().test_cancel_while_waiting_and_while_running(rig)


def test_a_great_many_that_share_tasks(rig: BatchRig) -> None:
    """The nodes of this pool have the files of the submit host."""
    rig.settings = replace(rig.settings, share_seconds=1)
    rig.restart()
    mine = tags(rig.many)
    receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in mine]))
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} == {Phase.ENDED}, 60)
    assert [rig.ran(tag) for tag in mine] == [1] * rig.many
    assert list(Path(rig.settings.directory).glob("*/shared"))
    assert list(Path(rig.settings.directory).glob("*/y*"))
    rig.site.forget(receipts)


@pytest.mark.long
def test_cancel_of_those_that_may_share(rig: BatchRig) -> None:
    rig.settings = replace(rig.settings, share_seconds=60)
    rig.restart()
    mine = tags(20)
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in mine]))
    rig.wait(lambda: sum(rig.ran(tag) for tag in mine) == rig.slots, 60)
    rig.site.cancel(receipts)
    rig.site.cancel(receipts)
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} <= {Phase.ENDED, Phase.GONE}, 60)
    assert sum(rig.ran(tag) for tag in mine) == rig.slots


def _play(
    pool: htcondor.Pool,
    folder: Path,
    count: int,
    kills: int,
    seed: int,
    *,
    elsewhere: bool = False,
    python: str = "",
    chunk: int = 10,
) -> None:
    played = Play(
        kind="htcondor",
        queue="default",
        folder=str(folder),
        environment=pool.remote(pool.account.pw_name) if elsewhere else pool.environment,
        count=count,
        kills=kills,
        seed=seed,
        call=1.2 if elsewhere else 0.6,
        schedd=htcondor.SCHEDD if elsewhere else "",
        pool=pool.collector if elsewhere else "",
        python=python,
        chunk=chunk,
    )
    assert not run(played)
    assert not pool.say("condor_q", "-all", "-constraint", "JobStatus != 4", "-af", "ClusterId")


def test_exactly_once(rig: BatchRig, pool: htcondor.Pool) -> None:
    _play(pool, rig.folder, 20, 4, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_exactly_once_where_tasks_are_shared(rig: BatchRig, pool: htcondor.Pool) -> None:
    _play(pool, rig.folder, 500, 60, 2, chunk=25)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_exactly_once_with_500(rig: BatchRig, pool: htcondor.Pool) -> None:
    _play(pool, rig.folder, 500, 60, 2)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("python", ["", sys.executable], ids=["commands", "bindings"])
@pytest.mark.parametrize(("count", "kills"), [(40, 10), (500, 60)])
def test_exactly_once_at_a_schedd_elsewhere(
    rig: BatchRig, pool: htcondor.Pool, count: int, kills: int, python: str
) -> None:
    """Cut, too, while files are spooled there: what has not all of its files never starts."""
    _play(pool, rig.folder, count, kills, 3, elsewhere=True, python=python)


@pytest.mark.parametrize("way", ["commands", "bindings"])
def test_a_schedd_elsewhere_by_token(tmp_path: Path, pool: htcondor.Pool, way: str) -> None:
    """As root, whose jobs no schedd takes: they are those of the token's account. Files are spooled and fetched."""
    dialect = HTCondorDialect(schedd=htcondor.SCHEDD, pool=pool.collector)
    environment = pool.remote(pool.account.pw_name)
    if way == "bindings":
        dialect, environment = by_bindings(pool)
    settings = BatchSettings(name="pool", directory=str(tmp_path / "site"), host="pool.example", unseen_seconds=10)
    site = BatchSite(settings, dialect, LocalShell(environment=environment, seconds=60))
    mine = tags(4)
    ce = "pool.example:2119/jobmanager-condor-default"
    said = receipts_of(
        site.submit([Handover(tag=tag, ce=ce, script=f'id -un; cat "$0"; exit {n}\n') for n, tag in enumerate(mine)])
    )
    assert site.find(mine) == {one.tag: one for one in said}
    deadline = time.monotonic() + 60
    seen = site.status(said)
    while any(one.phase is not Phase.ENDED for one in seen):
        assert time.monotonic() < deadline, seen
        time.sleep(0.3)
        seen = site.status(said)
    assert {one.tag: one.exit_code for one in seen} == {tag: n for n, tag in enumerate(mine)}
    assert {one.log.split()[0] for one in site.collect(said)} == {pool.account.pw_name}
    site.forget(said)
    assert site.find(mine) == dict.fromkeys(mine)
    while pool.say("condor_q", "-all", "-af", "ClusterId"):
        assert time.monotonic() < deadline, "they stay in the queue"
        time.sleep(0.3)
    (tmp_path / "none").mkdir()
    refused = {**environment, "_CONDOR_SEC_TOKEN_DIRECTORY": str(tmp_path / "none")}
    stranger = BatchSite(settings, dialect, LocalShell(environment=refused, seconds=60))
    with pytest.raises(
        SiteUnavailable, match=r"takes no attempts: .*(find address of schedd|authenticate using IDTOKENS)"
    ):
        stranger.submit([Handover(tag=tags(1)[0], ce=ce, script="exit 0\n")])
