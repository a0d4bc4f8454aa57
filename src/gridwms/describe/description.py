"""The description of a job: what every dialect is read into. Immutable; knows nothing of files or services."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.classad import ClassAd, Expr
from gridwms.describe.data import DataSet, OutputFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFile:
    """A file of the input sandbox.

    `name`: its leaf name on the worker node. `local`: the path on the user's machine, when the client has to
    upload it. `url`: where the wrapper fetches it, when it lives elsewhere. `shared`: the number of the file in the
    input sandbox of the parent. `node`: the name of another node of the same DAG, whose output file `output` it is.
    Exactly one of `local`, `url`, `shared` and `node` is set. `archive`: a tar file (packed with gzip or not) that is
    unpacked in the job's directory, links kept, and is not itself a file of the job (ZippedISB).
    """

    name: str
    local: str = ""
    url: str = ""
    shared: int | None = None
    node: str = ""
    output: str = ""
    archive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One single job. `ad` is the whole ad with defaults filled in and unknown attributes kept.

    Times in seconds; `expires_at` seconds since the epoch or None. `requirements` and `rank` are the expressions
    used for matching (user's, client's and server's parts joined).

    `output_targets`: empty, or for each of `outputs` the URL it is sent to, "" when the service keeps it; one that ends
    in "/" is a place where each file gets its own leaf name. `mpi`: the kind of MPI whose launcher the wrapper is to
    start ("mpi" for any, "mpich", "openmpi"), "" for none. `hosts`: on how many hosts the CPUs are to be;
    `smp_granularity`: how many of them on each host at least; 0 when the job does not say.
    `terminal`: an interactive job wants one. `container`: the image in which the payload runs: a path on the node, a
    file of the input sandbox, or a reference such as `docker://name:tag`.
    `data`: what it reads by way of a catalogue; `output_data`: what is written to storage elements.
    """

    ad: ClassAd
    vo: str
    executable: str
    requirements: Expr
    rank: Expr
    arguments: str = ""
    std_input: str = ""
    std_output: str = ""
    std_error: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    inputs: tuple[SandboxFile, ...] = ()
    outputs: tuple[str, ...] = ()
    output_targets: tuple[str, ...] = ()
    prologue: str = ""
    prologue_arguments: str = ""
    epilogue: str = ""
    epilogue_arguments: str = ""
    retry_count: int = 0
    shallow_retry_count: int = 0
    expires_at: float | None = None
    fuzzy_rank: bool = False
    fuzzy_factor: float = 1.0
    submit_to: str = ""
    priority: int = 0
    myproxy: str = ""
    """Host and port, if any, of the MyProxy server from which its proxy is to be renewed."""
    peek: bool = False
    peek_seconds: int = 0
    cpus: int = 1
    hosts: int = 0
    smp_granularity: int = 0
    whole_nodes: bool = False
    mpi: str = ""
    interactive: bool = False
    terminal: bool = False
    container: str = ""
    data: DataSet | None = None
    output_data: tuple[OutputFile, ...] = ()
    user_tags: tuple[tuple[str, str], ...] = field(default=())
