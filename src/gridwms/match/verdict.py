"""The verdict on one class of jobs over one snapshot: who suits, in which order, and who was refused by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

import numpy
from numpy.typing import NDArray

from gridwms.classad.columns.planes import Rows
from gridwms.match.misses import Miss
from gridwms.match.resources import Snapshot

Reals = NDArray[numpy.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A resource that matches. `site` None: no configured site leads to it. `host` is its GlueCEInfoHostName.

    `row`: where it stands in the columns of the snapshot.
    """

    row: int
    ce_id: str
    host: str
    site: str | None
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseCount:
    """One condition, taken by itself over all resources considered.

    `rejects`: resources on which it is not true (`false + undefined + error`); `alone`: those among them that every
    other condition accepts, so that dropping this one would open exactly these. `relaxed`: the condition with another
    value, and how many of these that would open: first the nearest value, then the one that opens all.
    """

    clause: str
    rejects: int
    alone: int
    false: int = 0
    undefined: int = 0
    error: int = 0
    relaxed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ranking(Sequence[Candidate]):
    """Those that match and have a rank, best first: rows of the snapshot's columns.

    A candidate is only made of a row when it is looked at: ten thousand resources may match, and one is chosen.
    """

    snapshot: Snapshot
    rows: Rows
    ranks: Reals

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> list[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | list[Candidate]:
        if isinstance(index, slice):
            pairs = zip(self.rows[index].tolist(), self.ranks[index].tolist(), strict=True)
            return [self.candidate(row, rank) for row, rank in pairs]
        return self.candidate(int(self.rows[index]), float(self.ranks[index]))

    def candidate(self, row: int, rank: float) -> Candidate:
        """The candidate that a row with this rank is."""
        resource = self.snapshot.at(row)
        return Candidate(row=row, ce_id=resource.ce_id, host=resource.host, site=resource.site, rank=rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What each condition rejects: of the job, of the resources, of the service."""

    clauses: tuple[ClauseCount, ...] = ()
    refusals: tuple[ClauseCount, ...] = ()
    policies: tuple[ClauseCount, ...] = ()
    misses: tuple[Miss, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """`candidates`: those with a rank, best first. `unranked`: ids that match without a rank.

    `count`: makes the counts when somebody asks why. `snapshot`: version of the snapshot.
    """

    snapshot: int
    considered: int
    candidates: Ranking
    unranked: tuple[str, ...] = ()
    count: Callable[[], Counts] = field(default=Counts, repr=False)

    @property
    def matching(self) -> int:
        """How many meet the requirements, ranked or not."""
        return len(self.candidates) + len(self.unranked)

    @cached_property
    def _counts(self) -> Counts:
        return self.count()

    @property
    def clauses(self) -> tuple[ClauseCount, ...]:
        """The conjuncts of the job's Requirements in their order."""
        return self._counts.clauses

    @property
    def refusals(self) -> tuple[ClauseCount, ...]:
        """Conjuncts of the resources' own Requirements, most rejecting first."""
        return self._counts.refusals

    @property
    def misses(self) -> tuple[Miss, ...]:
        """Some of the resources that the fewest conditions reject."""
        return self._counts.misses

    @property
    def policies(self) -> tuple[ClauseCount, ...]:
        """The policies of the service, by name."""
        return self._counts.policies
