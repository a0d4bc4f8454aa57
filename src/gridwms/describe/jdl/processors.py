"""CPUNumber, SMPGranularity, HostNumber and WholeNodes: what they add to Requirements (gLite reference §1.2)."""

from __future__ import annotations

from gridwms.classad import Binary, Expr, Literal, Reference
from gridwms.describe.jdl.draft import Draft

_MOST = 1_000_000
"""More CPUs than any machine has: a bound that keeps slips of the keyboard from waiting for ever."""


def read_cpus(draft: Draft) -> int:
    """CPUs of the job, 1 when it does not say; NodeNumber is the old name."""
    cpus, old = draft.number("CPUNumber"), draft.number("NodeNumber")
    if old is not None:
        draft.warning("deprecated", "NodeNumber", "is deprecated; write CPUNumber")
        if cpus is not None and cpus != old:
            draft.error(
                "exclusive",
                "NodeNumber",
                f"says {old}, and CPUNumber says {cpus}",
                found=str(old),
                accepted="one of the two",
            )
    count = cpus if cpus is not None else old if old is not None else 1
    if count > _MOST:
        name = "CPUNumber" if cpus is not None else "NodeNumber"
        draft.error("out_of_range", name, f"found {count}", found=str(count), accepted=f"at most {_MOST:,}")
    return count


def check_processors(draft: Draft) -> None:
    """Whether the attributes go together, and what sites will make of them."""
    granularity, hosts, whole = draft.number("SMPGranularity"), draft.number("HostNumber"), draft.flag("WholeNodes")
    if granularity is not None and hosts is not None and not whole:
        draft.error(
            "exclusive",
            "HostNumber",
            "SMPGranularity and HostNumber are mutually exclusive when WholeNodes allocation is not requested: "
            "wrong combination of values",
            accepted="one of the two, or WholeNodes = true",
        )


def processor_clauses(draft: Draft, cpus: int) -> list[Expr]:
    """The conjuncts that these attributes add."""
    granularity, hosts = draft.number("SMPGranularity"), draft.number("HostNumber")
    clauses: list[Expr] = []
    if draft.number("CPUNumber") is not None or draft.number("NodeNumber") is not None:
        clauses.append(_at_least("GlueCEInfoTotalCPUs", cpus))
    if granularity is not None:
        clauses.append(_at_least("GlueHostArchitectureSMPSize", granularity))
    elif hosts and not draft.flag("WholeNodes") and draft.number("CPUNumber") is not None:
        clauses.append(_at_least("GlueHostArchitectureSMPSize", -(-cpus // hosts)))
    return clauses


def _at_least(name: str, number: int) -> Expr:
    return Binary(">=", Reference(Reference(None, "other"), name), Literal(number))
