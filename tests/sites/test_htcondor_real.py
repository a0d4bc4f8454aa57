"""HTCondor as a site: the contract on a real pool."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.shell import LocalShell, Said
from tests.services import htcondor
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract


class AccountShell(LocalShell):
    """As the account whose jobs the pool takes."""

    def __init__(self, pool: htcondor.Pool) -> None:
        super().__init__(environment=pool.environment, seconds=60)
        self._account = pool.account

    def run(self, script: str, words: Sequence[str] = (), *, stdin: bytes = b"", seconds: float | None = None) -> Said:
        if os.geteuid() != 0:
            return super().run(script, words, stdin=stdin, seconds=seconds)
        ids = f"--reuid={self._account.pw_uid} --regid={self._account.pw_gid} --clear-groups"
        outer = f's=$1; shift; exec setpriv {ids} /bin/sh -c "$s" gridwms "$@"'
        return super().run(outer, [script, *words], stdin=stdin, seconds=seconds)


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
        shell = AccountShell(pool)
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
