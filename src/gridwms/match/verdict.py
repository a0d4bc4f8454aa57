"""The verdict on one class of jobs over one snapshot: who suits, in which order, and who was refused by what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A resource that matches. `site` None: no configured site leads to it. `host` is its GlueCEInfoHostName."""

    ce_id: str
    host: str
    site: str | None
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseCount:
    """One condition, taken by itself over all resources considered.

    `rejects`: resources on which it is not true (`false + undefined + error`); `alone`: those among them that every
    other condition accepts, so that dropping this one would open exactly these.
    """

    clause: str
    rejects: int
    alone: int
    false: int = 0
    undefined: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`candidates`: those with a rank, best first, ties in order of ce_id. `unranked`: ids that match without a rank.

    `clauses`: the conjuncts of the job's Requirements in their order; `refusals`: conjuncts of the resources' own
    Requirements, most rejecting first. `snapshot`: version of the snapshot.
    """

    snapshot: int
    considered: int
    candidates: tuple[Candidate, ...]
    unranked: tuple[str, ...]
    clauses: tuple[ClauseCount, ...]
    refusals: tuple[ClauseCount, ...] = ()

    @property
    def matching(self) -> int:
        """How many meet the requirements, ranked or not."""
        return len(self.candidates) + len(self.unranked)
