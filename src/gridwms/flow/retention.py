"""How long files are kept, and the word before they go."""

from __future__ import annotations

from sqlalchemy import Connection

from gridwms.flow import remarks
from gridwms.flow.find import name_of
from gridwms.flow.world import World
from gridwms.jobs.events import Expiring
from gridwms.jobs.job import Job
from gridwms.jobs.states import DoneCode, State
from gridwms.store import due
from gridwms.store import jobs as rows

_BATCH = 200


class Retention:
    """Says once of each job whose output was not fetched that its files will go.

    It remembers how far it has come; after a restart it begins anew, and what was said before is known to the log.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._told_up_to = (0.0, 0)

    def announce(self) -> int:
        """Tell of a batch; how many jobs were looked at (0: there are no more)."""
        settings = self._world.settings
        keep = settings.keep_seconds.get(State.DONE)
        if keep is None:
            return 0
        ahead = min(settings.announce_seconds, keep / 2)
        until = self._world.clock() - keep + ahead

        def read(connection: Connection) -> tuple[list[tuple[float, int]], dict[str, tuple[int, Job]]]:
            places = due.between(connection, State.DONE, self._told_up_to, until, _BATCH)
            return places, rows.load_numbers(connection, [number for _since, number in places])

        places, found = self._world.database.read(read)
        jobs = [job for _number, job in found.values()]
        descriptions = self._world.descriptions.many({name_of(job) for job in jobs})
        said = []
        for job in jobs:
            description = descriptions.get(name_of(job))
            if description is not None and description.outputs and job.done_code is DoneCode.OK:
                end = job.state_since + keep
                said.append((job.key, Expiring(id=f"expiring-{end:.0f}", time=self._world.clock(), kept_until=end)))
        if said:
            remarks.record(self._world, said)
        if places:
            self._told_up_to = places[-1]
        return len(places)
