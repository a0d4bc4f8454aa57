"""How a job is started: by an MPI launcher, with somebody at its console, in a container (gLite reference §1.2)."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad import Expr, Reference
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import control_trouble

MPI = {"mpich": "mpi", "mpi": "mpi", "openmpi": "openmpi", "mpich2": "mpich"}
"""JobType in lower case to the kind of MPI; MPICH is what gLite calls any of them."""
INTERACTIVE = "interactive"
MPI_RANK = Reference(Reference(None, "other"), "GlueCEStateFreeCPUs")
"""The Rank of an MPI job that names none."""


@dataclass(frozen=True, slots=True)
class Start:
    """The fields of a description with these names."""

    mpi: str
    interactive: bool
    terminal: bool
    container: str


def read_start(draft: Draft) -> Start:
    """From JobType, InteractiveTerminal and ContainerImage."""
    interactive, terminal = _is_interactive(draft), draft.flag("InteractiveTerminal")
    if interactive and draft.text("StdInput"):
        draft.error(
            "exclusive",
            "StdInput",
            "an interactive job reads what is typed to it",
            accepted="no StdInput, or another JobType",
        )
    if terminal and not interactive:
        draft.warning("no_effect", "InteractiveTerminal", 'has no effect without JobType = "Interactive"')
    image = draft.text("ContainerImage")
    trouble = control_trouble(image) or ("contains a blank" if " " in image else "")
    if trouble:
        draft.error(
            "bad_value",
            "ContainerImage",
            f"{shown(image)} {trouble}",
            found=image,
            accepted="a path on the worker node, the name of a file in InputSandbox, or docker://name:tag",
        )
    return Start(mpi=mpi_of(draft), interactive=interactive, terminal=terminal and interactive, container=image)


def mpi_of(draft: Draft) -> str:
    """The kind of MPI; empty for none."""
    return next((MPI[kind.lower()] for kind in draft.texts("JobType") if kind.lower() in MPI), "")


def start_clauses(draft: Draft) -> list[Expr]:
    """The conjuncts that these add: who is attached reaches the job by a connection that the worker node makes."""
    outbound = Reference(Reference(None, "other"), "GlueHostNetworkAdapterOutboundIP")
    return [outbound] if _is_interactive(draft) else []


def _is_interactive(draft: Draft) -> bool:
    return INTERACTIVE in (kind.lower() for kind in draft.texts("JobType"))
