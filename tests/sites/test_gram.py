"""A Globus gatekeeper as a site: the contract on one that this process plays, and a life and bad days on a real one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings, Need
from gridwms.sites.contract import Phase, Refusal, SiteUnavailable
from gridwms.sites.gram import GramDialect
from gridwms.sites.shell import LocalShell
from tests.services import gram
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.cluster import Fault
from tests.sites.fakes.gram import FakeGram

SETTINGS = BatchSettings(name="ce", directory="", host="ce.example", array=1, unseen_seconds=2)


def rig_of(folder: Path, dialect: GramDialect, shell: LocalShell, **changes: object) -> BatchRig:
    settings = replace(SETTINGS, directory=str(folder / "site"))
    return BatchRig(folder, dialect, lambda: shell, settings, queue="default", many=20, **changes)  # type: ignore[arg-type]


def end_server(rig: BatchRig) -> None:
    """The GASS server outlives its script, and here the test."""
    LocalShell().run(f"kill $(cat {rig.folder}/site/gass.pid)")


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[FakeGram]:
    played = FakeGram(tmp_path / "gram")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, keeper: FakeGram) -> Iterator[BatchRig]:
    shell = LocalShell(environment={"PATH": f"{keeper.bin}:{os.environ['PATH']}"}, seconds=20)
    made = rig_of(tmp_path, GramDialect(contact="ce.example:2119/jobmanager-x", slots=2), shell, pause=0.1)
    yield made
    end_server(made)


class TestGram(SiteContract):
    """The contract."""


def test_refused_and_silent(rig: BatchRig, keeper: FakeGram) -> None:
    mine = tags(2)
    said = "GRAM Job submission failed because authentication failed: the proxy credential has expired (error code 7)"
    keeper.faults["globusrun"] = [Fault(says=said), Fault(says="GRAM Job submission failed because no answer came")]
    (refusal,) = rig.site.submit([rig.quick(mine[0])])
    assert isinstance(refusal, Refusal)
    assert "proxy credential has expired" in refusal.reason.sentence
    with pytest.raises(SiteUnavailable, match="no answer came"):
        rig.site.submit([rig.quick(mine[1])])
    assert rig.site.find(mine) == dict.fromkeys(mine)


def test_needs_in_rsl() -> None:
    need = Need(queue="short", cpus=4, nodes=2, wall_seconds=90, memory_mb=3000)
    lines = GramDialect(contact="c", slots=1).head("b", need, 1, "", SETTINGS).splitlines()
    wanted = [
        "(count=4)",
        "(job_type=single)",
        "(queue=short)",
        "(host_count=2)",
        "(max_wall_time=2)",
        "(min_memory=3000)(max_memory=3000)",
    ]
    assert [line.removeprefix("#RSL ") for line in lines if line.startswith("#RSL ")] == wanted


@pytest.mark.parametrize(("told", "has"), [({}, "2"), ({"GRIDWMS_GRACE": "9"}, "9")])
def test_a_payload_is_killed_before_its_wrapper_is(tmp_path: Path, told: dict[str, str], has: str) -> None:
    """The job manager for fork kills the group of the wrapper five seconds after its warning; a payload has its own."""
    head = GramDialect(contact="c", slots=1).head("b", Need(queue="default"), 1, "", SETTINGS)
    words = ["/bin/sh", "-c", f"{head}\nprintenv GRIDWMS_GRACE"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path, env=told)
    assert done.stdout.split() == [has]


@pytest.fixture(scope="module")
def real() -> Iterator[gram.Gatekeeper]:
    if why := gram.missing():
        pytest.skip(why)
    with gram.running() as running:
        yield running


def test_a_life_at_a_real_gatekeeper(tmp_path: Path, real: gram.Gatekeeper) -> None:
    shell = LocalShell(environment=real.environment, seconds=60)
    rig = rig_of(tmp_path, GramDialect(contact=real.contact, slots=100), shell, slots=100, pause=0.3)
    try:
        SiteContract().test_a_whole_life(rig)
        receipts = receipts_of(rig.site.submit([rig.endless(tag) for tag in tags(2)]))
        rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in receipts))
        rig.site.cancel(receipts)
        rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} <= {Phase.ENDED, Phase.GONE})
    finally:
        end_server(rig)
    stranger = LocalShell(environment={**real.environment, "X509_USER_PROXY": "/dev/null"}, seconds=60)
    with pytest.raises(SiteUnavailable, match="credential"):
        rig_of(_folder(tmp_path), GramDialect(contact=real.contact, slots=1), stranger).site.describe()


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"
