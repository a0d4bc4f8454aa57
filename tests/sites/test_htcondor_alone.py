"""HTCondor's worker nodes without a network: all that they need and say goes by starter and shadow. Real wrappers on a
real pool, in network namespaces from which nothing but their starter can be reached (tests/services/no_network.py)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Phase
from tests.services import htcondor
from tests.sites.batch_rig import BatchRig
from tests.sites.condor_ways import ways
from tests.sites.contract import receipts_of, tags
from tests.sites.test_staging import Desk, carried, end, handover

PAYLOAD = b"#!/bin/sh\ncat 'two words' >big; sed -n 's/ *\\([^ :]*\\):.*/\\1/p' /proc/net/dev; exit 3\n"
"""Says which network interfaces there are."""


@pytest.fixture
def rig(pool: htcondor.Pool, request: pytest.FixtureRequest) -> Iterator[BatchRig]:
    with tempfile.TemporaryDirectory(prefix="gw-pool-") as name:  # pytest's own folders are closed to other accounts
        folder = Path(name)
        folder.chmod(0o777)
        dialect, shell = ways(pool, request.param)
        settings = BatchSettings(
            name="pool",
            directory=f"{name}/site",
            host="pool.example",
            unseen_seconds=10,
            network=False,
            options=("+NoNetwork = True",),
        )
        made = BatchRig(folder, dialect, lambda: shell, settings, slots=pool.slots, queue="default", pause=0.5)
        yield made
        made.site.close()
        pool.say("condor_rm", "-all")


@pytest.mark.parametrize("rig", ["commands", pytest.param("bindings", marks=pytest.mark.long)], indirect=True)
def test_a_whole_life(rig: BatchRig) -> None:
    desk = rig.site.link = Desk()
    mine = tags(3)
    handovers = [handover(rig, rig.folder, tag) for tag in mine]
    (rig.folder / "run").write_bytes(PAYLOAD)
    left = end(rig, handovers)
    assert sorted({one.tag for one in desk.asked}) == sorted(mine)
    assert all("type=Running" in one.lines[0] for one in desk.asked)
    for one in left:
        files = {name: Path(path).read_bytes() for name, path in one.outputs.items()}
        assert files == {"out": b"lo\n", "big": b"x" * 100_000}
        assert "type=Finished" in one.events[-1]
        assert "exit_code=3" in one.events[-1]
        assert "code=output_missing" in "".join(one.events)


@pytest.mark.long
@pytest.mark.parametrize("rig", ["commands"], indirect=True)
def test_a_wish_that_is_refused_starts_nothing(rig: BatchRig) -> None:
    desk = rig.site.link = Desk()
    desk.answer = None
    receipts = receipts_of(rig.site.submit([handover(rig, rig.folder, tags(1)[0])]))
    rig.wait(lambda: bool(rig.site.status(receipts) and len(desk.asked) > 1))
    assert rig.site.status(receipts)[0].phase is Phase.RUNNING
    desk.answer = False
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED)
    (left,) = rig.site.collect(receipts)
    assert left.outputs == {}
    assert rig.site.status(receipts)[0].exit_code == 16


@pytest.mark.long
@pytest.mark.parametrize(("rig", "renewed"), [("commands", True), ("bindings", False)], indirect=["rig"])
def test_credentials_come_too(rig: BatchRig, renewed: bool) -> None:
    """Renewed ones as well, unless the schedd is elsewhere: HTCondor takes no more files for what it has spooled."""
    rig.site.link = Desk()
    until = 'until grep -q two "$X509_USER_PROXY"; do sleep 0.1; done; cat "$X509_USER_PROXY"' if renewed else ":"
    script = f'stat -c %a "$X509_USER_PROXY"; cat "$X509_USER_PROXY"; {until}'
    one = handover(rig, rig.folder, tags(1)[0], executable="/bin/sh", arguments=f"-c '{script}'", credentials=True)
    begun = carried("one\n", 1, 40.0 if renewed else 1000.0)
    receipts = receipts_of(rig.site.submit([replace(one, credentials=begun), handover(rig, rig.folder, tags(1)[0])]))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.RUNNING)
    if renewed:
        time.sleep(2)
        rig.site.renew(receipts[:1], carried("two\n", 2, 1000.0))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED, 60)
    left = {one.tag: one for one in rig.site.collect(receipts)}
    said = Path(left[receipts[0].tag].outputs["out"]).read_bytes()
    assert said == (b"600\none\ntwo\n" if renewed else b"600\none\n")
    rig.site.forget(receipts)
