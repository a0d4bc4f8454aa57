"""What travels by the session of a job at an ARC computing element: real wrappers, on an A-REX played or real."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.arc import ArcSettings
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Refusal, SiteUnavailable
from gridwms.sites.link import TokenRequest
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task
from tests.services.ca import Authority, proxy
from tests.sites.arc_rig import ArcRig
from tests.sites.contract import receipts_of, tags
from tests.sites.fakes.arex import FakeArex, Fault

NOBODY = "http://127.0.0.1:9"
SCRIPT = b"#!/bin/sh\ncat 'two words' >big; echo said; exit 3\n"


class Desk:
    """The service as the site sees it that speaks for its wrappers."""

    def __init__(self) -> None:
        self.asked: list[TokenRequest] = []
        self.answer: bool | None = True

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        self.asked += requests
        return [self.answer] * len(requests)

    def send_events(self, reports: Sequence[tuple[str, Sequence[str]]]) -> list[bool | None]:
        raise AssertionError(reports)


@pytest.fixture
def arex(tmp_path: Path) -> Iterator[FakeArex]:
    authority = Authority(tmp_path / "ca")
    alice = authority.user("alice")
    proxy(alice, tmp_path / "proxy")
    played = FakeArex(tmp_path / "arex", authority, mapped={alice.subject})
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, arex: FakeArex) -> Iterator[ArcRig]:
    settings = ArcSettings(
        name="arc",
        url=arex.url,
        proxy=str(tmp_path / "proxy"),
        authorities=str(arex.authority.certificates),
        settle_seconds=0,
        network=False,
    )
    made = ArcRig(tmp_path, settings, arex.ce, slots=2, many=10, pause=0.05, fetched=tmp_path / "fetched")
    yield made
    made.site.close()


def handover(rig: ArcRig, folder: Path, tag: str, service: str = NOBODY) -> Handover:
    (folder / "run").write_bytes(SCRIPT)
    (folder / "words").write_bytes(b"x" * 100_000)
    task = Task(
        tag=tag,
        job_id=f"https://localhost/jobs/{tag}",
        attempt=1,
        service=service,
        capability="c",
        vo="",
        executable="run",
        std_output="out",
        inputs=(Input(index=0, name="run"), Input(index=1, name="two words")),
        outputs=("out", "big", f"/{folder}/far"),
    )
    brought = (("run", str(folder / "run")), ("two words", str(folder / "words")))
    return Handover(tag=tag, ce=rig.ce, script=render(task), inputs=brought)


def run(rig: ArcRig, handovers: list[Handover]) -> tuple[list[Receipt], list[Leftover]]:
    receipts = receipts_of(rig.site.submit(handovers))
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)), seconds=60)
    return receipts, rig.site.collect(receipts)


def check(leftover: Leftover) -> None:
    """Whether it brought what the payload made."""
    assert sorted(leftover.outputs) == ["big", "out"]
    assert Path(leftover.outputs["out"]).read_text() == "said\n"
    assert Path(leftover.outputs["big"]).read_bytes() == b"x" * 100_000
    finished = [line for line in leftover.events if line.startswith("type=Finished")]
    assert len(finished) == 1
    assert "exit_code=3" in finished[0]


def test_without_a_network(rig: ArcRig, tmp_path: Path) -> None:
    desk = Desk()
    rig.site.link = desk
    mine = tags(2)
    receipts, left = run(rig, [handover(rig, tmp_path, tag) for tag in mine])
    assert sorted(one.tag for one in desk.asked) == sorted(mine), "each asked once"
    assert all(line.startswith("type=Running") for one in desk.asked for line in one.lines)
    for one in left:
        check(one)
    assert [one.exit_code for one in rig.site.status(receipts)] == [0, 0]
    rig.site.forget(receipts)
    assert list((tmp_path / "fetched").iterdir()) == []


def test_the_service_says_no(rig: ArcRig, tmp_path: Path) -> None:
    desk = Desk()
    desk.answer = False
    rig.site.link = desk
    _, (left,) = run(rig, [handover(rig, tmp_path, tags(1)[0])])
    assert left.outputs == {}
    assert not any("Finished" in line for line in left.events)


def test_an_upload_that_breaks_off_starts_nothing(rig: ArcRig, arex: FakeArex, tmp_path: Path) -> None:
    """It is in doubt, is found to be unready, is taken back and goes again."""
    desk = Desk()
    rig.site.link = desk
    tag = tags(1)[0]
    one = handover(rig, tmp_path, tag)
    arex.faults["put"] = [Fault(), Fault(cut="after")]
    assert rig.site.submit([one]) == []
    assert len(arex.jobs) == 1
    assert rig.site.find([tag]) == {tag: None}
    rig.wait(lambda: not arex.jobs)
    _, (left,) = run(rig, [one])
    check(left)
    assert len(desk.asked) == 1


def test_input_that_cannot_be_read_here(rig: ArcRig, tmp_path: Path) -> None:
    one = handover(rig, tmp_path, tags(1)[0])
    (refusal,) = rig.site.submit([replace(one, inputs=None)])
    assert isinstance(refusal, Refusal)
    assert "its worker nodes have no network" in refusal.reason.sentence


def test_a_full_disk_here_while_output_is_brought(rig: ArcRig, tmp_path: Path) -> None:
    rig.site.link = Desk()
    receipts, _ = run(rig, [handover(rig, tmp_path, tags(1)[0])])
    rig.site.forget([])
    (tmp_path / "fetched" / receipts[0].tag / "0").unlink()
    (tmp_path / "fetched" / receipts[0].tag / "0").symlink_to("/dev/full")
    with pytest.raises(SiteUnavailable, match=r"its output cannot be written to .*: No space left"):
        rig.site.collect(receipts)


def test_a_list_that_leads_elsewhere_is_not_followed(rig: ArcRig, arex: FakeArex) -> None:
    tag = tags(1)[0]
    text = "printf 'a ../../secret +\\nb /etc/passwd +\\nc work/c +\\n' >d/outputs; cd d/work && echo c >c; exit 18"
    with_network = replace(rig.settings, network=True)
    rig.settings = with_network
    rig.restart()
    _, (left,) = run(rig, [Handover(tag=tag, ce=rig.ce, script=text)])
    assert list(left.outputs) == ["c"]


@pytest.mark.long
def test_on_a_real_one(real_arc: ArcRig, tmp_path: Path) -> None:
    real_arc.settings = replace(real_arc.settings, network=False)
    real_arc.fetched = tmp_path / "fetched"
    real_arc.restart()
    real_arc.site.link = Desk()
    with tempfile.TemporaryDirectory(prefix="gw-in-") as name:
        Path(name).chmod(0o755)
        _, (left,) = run(real_arc, [handover(real_arc, Path(name), tags(1)[0])])
    check(left)
