"""Looking jobs and their descriptions up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import TYPE_CHECKING

from gridwms.describe.description import Description
from gridwms.describe.jdl.read import read_stored
from gridwms.flow.errors import NotInState, UnknownJob
from gridwms.jobs.job import Job
from gridwms.store import descriptions as texts
from gridwms.store import jobs as rows
from gridwms.store.database import Database

if TYPE_CHECKING:
    from gridwms.flow.world import World

_KEPT = 2000


class DescriptionLost(NotInState):
    """The stored description of a job is gone or cannot be read."""

    code = "description_lost"


class Descriptions:
    """Descriptions by digest; the ones used last are kept, for a hundred thousand equal jobs have one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, Description] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, job: Job) -> Description:
        """The description of a job. Raises DescriptionLost."""
        found = self.many({job.description})
        if job.description not in found:
            raise DescriptionLost(f"The description of job {job.key} was removed when it was purged.")
        return found[job.description]

    def many(self, digests: Collection[str]) -> dict[str, Description]:
        """The descriptions of these digests, as far as they can be read."""
        with self._lock:
            found = {digest: self._kept[digest] for digest in digests if digest in self._kept}
        missing = set(digests) - found.keys()
        if missing:
            stored = self._database.read(lambda connection: texts.get_descriptions(connection, missing))
            for digest, text in stored.items():
                description = read_stored(text)
                if description is not None:
                    found[digest] = description
            with self._lock:
                self._kept |= {digest: found[digest] for digest in missing & found.keys()}
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found


def the_job(world: World, key: str) -> Job:
    """The job with this key. Raises UnknownJob."""
    return the_jobs(world, [key])[key]


def the_jobs(world: World, keys: Collection[str]) -> dict[str, Job]:
    """The jobs with these keys, in the order given. Raises UnknownJob for the first that is not there."""
    stored = world.database.read(lambda connection: rows.load(connection, keys))
    for key in keys:
        if key not in stored:
            raise UnknownJob(key)
    return {key: stored[key][1] for key in keys}
