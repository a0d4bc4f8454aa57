"""What travels by the directory at the site: everything where worker nodes have no network, else output that no upload
brought home. Real wrappers on a Slurm that this process plays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Credentials, Handover, Leftover, Phase, Refusal
from gridwms.sites.link import TokenRequest
from gridwms.sites.shell import LocalShell, Shell, SshSettings, SshShell
from gridwms.sites.slurm import SlurmDialect
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task
from tests.services import sshd
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import receipts_of, tags
from tests.sites.fakes.slurm import FakeSlurm
from tests.wrapper.service import Attempt, Service

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


@pytest.fixture(scope="module")
def server() -> Iterator[sshd.Sshd]:
    if why := sshd.missing():
        pytest.skip(why)
    with sshd.running() as running:
        yield running


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[FakeSlurm]:
    played = FakeSlurm(tmp_path / "slurm")
    yield played
    played.close()


def rig_of(folder: Path, slurm: FakeSlurm, shell: Shell | None = None, **settings: object) -> BatchRig:
    environment = {"PATH": f"{slurm.bin}:{os.environ['PATH']}"}
    made = BatchSettings(name="c", directory=str(folder / "site"), host="c.example", **settings)  # type: ignore[arg-type]
    shell = shell or LocalShell(environment=environment)
    rig = BatchRig(folder, SlurmDialect(), lambda: shell, made)
    rig.site._fetched = folder / "fetched"
    return rig


def task(tag: str, service: str, **changes: object) -> Task:
    plain = Task(
        tag=tag,
        job_id=f"https://localhost/jobs/{tag}",
        attempt=1,
        service=service,
        capability="c",
        vo="",
        executable="run",
        std_output="out",
        inputs=(Input(index=0, name="run"), Input(index=1, name="two words")),
        outputs=("out", "big", f"/{tag}"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def handover(rig: BatchRig, folder: Path, tag: str, **changes: object) -> Handover:
    (folder / "run").write_bytes(SCRIPT)
    (folder / "words").write_bytes(b"x" * 100_000)
    brought = (("run", str(folder / "run")), ("two words", str(folder / "words")))
    return Handover(tag=tag, ce=rig.ce, script=render(task(tag, NOBODY, **changes)), inputs=brought)


def end(rig: BatchRig, handovers: Sequence[Handover]) -> list[Leftover]:
    receipts = receipts_of(rig.site.submit(handovers))
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} == {Phase.ENDED}, 60)
    left = rig.site.collect(receipts)
    assert {one.tag for one in left} == {one.tag for one in handovers}
    return left


@pytest.mark.parametrize("scratch", [False, True])
@pytest.mark.parametrize("far", [False, True], ids=["here", "ssh"])
def test_nodes_without_a_network(
    tmp_path: Path, slurm: FakeSlurm, request: pytest.FixtureRequest, far: bool, scratch: bool
) -> None:
    shell = None
    if far:
        config = str(request.getfixturevalue("server").config)
        environment = {"PATH": f"{slurm.bin}:{os.environ['PATH']}"}
        shell = SshShell(SshSettings(host="batch", config=config, environment=environment))
    room = tmp_path / "scratch"
    room.mkdir()
    rig = rig_of(tmp_path, slurm, shell, network=False, scratch=str(room) if scratch else "")
    desk = rig.site.link = Desk()
    mine = tags(3)
    left = end(rig, [handover(rig, tmp_path, tag) for tag in mine])
    assert sorted(one.tag for one in desk.asked) == sorted(mine)
    assert all("type=Running" in one.lines[0] for one in desk.asked)
    for one in left:
        files = {name: Path(path).read_bytes() for name, path in one.outputs.items()}
        assert files == {"out": b"said\n", "big": b"x" * 100_000}
        assert "type=Finished" in one.events[-1]
        assert "exit_code=3" in one.events[-1]
        assert "code=output_missing" in "".join(one.events)
    rig.site.close()


def carried(text: str, serial: int, seconds: float) -> Credentials:
    ends = time.time() + seconds
    lines = f"proxy {serial} {int(ends)}\n"
    return Credentials(handle="h", serial=serial, ends=ends, proxy=text.encode(), lines=lines)


def test_credentials_come_by_the_directory_and_renewed_ones_too(tmp_path: Path, slurm: FakeSlurm) -> None:
    rig = rig_of(tmp_path, slurm, network=False)
    rig.site.link = Desk()
    assert rig.site.carries
    until = 'until grep -q two "$X509_USER_PROXY"; do sleep 0.05; done'
    script = f'stat -c %a "$X509_USER_PROXY"; cat "$X509_USER_PROXY"; {until}; cat "$X509_USER_PROXY"'
    one = handover(rig, tmp_path, tags(1)[0], executable="/bin/sh", arguments=f"-c '{script}'", credentials=True)
    receipts = receipts_of(rig.site.submit([replace(one, credentials=carried("one\n", 1, 8.0))]))
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "site").rglob("t*.proxy")] == ["0o600"]
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.RUNNING)
    rig.site.renew(receipts, carried("two\n", 2, 1000.0))
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED, 60)
    [left] = rig.site.collect(receipts)
    assert Path(left.outputs["out"]).read_bytes() == b"600\none\ntwo\n"
    rig.site.forget(receipts)
    assert list((tmp_path / "site").rglob("t*.proxy")) == []
    rig.site.close()


def test_a_wish_that_is_refused_or_waits_starts_nothing(tmp_path: Path, slurm: FakeSlurm) -> None:
    rig = rig_of(tmp_path, slurm, network=False)
    desk = rig.site.link = Desk()
    desk.answer = None
    receipts = receipts_of(rig.site.submit([handover(rig, tmp_path, tags(1)[0])]))
    rig.wait(lambda: bool(rig.site.status(receipts) and len(desk.asked) > 2))
    desk.answer = False
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.ENDED)
    (left,) = rig.site.collect(receipts)
    assert left.outputs == {}
    assert rig.site.status(receipts)[0].exit_code == 16


def test_input_that_cannot_be_read_is_refused(tmp_path: Path, slurm: FakeSlurm) -> None:
    rig = rig_of(tmp_path, slurm, network=False)
    (answer,) = rig.site.submit([replace(handover(rig, tmp_path, tags(1)[0]), inputs=None)])
    assert isinstance(answer, Refusal)
    assert "no network" in answer.reason.sentence


def test_output_that_no_upload_brings_home_stays_at_the_site(
    tmp_path: Path, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = FakeSlurm.launch
    told = {"GRIDWMS_PATIENCE": "0", "GRIDWMS_FIRST_PAUSE": "10"}
    monkeypatch.setattr(FakeSlurm, "launch", lambda *all_: (*(found := launch(*all_))[:2], found[2] | told))
    rig = rig_of(tmp_path, slurm)
    tag = tags(1)[0]
    with Service() as service:
        attempt = service.attempts[tag] = Attempt("c", inputs=[SCRIPT, b"far"])
        service.break_down("PUT", "output/big", 503, times=1000)
        wrapper = render(task(tag, service.url, outputs=("out", "big")))
        (left,) = end(rig, [Handover(tag=tag, ce=rig.ce, script=wrapper)])
        assert attempt.outputs == {b"out": b"said\n"}
    assert {name: Path(path).read_bytes() for name, path in left.outputs.items()} == {"big": b"far"}
    assert "exit_code=3" in left.events[-1]
    assert "output_failed" not in left.events[-1]
