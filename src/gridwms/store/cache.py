"""Jobs that were written lately, kept as they are in the database, so that the next event need not read them again.

Only the writer's thread uses it, and only on a database that is not shared. What a write that failed may have left
here is dropped with everything else.
"""

from __future__ import annotations

from collections.abc import Mapping

from gridwms.jobs.charges import Holding
from gridwms.jobs.job import Job

CACHE = "jobs_cache"
"""The name of the execution option that carries it on writing connections."""
_MOST = 20_000


class JobCache:
    """Row number and job, by key and by number. The ones written longest ago go first."""

    def __init__(self) -> None:
        self._jobs: dict[str, tuple[int, Job]] = {}
        self._keys: dict[int, str] = {}
        self.holdings: dict[tuple[int, str], Holding] = {}
        """What accounts hold at sites, as last written."""

    def get(self, name: str | int) -> tuple[int, Job] | None:
        """The job with this key or row number as last written, if it is here."""
        key = self._keys.get(name) if isinstance(name, int) else name
        return self._jobs.get(key) if key is not None else None

    def put(self, number: int, job: Job) -> None:
        """Keep a job as it is written now."""
        self._jobs.pop(job.key, None)
        self._jobs[job.key] = (number, job)
        self._keys[number] = job.key
        if len(self._jobs) > _MOST:
            oldest, _job = self._jobs.pop(next(iter(self._jobs)))
            del self._keys[oldest]

    def offer(self, number: int, job: Job) -> bool:
        """Keep a new job while there is much room: one that may wait long is no reason to drop one that moves."""
        if len(self._jobs) >= _MOST // 4:
            return False
        self.put(number, job)
        return True

    def keep_holdings(self, holdings: Mapping[tuple[int, str], Holding]) -> None:
        """Keep what accounts hold as it is written now."""
        if len(self.holdings) > _MOST:
            self.holdings.clear()
        self.holdings.update(holdings)

    def clear(self) -> None:
        """Forget everything."""
        self._jobs.clear()
        self._keys.clear()
        self.holdings.clear()
