"""Processes of real batch systems are killed while jobs run: each payload ends once, and never runs beside itself."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services import gridengine, htcondor, slurm
from tests.sites.blows import Blow, Play, below, hit, words_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Open to the accounts of the batch systems."""
    with tempfile.TemporaryDirectory(prefix="gw-blows-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def with_environment(environment: Mapping[str, str]) -> str:
    return "environment = { " + ", ".join(f'{name} = "{value}"' for name, value in environment.items()) + " }"


# ---- Slurm


def steps(cluster: slurm.Slurm) -> list[int]:
    """Its step daemons, which outlive their slurmd."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (place / "comm").read_text() == "slurmstepd\n":
                told = (place / "environ").read_bytes().split(b"\0")
                found += [int(place.name)] if f"SLURM_CONF={cluster.conf}".encode() in told else []
    return found


def controller(cluster: slurm.Slurm, sign: signal.Signals) -> None:
    hit([cluster.daemons.pid("slurmctld")], sign)


def wrappers(processes: list[int]) -> list[int]:
    return [one for one in processes if (words := words_of(one).split())[:1] == ["/bin/sh"] and "/w" in words[-1]]


def of_steps(cluster: slurm.Slurm) -> list[int]:
    return [one for step in steps(cluster) for one in below(step)]


SLURM: dict[str, Callable[[slurm.Slurm], Blow]] = {
    "slurmctld": lambda c: Blow(
        "slurmctld", lambda: c.daemons.stop("slurmctld", signal.SIGKILL), c.start_controller, after=10
    ),
    "slurmctld-hangs": lambda c: Blow(
        "slurmctld hangs",
        lambda: controller(c, signal.SIGSTOP),
        lambda: controller(c, signal.SIGCONT),
        after=30,
    ),
    "slurmd": lambda c: Blow("slurmd", lambda: c.daemons.stop("n1", signal.SIGKILL), lambda: c.start_node("n1"), 5),
    "slurmstepd": lambda c: Blow("slurmstepd", lambda: hit(steps(c)[:3])),
    "slurmd-slurmstepd": lambda c: Blow(
        "slurmd and its slurmstepd's",
        lambda: (hit(steps(c)), c.daemons.stop("n1", signal.SIGKILL)),
        lambda: c.start_node("n1"),
        after=5,
        seconds=60,
    ),
    "node": lambda c: Blow(
        "a node",
        lambda: (hit(steps(c) + of_steps(c)), c.daemons.stop("n1", signal.SIGKILL)),
        lambda: c.start_node("n1"),
        after=5,
        lost=True,
    ),
    "munged": lambda c: Blow("munged", lambda: c.daemons.stop("munged", signal.SIGKILL), c.start_munge, after=10),
    "wrapper": lambda c: Blow("wrapper", lambda: hit(wrappers(of_steps(c))[:3]), lost=True),
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[slurm.Slurm]:
    if why := slurm.missing():
        pytest.skip(why)
    with slurm.running() as running:
        yield running


@pytest.fixture(scope="module")
def at_slurm(cluster: slurm.Slurm, tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Play]:
    place = tmp_path_factory.mktemp("slurm")
    site = f"""\
[sites.cluster]
kind = "slurm"
directory = "{place}/site"
queues = ["main"]
poll_seconds = 2
call_seconds = 20
unseen_seconds = 30
environment = {{ SLURM_CONF = "{cluster.conf}" }}
"""

    def tend() -> None:
        """A controller that comes back with an old state drains nodes for jobs that it finds twice."""
        with suppress(Exception):
            if "Duplicate" in cluster.say("sinfo", "-h", "-o", "%E"):
                cluster.say("scontrol", "update", "nodename=n[1-2]", "state=resume")

    play = Play(place, site, "slurm", folder / "slurm", tend)
    yield play
    play.runner.stop()
    assert "RUNNING" not in cluster.say("squeue", "-h", "-o", "%T")
    assert list((place / "site").iterdir()) == [], "nothing of ours is left at the site"


@pytest.mark.parametrize("name", SLURM)
def test_slurm(at_slurm: Play, cluster: slurm.Slurm, name: str) -> None:
    assert at_slurm.strike(SLURM[name](cluster), jobs=24) == []


# ---- HTCondor


def of_pool(pool: htcondor.Pool, name: str) -> list[int]:
    """Its processes of this name."""
    return [one for one in below(pool.daemons.pid("master")) if words_of(one).split(" ")[0].endswith(name)]


def tree(pool: htcondor.Pool, name: str) -> list[int]:
    return [one for root in of_pool(pool, name) for one in [root, *below(root)]]


HTCONDOR: dict[str, Callable[[htcondor.Pool], Blow]] = {
    "schedd": lambda p: Blow("condor_schedd", lambda: hit(of_pool(p, "condor_schedd")), seconds=30),
    "schedd-hangs": lambda p: Blow(
        "condor_schedd hangs",
        lambda: hit(of_pool(p, "condor_schedd"), signal.SIGSTOP),
        lambda: hit(of_pool(p, "condor_schedd"), signal.SIGCONT),
        after=40,
    ),
    "shadow": lambda p: Blow("condor_shadow", lambda: hit(of_pool(p, "condor_shadow")[:3]), lost=True),
    "starter": lambda p: Blow("condor_starter", lambda: hit(of_pool(p, "condor_starter")[:3]), lost=True),
    "startd": lambda p: Blow("condor_startd", lambda: hit(of_pool(p, "condor_startd")), lost=True, seconds=30),
    "node": lambda p: Blow("a node", lambda: hit(tree(p, "condor_startd")), lost=True),
    "collector": lambda p: Blow("condor_collector", lambda: hit(of_pool(p, "condor_collector"))),
    "negotiator": lambda p: Blow("condor_negotiator", lambda: hit(of_pool(p, "condor_negotiator"))),
    "wrapper": lambda p: Blow("wrapper", lambda: hit(wrappers(tree(p, "condor_startd"))[:3]), lost=True),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[htcondor.Pool]:
    if why := htcondor.missing():
        pytest.skip(why)
    with htcondor.running(8) as running:
        yield running


@pytest.fixture(scope="module")
def at_htcondor(pool: htcondor.Pool, tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Play]:
    place = tmp_path_factory.mktemp("htcondor")
    schedd = pool.say("condor_status", "-schedd", "-af", "Name").split()[0]
    site = f"""\
[sites.pool]
kind = "htcondor"
directory = "{place}/site"
schedd = "{schedd}"
pool = "{pool.collector}"
poll_seconds = 2
call_seconds = 20
unseen_seconds = 30
{with_environment(pool.remote(pool.account.pw_name))}
"""
    play = Play(place, site, "condor", folder / "htcondor")
    yield play
    play.until(lambda: pool.say("condor_q", "-all", "-af", "ClusterId") == "", 60)  # the service fetches the last ones
    play.runner.stop()
    assert pool.say("condor_q", "-all", "-af", "ClusterId", "JobStatus") == ""


@pytest.mark.parametrize("name", HTCONDOR)
def test_htcondor(at_htcondor: Play, pool: htcondor.Pool, name: str) -> None:
    assert at_htcondor.strike(HTCONDOR[name](pool), jobs=12) == []


# ---- Grid Engine


def shepherds(cell: gridengine.GridEngine) -> list[int]:
    return [one for one in below(cell.daemons.pid("sge_execd")) if "sge_shepherd" in words_of(one)]


def of_shepherds(cell: gridengine.GridEngine) -> list[int]:
    return [one for root in shepherds(cell) for one in below(root)]


GRID_ENGINE: dict[str, Callable[[gridengine.GridEngine], Blow]] = {
    "qmaster": lambda c: Blow(
        "sge_qmaster", lambda: c.daemons.stop("sge_qmaster", signal.SIGKILL), c.start_master, after=10
    ),
    "execd": lambda c: Blow(
        "sge_execd", lambda: c.daemons.stop("sge_execd", signal.SIGKILL), c.start_node, after=5, seconds=30
    ),
    "shepherd": lambda c: Blow("sge_shepherd", lambda: hit(shepherds(c)[:2]), seconds=60),
    "wrapper": lambda c: Blow("wrapper", lambda: hit(wrappers(of_shepherds(c))[:2]), lost=True),
}


@pytest.fixture(scope="module")
def cell() -> Iterator[gridengine.GridEngine]:
    if why := gridengine.missing():
        pytest.skip(why)
    with gridengine.running(8) as running:
        yield running


@pytest.fixture(scope="module")
def at_grid_engine(
    cell: gridengine.GridEngine, tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> Iterator[Play]:
    place = tmp_path_factory.mktemp("gridengine")
    site = f"""\
[sites.farm]
kind = "gridengine"
directory = "{place}/site"
poll_seconds = 2
call_seconds = 20
unseen_seconds = 30
{with_environment(cell.environment)}
"""
    play = Play(place, site, "sge", folder / "gridengine")
    yield play
    play.runner.stop()
    assert cell.say("qstat") == ""


@pytest.mark.parametrize("name", GRID_ENGINE)
def test_grid_engine(at_grid_engine: Play, cell: gridengine.GridEngine, name: str) -> None:
    assert at_grid_engine.strike(GRID_ENGINE[name](cell), jobs=8) == []
