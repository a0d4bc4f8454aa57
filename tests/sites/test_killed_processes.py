"""Processes of attempts are killed, or lost by the batch system: on a Slurm that this process plays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import Handover, Phase, Sighting
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import receipts_of, tags
from tests.sites.fakes.cluster import Task
from tests.sites.fakes.slurm import FakeSlurm


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[FakeSlurm]:
    played = FakeSlurm(tmp_path / "slurm")
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, slurm: FakeSlurm) -> Iterator[BatchRig]:
    path = f"{slurm.bin}:{os.environ['PATH']}"
    settings = BatchSettings(name="cluster", directory=str(tmp_path / "site"), host="ce.example", unseen_seconds=4)
    made = BatchRig(tmp_path, SlurmDialect(), lambda: LocalShell(environment={"PATH": path}, seconds=20), settings)
    yield made
    made.site.close()
    for process in processes(tmp_path):
        kill(process)


class Attempt:
    """One that runs: its payload, in a session of its own as payloads are, waits at the gate of the rig."""

    def __init__(self, rig: BatchRig, slurm: FakeSlurm) -> None:
        self.rig, (tag,) = rig, tags(1)
        inner = f"echo $$ >{rig.folder}/payload; trap '' HUP; read -r x <{rig.gate}"
        script = f"setsid sh -c {inner!r} & trap 'kill -KILL $!; exit 19' TERM; wait; echo 7 >$GRIDWMS_EXIT; exit 7\n"
        (self.receipt,) = receipts_of(rig.site.submit([Handover(tag=tag, ce=rig.ce, script=script)]))
        rig.wait(lambda: (rig.folder / "payload").exists() and self.see().phase is Phase.RUNNING)
        self.payload = int((rig.folder / "payload").read_text())
        (batch,) = slurm.batches.values()
        self.task: Task = batch.tasks[0]
        assert self.task.process is not None
        self.shell = self.task.process.pid
        (self.wrapper,) = [one for one in processes(rig.folder) if words_of(one)[-1].endswith("/w0")]

    def see(self) -> Sighting:
        (self.seen,) = self.rig.site.status([self.receipt])
        return self.seen

    def end(self) -> Sighting:
        """The first word that it has ended."""
        self.rig.wait(lambda: self.see().phase is Phase.ENDED)
        return self.seen


@pytest.fixture
def attempt(rig: BatchRig, slurm: FakeSlurm) -> Attempt:
    return Attempt(rig, slurm)


def processes(folder: Path) -> list[int]:
    """Of attempts in this folder: those that have its name in their environment or words."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
            if int(place.name) != os.getpid() and f"{folder}/".encode() in told and lives(int(place.name)):
                found.append(int(place.name))
    return found


def words_of(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return [""]


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_of_a_wrapper_that_was_killed_nothing_runs_on(attempt: Attempt) -> None:
    kill(attempt.wrapper)
    seen = attempt.end()
    assert not lives(attempt.payload), "another attempt may begin now"
    assert seen.reason is not None
    assert "signal 9" in seen.reason.sentence


def test_the_batch_system_kills_only_its_own_script(rig: BatchRig, attempt: Attempt) -> None:
    kill(attempt.shell)
    rig.wait(lambda: attempt.task.state == "done")
    rig.wait(lambda: attempt.see().phase is Phase.RUNNING)
    rig.release()
    seen = attempt.end()
    assert (seen.exit_code, seen.reason) == (7, None)


def test_a_node_that_is_said_to_have_failed_lives(rig: BatchRig, attempt: Attempt) -> None:
    attempt.task.state = "NODE_FAIL"
    assert attempt.see().phase is Phase.NOT_YET_VISIBLE
    rig.wait(lambda: attempt.see().phase is Phase.RUNNING)
    for process in processes(rig.folder):
        kill(process)
    assert attempt.see().phase is not Phase.ENDED
    rig.now += rig.settings.unseen_seconds
    seen = attempt.end()
    assert seen.reason is not None
    assert "its worker node failed" in seen.reason.sentence


@pytest.mark.parametrize("lost", [False, True])
def test_its_node_was_started_anew(rig: BatchRig, slurm: FakeSlurm, attempt: Attempt, *, lost: bool) -> None:
    """Which Slurm notices half an hour later."""
    slurm.slurmd = int(attempt.task.start) + 1
    if lost:
        for process in processes(rig.folder):
            kill(process)
        attempt.task.state = "RUNNING"
    rig.now += 61  # a minute after the first look at nodes
    assert attempt.see().phase is Phase.NOT_YET_VISIBLE
    if not lost:
        rig.wait(lambda: attempt.see().phase is Phase.RUNNING)
        probes = slurm.calls["squeue"]
        assert attempt.see().phase is Phase.RUNNING
        assert slurm.calls["squeue"] == probes + 1
        return
    rig.now += rig.settings.unseen_seconds
    seen = attempt.end()
    assert seen.reason is not None
    assert "started anew on its worker node" in seen.reason.sentence


def test_the_batch_system_does_not_notice_the_end(rig: BatchRig, slurm: FakeSlurm, attempt: Attempt) -> None:
    rig.release()
    rig.wait(lambda: attempt.task.state == "done")
    attempt.task.state = "RUNNING"
    assert attempt.see().phase is Phase.RUNNING
    assert not slurm.calls["scancel"]
    rig.now += 11
    assert (attempt.see().phase, slurm.calls["scancel"]) == (Phase.ENDED, 1)


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_nobody_wants_ends_though_the_batch_system_has_lost_it(
    rig: BatchRig, attempt: Attempt, *, forgotten: bool
) -> None:
    attempt.task.state = "NODE_FAIL"
    end = rig.site.forget if forgotten else rig.site.cancel
    end([attempt.receipt])
    rig.wait(lambda: not lives(attempt.payload))


def test_a_guard_that_is_late_says_nothing(rig: BatchRig, slurm: FakeSlurm, attempt: Attempt) -> None:
    """On a busy node it may have its turn when all is over, its shell and the word to end included."""
    (guard,) = [one for one in children(attempt.shell) if one != attempt.wrapper]
    os.kill(guard, signal.SIGSTOP)
    kill(attempt.shell)
    rig.release()
    rig.wait(lambda: not lives(attempt.wrapper))
    (batch,) = slurm.batches.values()
    told = Path(batch.folder) / "x0"
    told.write_text("0\n")
    os.kill(guard, signal.SIGCONT)
    rig.wait(lambda: not lives(guard))
    assert told.read_text() == "0\n"
