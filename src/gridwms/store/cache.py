"""Jobs that were written lately, kept as they are in the database, so that the next event need not read them again.

Only the writer's thread uses it, and only on a database that is not shared. What a write that failed may have left
here is dropped with everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from gridwms.jobs.charges import Holding
from gridwms.jobs.cohorts import Member

CACHE = "jobs_cache"
"""The name of the execution option that carries it on writing connections."""
_MOST = 20_000


class JobCache:
    """By key and by number. Those that came longest ago go first."""

    def __init__(self) -> None:
        self.by_key: dict[str, Member] = {}
        self.by_number: dict[int, Member] = {}
        self.holdings: dict[tuple[int, str], Holding] = {}
        """What accounts hold at sites, as last written."""

    def keep(self, some: Iterable[Member]) -> None:
        """Keep jobs, as they are written now and whenever these change."""
        by_key, by_number = self.by_key, self.by_number
        for member in some:
            key = member.key
            if by_key.get(key) is not member:
                by_key[key] = by_number[member.number] = member
        for key in list(islice(by_key, max(0, len(by_key) - _MOST))):
            del by_number[by_key.pop(key).number]

    @property
    def room(self) -> int:
        """How many new jobs may be kept: one that may wait long is no reason to drop one that moves."""
        return max(0, _MOST // 4 - len(self.by_key))

    def keep_holdings(self, holdings: Mapping[tuple[int, str], Holding]) -> None:
        """Keep what accounts hold as it is written now."""
        if len(self.holdings) > _MOST:
            self.holdings.clear()
        self.holdings.update(holdings)

    def clear(self) -> None:
        """Forget everything."""
        self.by_key.clear()
        self.by_number.clear()
        self.holdings.clear()
