"""Trivial jobs through a batch system: the service against its own submit command with as many. Starts one of its own.

PYTHONPATH=src:. python bench/sites/batch_rate.py slurm|htcondor [count] [rounds]

Beside the rates, as root: processor time a job of everything that ran (daemons, tasks, service), which a busy machine
changes little.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.never_lost.rounds import Runner
from tests.services import htcondor, slurm
from tests.services.account import AccountShell

PLAIN = '[Executable = "/bin/true";]'
_ACCOUNTING = Path("/sys/fs/cgroup/cpuacct")


class Cost(NamedTuple):
    """Seconds of wall clock and of processors."""

    wall: float
    cpu: float


class System(Protocol):
    """A batch system that runs. `module`: the service that can submit there."""

    module: str

    def alone(self, count: int) -> None:
        """Let it run `count` trivial jobs, to the end, by its own submit command."""

    def section(self) -> str:
        """Its section of the configuration."""


class Slurm:
    """A cluster."""

    module = "gridwms"

    def __init__(self, cluster: slurm.Slurm) -> None:
        self._cluster = cluster

    def alone(self, count: int) -> None:
        words = ["sbatch", "-p", "main", f"--array=0-{count - 1}", "-o", "/dev/null", "-e", "/dev/null"]
        self._cluster.say(*words, "--wrap", "true")
        while self._cluster.say("squeue", "-h"):
            time.sleep(0.5)

    def section(self) -> str:
        return f'kind = "slurm"\nqueues = ["main"]\nenvironment = {{ SLURM_CONF = "{self._cluster.conf}" }}\n'


class HTCondor:
    """A pool."""

    module = "tests.services.account"

    def __init__(self, pool: htcondor.Pool) -> None:
        self._pool = pool
        self._site = pool.folder / "site"
        self._site.mkdir()
        shutil.chown(self._site, pool.account.pw_name)

    def alone(self, count: int) -> None:
        text = f"executable = /bin/true\nshould_transfer_files = YES\nqueue {count}\n"
        shell = AccountShell(environment=self._pool.environment)
        said = shell.run("cd /tmp && condor_submit -terse", stdin=text.encode())
        assert said.status == 0, said.err
        while self._pool.say("condor_q", "-all", "-af", "ClusterId"):
            time.sleep(0.5)

    def section(self) -> str:
        environment = ", ".join(f'{name} = "{value}"' for name, value in self._pool.environment.items())
        return f'kind = "htcondor"\ndirectory = "{self._site}"\nenvironment = {{ {environment} }}\n'


@contextmanager
def _slurm() -> Iterator[System]:
    with slurm.running() as cluster:
        yield Slurm(cluster)


@contextmanager
def _htcondor() -> Iterator[System]:
    with htcondor.running(slots=8) as pool:
        yield HTCondor(pool)


SYSTEMS: dict[str, tuple[Callable[[], str], Callable[[], AbstractContextManager[System]]]] = {
    "slurm": (slurm.missing, _slurm),
    "htcondor": (htcondor.missing, _htcondor),
}


@contextmanager
def service(system: System, count: int, folder: Path) -> Iterator[tuple[Callable[[], None], Callable[[], float]]]:
    """A service with this site alone: what runs `count` jobs through it, and what tells its own processor time."""
    config = folder / "gridwms.toml"
    config.write_text(f"[sites.cluster]\npoll_seconds = 2\n{system.section()}")
    runner = Runner(folder, "--config", str(config), module=system.module)
    runner.start()

    def run() -> None:
        runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": PLAIN}] * count})
        while runner.call("GET", "/api/v1/jobs?limit=1&state=WAITING,READY,SCHEDULED,RUNNING")["jobs"]:
            time.sleep(0.5)
        bad = runner.call("GET", "/api/v1/jobs?limit=5&state=ABORTED,CANCELLED")["jobs"]
        if bad:
            raise SystemExit(f"not all jobs went well: {bad}")

    def used() -> float:
        assert runner.process is not None
        words = Path(f"/proc/{runner.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    try:
        yield run, used
    finally:
        runner.kill()


def measured(work: Callable[[], None], group: Path | None) -> Cost:
    """What it costs, with all that runs in the group of processes."""

    def used() -> float:
        return int((group / "cpuacct.usage").read_text()) / 1e9 if group else 0.0

    began, before = time.perf_counter(), used()
    work()
    return Cost(time.perf_counter() - began, used() - before)


def group() -> Path | None:
    """A group of processes of our own, for accounting; None where we may make none."""
    made = _ACCOUNTING / f"gridwms-bench-{os.getpid()}"
    try:
        made.mkdir()
        (made / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return None
    return made


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else "slurm"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    missing, running = SYSTEMS[kind]
    why = missing()
    if why:
        raise SystemExit(why)
    ours = group()
    costs: dict[str, list[Cost]] = {"alone": [], "service": []}
    with (
        running() as system,
        tempfile.TemporaryDirectory() as directory,
        service(system, count, Path(directory)) as (through, used),
    ):
        before = used()
        for _ in range(rounds):
            costs["alone"].append(measured(lambda: system.alone(count), ours))
            costs["service"].append(measured(through, ours))
        own = (used() - before) / rounds
    wall = {name: statistics.median(one.wall for one in found) for name, found in costs.items()}
    cpu = {name: statistics.median(one.cpu for one in found) for name, found in costs.items()}

    def tell(name: str, value: float, unit: str) -> None:
        print(json.dumps({"name": f"sites.{kind}.{name}", "value": round(value, 2), "unit": unit, "n": count}))

    for name in costs:
        tell(name, count / wall[name], "jobs/s")
        if ours:
            tell(f"{name}.cpu", 1000 * cpu[name] / count, "ms/job")
    tell("service.own.cpu", 1000 * own / count, "ms/job")
    tell("ratio", wall["alone"] / wall["service"], "")


if __name__ == "__main__":
    main()
