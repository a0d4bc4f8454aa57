"""The real wrapper at the local site, against a real server of the worker protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from gridwms.sites.contract import Handover, Phase, Receipt
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task
from tests.sites.contract import receipts_of, tags
from tests.sites.test_local import LocalRig
from tests.wrapper.service import Attempt, Service

WORK = "*/*/*/*/work"
"""Where payloads work, below the directory of the attempts."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LocalRig]:
    made = LocalRig(tmp_path)
    made.site.close()
    made.settings = replace(made.settings, environment={"GRIDWMS_PATIENCE": "3", "GRIDWMS_GRACE": "1"})
    made.open()
    yield made
    made.close()


def handover(service: Service, tag: str, script: str) -> Handover:
    """The script as an attempt, with an output file `out`."""
    service.attempts[tag] = Attempt("c", inputs=[f"#!/bin/sh\n{script}\n".encode()])
    task = Task(
        tag=tag,
        job_id=f"https://localhost/jobs/{tag}",
        attempt=1,
        service=service.url,
        capability="c",
        vo="dteam",
        executable="run",
        std_output="out",
        inputs=(Input(index=0, name="run"),),
        outputs=("out",),
    )
    return Handover(tag=tag, ce="", script=render(task))


def finish(rig: LocalRig, receipts: list[Receipt]) -> None:
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))


def outputs(rig: LocalRig, receipt: Receipt) -> dict[str, str]:
    """What the site took over of the output sandbox."""
    return {name: Path(path).read_text() for name, path in rig.site.collect([receipt])[0].outputs.items()}


def last_word(rig: LocalRig, receipt: Receipt) -> dict[str, str]:
    """The wrapper's report, which this site reads from the spool and nobody sends."""
    lines = rig.site.collect([receipt])[0].events
    assert len(lines) == 1
    event = dict(parse_qsl(lines[0]))
    assert event["type"] == "Finished"
    return event


def test_twenty_jobs_and_nothing_left(rig: LocalRig, service: Service) -> None:
    mine = tags(20)
    receipts = receipts_of(rig.site.submit([handover(service, tag, f"echo {tag}; exit 5") for tag in mine]))
    finish(rig, receipts)
    for receipt in receipts:
        assert outputs(rig, receipt) == {"out": f"{receipt.tag}\n"}
    assert {one.exit_code for one in rig.site.status(receipts)} == {0}
    assert {last_word(rig, one)["exit_code"] for one in receipts} == {"5"}
    assert all("job exit status = 5" in one.log for one in rig.site.collect(receipts))


def test_cancel_ends_the_payload_and_keeps_its_output(rig: LocalRig, service: Service) -> None:
    tag = tags(1)[0]
    receipts = receipts_of(rig.site.submit([handover(service, tag, "echo begun; exec sleep 300")]))
    service.wait_for(lambda: service.attempts[tag].instance)
    out = rig.settings.directory / "attempts"
    rig.wait(lambda: any(path.read_bytes() for path in out.glob(f"{WORK}/out")))
    rig.site.cancel(receipts)
    finish(rig, receipts)
    sighting = rig.site.status(receipts)[0]
    assert (sighting.cancelled, sighting.exit_code) == (True, 19)
    assert outputs(rig, receipts[0]) == {"out": "begun\n"}
    assert last_word(rig, receipts[0])["code"] == "terminated"


def test_a_restart_of_the_service_while_it_runs(rig: LocalRig, service: Service) -> None:
    """The wrapper and its site both come through: it reports to the new one, and is seen to end."""
    tag = tags(1)[0]
    go = rig.directory / "go"
    script = f"while [ ! -e {go} ]; do sleep 0.01; done; echo through"
    receipts = receipts_of(rig.site.submit([handover(service, tag, script)]))
    service.wait_for(lambda: service.attempts[tag].instance)
    service.down()
    rig.site.close()
    go.touch()
    rig.open()
    service.up()
    finish(rig, receipts)
    assert outputs(rig, receipts[0]) == {"out": "through\n"}


def test_the_payload_does_not_find_the_capability(rig: LocalRig, service: Service) -> None:
    tag = tags(1)[0]
    made = handover(service, tag, "cat ../../* ../../*/* 2>/dev/null | grep -c capability; ls -l ../../wrapper | wc -l")
    receipts = receipts_of(rig.site.submit([made]))
    finish(rig, receipts)
    assert "gw_capability=" in made.wrapper
    assert outputs(rig, receipts[0]) == {"out": "0\n1\n"}
    rig.restart()
    assert rig.site.status(receipts)[0].exit_code == 0
