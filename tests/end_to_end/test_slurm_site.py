"""Jobs through a service whose site is a Slurm cluster that this process plays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner
from tests.sites.fakes.slurm import FakeSlurm


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSlurm]:
    played = FakeSlurm(tmp_path_factory.mktemp("played") / "slurm", slots=4)
    yield played
    played.close()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, slurm: FakeSlurm) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("service")
    config = folder / "gridwms.toml"
    config.write_text(f"""\
[sites.cluster]
kind = "slurm"
host = "cluster.example"
poll_seconds = 0.3
refresh_seconds = 1
environment = {{ PATH = "{slurm.bin}:{os.environ["PATH"]}" }}
""")
    started = Runner(folder, "--config", str(config))
    started.start()
    yield started
    started.stop()


def test_jobs_come_home(user: User) -> None:
    user.write("in.txt", "given\n")
    user.write(
        "job.jdl",
        """[
  Executable = "/bin/sh"; Arguments = "-c 'cat in.txt; echo $SLURM_ARRAY_TASK_ID >&2'"; InputSandbox = {"in.txt"};
  StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err"};
]""",
    )
    ids = [user("submit", "job.jdl").lines[-1] for _ in range(3)]
    said = user("wait", *ids)
    assert said.status == 0, said.out + said.err
    fetched = user("output", ids[0], "--dir", "fetched")
    assert fetched.status == 0, fetched.err
    found = {path.name: path.read_text() for path in (user.directory / "fetched").rglob("*") if path.is_file()}
    assert found["out"] == "given\n"
    assert "cluster.example:2119/jobmanager-slurm-" in user("status", "--json", ids[0]).out


def test_a_cancelled_job_leaves_slurm(user: User, slurm: FakeSlurm) -> None:
    user.write("long.jdl", '[Executable = "/bin/sleep"; Arguments = "600";]')
    before = set(slurm.batches)
    job = user("submit", "long.jdl").lines[-1]
    deadline = time.monotonic() + 30
    while not (running := [b for n, b in slurm.batches.items() if n not in before and b.tasks[0].state == "running"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert user("cancel", job).status == 0
    assert user("wait", job).status == 12
    assert running[0].tasks[0].state in ("CANCELLED", "done")
