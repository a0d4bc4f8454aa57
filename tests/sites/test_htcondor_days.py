"""Bad days on a real HTCondor pool: nothing is started, a job loses its place, a schedd restarts, records vanish."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Phase, Sighting, SiteUnavailable
from gridwms.sites.htcondor import HTCondorDialect
from tests.services import htcondor
from tests.services.account import AccountShell
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import receipts_of, tags

pytestmark = pytest.mark.long
_OVER = {Phase.ENDED, Phase.GONE}


@pytest.fixture(scope="module")
def pool() -> Iterator[htcondor.Pool]:
    if why := htcondor.missing():
        pytest.skip(why)
    with htcondor.running() as running:
        yield running


@pytest.fixture
def rig(pool: htcondor.Pool) -> Iterator[BatchRig]:
    with tempfile.TemporaryDirectory(prefix="gw-pool-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        settings = BatchSettings(name="pool", directory=f"{name}/site", host="pool.example", unseen_seconds=5)
        shell = AccountShell(environment=pool.environment)
        made = BatchRig(folder, HTCondorDialect(), lambda: shell, settings, slots=4, queue="default", pause=0.3)
        made.traces.chmod(0o777)
        made.gate.chmod(0o666)
        yield made
        made.site.close()
        pool.say("condor_rm", "-all")


def configure(pool: htcondor.Pool, line: str) -> None:
    """The last word on a setting."""
    with (pool.folder / "condor_config").open("a") as file:
        file.write(f"{line}\n")
    pool.say("condor_reconfig", "-all")


def test_a_pool_that_starts_nothing(rig: BatchRig, pool: htcondor.Pool) -> None:
    configure(pool, "START = False")
    try:
        receipts = receipts_of(rig.site.submit([rig.quick(tag) for tag in tags(2)]))
        rig.wait(lambda: "False" in pool.say("condor_config_val", "START"))
        assert {one.phase for one in rig.site.status(receipts)} == {Phase.QUEUED}
        rig.site.cancel(receipts[:1])
        rig.wait(lambda: rig.site.status(receipts[:1])[0].phase in _OVER)
    finally:
        configure(pool, "START = True")
    rig.wait(lambda: rig.site.status(receipts[1:])[0].phase is Phase.ENDED, 60)
    assert [rig.ran(one.tag) for one in receipts] == [0, 1]


def test_one_that_is_vacated_is_over_and_runs_once(rig: BatchRig, pool: htcondor.Pool) -> None:
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(2)]))
    rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in receipts))
    pool.say("condor_vacate_job", receipts[0].id.partition("@")[0])
    rig.wait(lambda: rig.site.status(receipts)[0].phase in _OVER, 60)
    (seen, other) = rig.site.status(receipts)
    assert seen.reason is not None or seen.exit_code
    assert other.phase is Phase.RUNNING
    rig.release()
    rig.wait(lambda: rig.site.status(receipts)[1].phase is Phase.ENDED, 60)
    assert [rig.ran(one.tag) for one in receipts] == [1, 1]


def test_the_schedd_is_restarted_in_the_middle(rig: BatchRig, pool: htcondor.Pool) -> None:
    receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(6)]))
    rig.wait(lambda: sum(rig.ran(one.tag) for one in receipts) == 4)
    pool.say("condor_restart", "-schedd")

    def answers() -> bool:
        try:
            return len(rig.site.status(receipts)) == 6
        except SiteUnavailable:
            return False

    rig.wait(lambda: not answers(), 60)
    rig.wait(answers, 60)
    assert rig.site.find([one.tag for one in receipts]) == {one.tag: one for one in receipts}
    rig.release()
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} <= _OVER, 90)
    assert [rig.ran(one.tag) for one in receipts] == [1] * 6


def test_removed_from_the_queue_and_from_the_history(rig: BatchRig, pool: htcondor.Pool) -> None:
    configure(pool, "HISTORY =")
    try:
        done, killed = receipts_of(rig.site.submit([rig.quick(tags(1)[0]), rig.endless(tags(1)[0])]))
        rig.wait(lambda: rig.ran(done.tag) == rig.ran(killed.tag) == 1)
        pool.say("condor_rm", killed.id.partition("@")[0])
        rig.wait(lambda: not pool.say("condor_q", "-all", "-af", "ClusterId"), 60)
        over: dict[str, Sighting] = {}

        def all_over() -> bool:
            for one in rig.site.status([done, killed]):
                if one.phase in _OVER:
                    over.setdefault(one.tag, one)
            return len(over) == 2

        rig.wait(all_over, 60)
        assert (over[done.tag].exit_code, over[done.tag].reason) == (0, None)
        assert over[killed.tag].phase is Phase.GONE or over[killed.tag].reason is not None
    finally:
        configure(pool, "HISTORY = $(SPOOL)/history")
