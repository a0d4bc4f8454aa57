"""The sites that all kinds of jobs are sent to: each a real service of the tests' own, and its configuration."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import arex, gram, gridengine, htcondor, slurm, sshd

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Element:
    """`lacks`: kinds that it cannot take, or that it does not end as others do. `left`: what it still has of ours."""

    name: str
    block: str
    lacks: frozenset[str] = NOTHING
    left: Callable[[], str] = field(default=lambda: "")


@dataclass(frozen=True, slots=True)
class Sort:
    """What a site needs, and what starts it. `missing`: why it cannot be started here; empty when it can."""

    missing: Callable[[], str]
    start: Callable[[ExitStack], Element]


def inline(table: Mapping[str, str]) -> str:
    """A table of TOML in a line."""
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in table.items()) + " }"


def place(open_: ExitStack) -> Path:
    """A directory that other accounts may look into, as those of pytest may not be."""
    place = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="gw-all-")))
    place.chmod(0o755)
    return place


def _local(_: ExitStack) -> Element:
    return Element("local", "slots = 4\n")


def _slurm(open_: ExitStack) -> Element:
    cluster = open_.enter_context(slurm.running(accounting=True))
    block = f'kind = "slurm"\nhost = "slurm.example"\nqueues = ["main"]\nenvironment = {inline(cluster.environment)}\n'
    return Element("slurm", block, left=lambda: cluster.say("squeue", "-h"))


def _far(open_: ExitStack) -> Element:
    """Slurm without accounting, behind ssh, whose worker nodes have no network."""
    cluster, door = open_.enter_context(slurm.running()), open_.enter_context(sshd.running())
    home = place(open_)
    block = f"""\
kind = "slurm"
host = "far.example"
queues = ["main"]
network = false
directory = "{home}/site"
environment = {inline(cluster.environment)}
[sites.far.ssh]
host = "batch"
config = "{door.config}"
"""
    left = lambda: cluster.say("squeue", "-h") + "".join(str(path) for path in (home / "site").glob("*/*"))  # noqa: E731
    return Element("far", block, frozenset(["interactive", "perusal"]), left)


def _pool(open_: ExitStack) -> Element:
    """A pool elsewhere, by token: the schedd takes no jobs of root. Its slots have one processor each."""
    pool = open_.enter_context(htcondor.running(8))
    block = f"""\
kind = "htcondor"
host = "pool.example"
schedd = "{pool.say("condor_status", "-schedd", "-af", "Name").split()[0]}"
pool = "{pool.collector}"
environment = {inline(pool.remote(pool.account.pw_name))}
"""
    left = lambda: pool.say("condor_q", "-allusers", "-af", "ClusterId", "JobStatus")  # noqa: E731
    return Element("pool", block, frozenset(["two-processors", "mpi"]), left)


def _engine(open_: ExitStack) -> Element:
    """Its queue kills five seconds after its warning: so long as a wrapper waits for a payload by itself."""
    cell = open_.enter_context(gridengine.running(8))
    block = f"""\
kind = "gridengine"
host = "engine.example"
options = ["-v GRIDWMS_GRACE=2"]
environment = {inline(cell.environment)}
"""
    return Element("engine", block, left=lambda: cell.say("qstat", "-u", "*"))


def _arc(version: int) -> Callable[[ExitStack], Element]:
    def start(open_: ExitStack) -> Element:
        element = open_.enter_context(arex.running(version=version))
        block = f"""\
kind = "arc"
url = "{element.url}"
proxy = "{element.proxies["alice"]}"
authorities = "{element.authority.certificates}"
queues = ["main"]
settle_seconds = 0
[sites.arc{version}.attributes]
GlueHostMainMemoryRAMSize = 4000
"""
        left = lambda: "".join(path.name for path in (element.folder / "session").iterdir())  # noqa: E731
        # A-REX's own back-end for fork knows no wall time
        return Element(f"arc{version}", block, frozenset(["wall-limit", "jsdl"]), left)

    return start


def _gram(open_: ExitStack) -> Element:
    keeper = open_.enter_context(gram.running())
    block = f"""\
kind = "gram"
host = "gram.example"
contact = "{keeper.contact}"
environment = {inline(keeper.environment)}
[sites.gram.attributes]
GlueHostMainMemoryRAMSize = 4000
"""
    return Element("gram", block, frozenset(["wall-limit"]))


SORTS: dict[str, Sort] = {
    "local": Sort(lambda: "", _local),
    "slurm": Sort(lambda: slurm.missing(accounting=True), _slurm),
    "far": Sort(lambda: slurm.missing() or sshd.missing(), _far),
    "pool": Sort(htcondor.missing, _pool),
    "engine": Sort(gridengine.missing, _engine),
    "arc6": Sort(lambda: arex.missing(), _arc(6)),
    "arc7": Sort(lambda: arex.missing(7), _arc(7)),
    "gram": Sort(gram.missing, _gram),
}
