"""Exactly once at a batch system behind ssh: the connection is cut and the service killed, at random moments."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.never_lost.rounds import Runner
from tests.never_lost.torture import torture
from tests.services import slurm, sshd


@pytest.fixture(scope="module")
def door() -> Iterator[sshd.Sshd]:
    if why := sshd.missing():
        pytest.skip(why)
    with sshd.running() as running:
        yield running


@pytest.fixture(scope="module")
def cluster() -> Iterator[slurm.Slurm]:
    if why := slurm.missing():
        pytest.skip(why)
    with slurm.running() as running:
        yield running


def sessions(door: sshd.Sshd) -> list[int]:
    """Processes of the connections that the server has."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            if int((place / "stat").read_text().rsplit(")", 1)[1].split()[1]) == door.pid:
                found.append(int(place.name))
    return found


def through_ssh(folder: Path, door: sshd.Sshd, cluster: slurm.Slurm, *, jobs: int, rounds: int) -> None:
    config = folder / "gridwms.toml"
    config.write_text(f"""\
[sites.cluster]
kind = "slurm"
directory = "{folder}/site"
queues = ["main"]
poll_seconds = 1
environment = {{ SLURM_CONF = "{cluster.conf}" }}
[sites.cluster.ssh]
host = "batch"
config = "{door.config}"
""")

    def cut() -> None:
        for process in sessions(door):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    runner = Runner(folder, "--config", str(config))
    assert torture(runner, folder / "ran", cut, jobs=jobs, rounds=rounds, seed=jobs) == []
    assert cluster.say("squeue", "-h") == "", "nothing of ours is left at the site"


@pytest.mark.timeout(120)
def test_slurm_behind_ssh(tmp_path: Path, door: sshd.Sshd, cluster: slurm.Slurm) -> None:
    through_ssh(tmp_path, door, cluster, jobs=8, rounds=2)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_slurm_behind_ssh_five_hundred_submissions(tmp_path: Path, door: sshd.Sshd, cluster: slurm.Slurm) -> None:
    through_ssh(tmp_path, door, cluster, jobs=500, rounds=100)
