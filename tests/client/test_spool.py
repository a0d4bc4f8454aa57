"""The spool: what was kept arrives, in order and once, whoever is killed when, and a full disk is told."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gridwms.client import Client
from gridwms.client.errors import LocalFile, ServiceUnreachable
from gridwms.client.spool import REFUSED, Spool
from tests.client.running import Running, environment

JOB = "https://lb.example.org:9000/SSSSSSSSSSSSSSSSSSSSSS"


def line(number: int, job: str = JOB, kind: str = "UserTag", fields: str = "") -> str:
    fields = fields or f'DG.USERTAG.NAME="n{number}" DG.USERTAG.VALUE="{number}"'
    return (
        f'DATE=20260101000000.{number:06d} HOST="h" LVL=SYSTEM DG.PRIORITY=0 DG.SOURCE="Application" '
        f'DG.SRC_INSTANCE="" DG.EVNT="{kind}" DG.JOBID="{job}" DG.SEQCODE="" DG.USER="/CN=a" {fields}'
    )


def registration(job: str = JOB) -> str:
    return line(0, job, "RegJob", 'DG.REGJOB.NS="n" DG.REGJOB.JOBTYPE="SIMPLE"')


def test_in_order_and_with_refusals_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    got: list[str] = []

    def send(lines: object) -> list[tuple[int, str]]:
        assert isinstance(lines, list)
        got.extend(lines)
        return [(place, "no") for place, one in enumerate(lines) if one == "bad"]

    assert spool.forward(send).taken == 0
    spool.append(["a", "b"])
    spool.append(["bad", "c"])
    assert spool.pending()
    told = spool.forward(send)
    assert (told.taken, told.refused, got) == (3, 1, ["a", "b", "bad", "c"])
    assert not spool.pending()
    assert (spool.directory / REFUSED).read_text() == '{"line": "bad", "why": "no"}\n'
    assert spool.forward(send).taken == 0
    spool.append(["d"])
    spool.forward(send)
    assert got[-1] == "d"


def test_a_service_that_is_away_loses_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append([str(number) for number in range(2500)])
    got: list[str] = []

    def send(lines: list[str]) -> list[tuple[int, str]]:
        if len(got) == 1000:
            got.append("away")
            raise ServiceUnreachable("away")
        got.extend(lines)
        return []

    with pytest.raises(ServiceUnreachable):
        spool.forward(send)  # type: ignore[arg-type]
    assert spool.pending()
    spool.append(["last"])
    spool.forward(send)  # type: ignore[arg-type]
    assert [one for one in got if one != "away"] == [*map(str, range(2500)), "last"]


def test_a_line_that_was_cut_short_was_never_promised(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(["whole"])
    [path] = spool.directory.glob("*.ulm")
    with path.open("a") as file:
        file.write("x" * 200_000)
    got: list[str] = []
    spool.forward(lambda lines: got.extend(lines) or [])  # type: ignore[func-returns-value]
    spool.append(["next"])
    spool.forward(lambda lines: got.extend(lines) or [])  # type: ignore[func-returns-value]
    assert got == ["whole", "next"]


@pytest.mark.parametrize("small_disk", ["size=64k"], indirect=True)
def test_a_full_disk_is_told_and_what_was_kept_stays(small_disk: Path) -> None:
    spool = Spool(small_disk / "spool")
    kept = 0
    with pytest.raises(LocalFile, match=r"cannot be kept .* Free space") as caught:
        for kept in range(1000):  # noqa: B007
            spool.append(["x" * 1000])
    assert caught.value.sentence
    got: list[str] = []
    try:
        spool.forward(lambda lines: got.extend(lines) or [])  # type: ignore[func-returns-value]
    except LocalFile:
        (small_disk / "spool" / "append.lock").touch()
    assert len(got) == kept


@pytest.mark.parametrize("rounds", [2, pytest.param(12, marks=pytest.mark.long)])
def test_kills_on_both_sides(tmp_path: Path, rounds: int) -> None:
    """Producers log, a forwarder and the service are killed again and again: all is there in the end, once."""
    rng = random.Random(1)
    service = Running(tmp_path / "data")
    service.start()
    spool = Spool(tmp_path / "spool")
    command = [sys.executable, "-m", "gridwms", "forward", str(spool.directory), "--every", "0.02"]
    env = environment(service.data)
    spool.append([registration()])
    logged = 0
    for _ in range(rounds):
        forwarder = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(rng.randrange(3, 9)):
            spool.append([line(logged + step) for step in range(1, 41)])
            logged += 40
            time.sleep(rng.random() * 0.2)
        service.stop(signal.SIGKILL)
        spool.append([line(logged + 1)])
        logged += 1
        if rng.random() < 0.7:
            forwarder.kill()
        service.start()
        forwarder.kill()
        forwarder.wait(30)
    assert subprocess.run([*command[:-2]], env=env, check=False, capture_output=True).returncode == 0
    assert not spool.pending()
    with Client(address=service.address) as client:
        found = client.bookkeeping.lines(JOB).splitlines()
        tags = client.bookkeeping.status(JOB)["user_tags"]
    service.stop()
    numbers = [int(one.split('DG.USERTAG.VALUE="')[1].split('"')[0]) for one in found if "UserTag" in one]
    assert numbers == list(range(1, logged + 1))
    assert len(tags) == logged
