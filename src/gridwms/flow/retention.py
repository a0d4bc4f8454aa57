"""The word before files go that nobody has fetched."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gridwms.flow import remarks
from gridwms.flow.find import name_of
from gridwms.flow.world import World
from gridwms.jobs.events import Expiring
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.states import DoneCode, State
from gridwms.store import compounds, due
from gridwms.store import jobs as rows

_BATCH = 200
_Place = tuple[float, int]
"""Since when a job or a compound has been DONE, and its row number."""


class Retention:
    """Says once of each job, and of each compound, whose output was not fetched that its files will go.

    It remembers how far it has come; after a restart it begins anew, and what was said before is known to the log.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._jobs: _Place = (0.0, 0)
        self._compounds: _Place = (0.0, 0)

    def announce(self) -> int:
        """Tell of a batch; how many were looked at (0: there are no more)."""
        keep = self._world.settings.keep_seconds.get(State.DONE)
        if keep is None:
            return 0
        until = self._world.clock() - keep + min(self._world.settings.announce_seconds, keep / 2)

        def read(connection: Connection) -> tuple[list[_Place], list[Job], list[_Place], list[Parent]]:
            single = due.between(connection, State.DONE, self._jobs, until, _BATCH)
            whole = compounds.between(connection, State.DONE, self._compounds, until, _BATCH)
            jobs = rows.load_numbers(connection, [number for _since, number in single])
            parents = compounds.load_numbers(connection, [number for _since, number in whole])
            return single, [job for _number, job in jobs.values()], whole, list(parents.values())

        single, jobs, whole, parents = self._world.database.read(read)
        self._say(keep, [*self._with_output(jobs), *parents])
        self._jobs, self._compounds = (single or [self._jobs])[-1], (whole or [self._compounds])[-1]
        return len(single) + len(whole)

    def _with_output(self, jobs: Iterable[Job]) -> list[Job]:
        """Those that have something to be fetched."""
        ended = [job for job in jobs if job.done_code is DoneCode.OK]
        descriptions = self._world.descriptions.many({name_of(job) for job in ended})
        return [job for job in ended if (found := descriptions.get(name_of(job))) is not None and found.outputs]

    def _say(self, keep: float, ended: Iterable[Job | Parent]) -> None:
        now = self._world.clock()
        ends = [(one.key, one.state_since + keep) for one in ended]
        said = [(key, Expiring(id=f"expiring-{end:.0f}", time=now, kept_until=end)) for key, end in ends]
        if said:
            remarks.record(self._world, said)
