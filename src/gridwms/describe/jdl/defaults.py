"""What the client and the service add to, and demand of, every JDL. Comes from configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.classad import Expr, parse_expression
from gridwms.describe.data import KnownCatalogue, KnownStorage

PRODUCTION = parse_expression('other.GlueCEStateStatus == "Production"')
"""The Requirements that gLite's client adds to every job (gLite reference §1.2)."""

SHORTEST_WAIT = parse_expression("-other.GlueCEStateEstimatedResponseTime")
"""The Rank of a job that brings none (gLite reference §1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JdlDefaults:
    """Defaults and limits. `requirements` is joined to the Requirements of the JDL with `&&`; what the service asks of
    every match besides is no part of the job (`match.policies`).

    `vo`: used when the JDL names none; `vos`: those that may be named, None for any. Sizes in bytes, times in
    seconds. `peek_seconds`: the interval of PerusalTimeInterval when it is not given; `peek_least`: the shortest.
    """

    vo: str = "local"
    vos: frozenset[str] | None = None
    requirements: Expr | None = PRODUCTION
    rank: Expr = SHORTEST_WAIT
    retry_count: int = 0
    shallow_retry_count: int = 0
    peek_seconds: int = 10
    peek_least: int = 2
    max_bytes: int = 1_000_000
    max_tokens: int = 50_000
    max_input_files: int = 1_000
    max_output_files: int = 1_000
    max_nodes: int = 1_000_000
    max_edges: int = 1_000_000
    max_compound_bytes: int = 64_000_000
    stored: bool = False
    """The text was completed by `describe` before: input files may be in the form of `node_files.py`."""
    catalogues: tuple[KnownCatalogue, ...] | None = None
    """Those that may be asked for InputData; None: not known here."""
    storage: tuple[KnownStorage, ...] | None = None
    """Where OutputData may be written; None: not known here."""
    environment: tuple[tuple[str, str], ...] = field(default=())
    """Variables that every job gets; those of the JDL win."""


_NO_LIMIT = 1 << 40

STORED = JdlDefaults(
    requirements=None,
    peek_least=0,
    max_bytes=_NO_LIMIT,
    max_tokens=_NO_LIMIT,
    max_input_files=_NO_LIMIT,
    max_output_files=_NO_LIMIT,
    stored=True,
)
"""For reading again what was accepted and completed before: nothing is added, nothing is too large."""
