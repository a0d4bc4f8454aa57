"""Looking jobs and their descriptions up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from gridwms.describe.description import Description
from gridwms.flow.errors import IsCompound, NotInState, UnknownJob
from gridwms.flow.templates import NodeTemplate
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.store import compounds, listing
from gridwms.store import descriptions as texts
from gridwms.store import jobs as rows
from gridwms.store.database import Database

if TYPE_CHECKING:
    from gridwms.flow.world import World

_KEPT = 2000


class DescriptionLost(NotInState):
    """The stored description of a job is gone or cannot be read."""

    code = "description_lost"


Name = tuple[str, str]
"""What a description is called: the digest of its text, and the value that a node has in its place."""


def name_of(job: Job) -> Name:
    """The name of the description of a job."""
    return job.description, job.value


class Descriptions:
    """Descriptions by name; the ones used last are kept, for a hundred thousand equal jobs have one.

    Of nodes the text is that of their template, so it is read from the database once for all of them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[Name, Description] = OrderedDict()
        self._templates: OrderedDict[str, NodeTemplate] = OrderedDict()
        self._parents: OrderedDict[int, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, job: Job) -> Description:
        """The description of a job. Raises DescriptionLost."""
        found = self.many({name_of(job)})
        if name_of(job) not in found:
            raise DescriptionLost(f"The description of job {job.key} was removed when it was purged.")
        return found[name_of(job)]

    def many(self, names: Collection[Name]) -> dict[Name, Description]:
        """The descriptions with these names, as far as they can be read."""
        with self._lock:
            found = {name: self._kept[name] for name in names if name in self._kept}
        missing = set(names) - found.keys()
        if missing:
            templates = self._read_templates({digest for digest, _value in missing})
            for digest, value in missing:
                template = templates.get(digest)
                description = None if template is None else template.read(value)
                if description is not None:
                    found[digest, value] = description
            with self._lock:
                self._kept |= {name: found[name] for name in missing & found.keys()}
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def parent_key(self, compound: int) -> str:
        """The key of the compound in this row."""
        with self._lock:
            key = self._parents.get(compound)
        if key is None:
            found = self._database.read(lambda connection: compounds.load_numbers(connection, [compound]))
            key = found[compound].key
            with self._lock:
                self._parents[compound] = key
                while len(self._parents) > _KEPT:
                    self._parents.popitem(last=False)
        return key

    def _read_templates(self, digests: Collection[str]) -> dict[str, NodeTemplate]:
        with self._lock:
            found = {digest: self._templates[digest] for digest in digests if digest in self._templates}
        missing = set(digests) - found.keys()
        if missing:
            read = self._database.read(lambda connection: texts.get_descriptions(connection, missing))
            new = {digest: NodeTemplate(text) for digest, text in read.items()}
            found |= new
            with self._lock:
                self._templates |= new
                while len(self._templates) > _KEPT:
                    self._templates.popitem(last=False)
        return found


def the_job(world: World, key: str) -> Job:
    """The single job or node with this key. Raises UnknownJob, IsCompound."""
    return the_jobs(world, [key])[key]


def the_jobs(world: World, keys: Collection[str]) -> dict[str, Job]:
    """The single jobs and nodes with these keys, in the order given. Raises for the first that is none: UnknownJob,
    IsCompound."""
    stored = world.database.read(lambda connection: rows.load(connection, keys))
    for key in keys:
        if key not in stored:
            find(world, [key])
            raise IsCompound(key)
    return {key: stored[key][1] for key in keys}


@dataclass(frozen=True, slots=True)
class Found:
    """What keys name: single jobs and nodes, and compounds."""

    jobs: list[str]
    compounds: dict[str, tuple[int, Parent]]


def find(world: World, keys: Collection[str]) -> Found:
    """Jobs and compounds with these keys, each once. Raises UnknownJob for the first that is not there."""

    def read(connection: Connection) -> tuple[dict[str, str], dict[str, tuple[int, Parent]]]:
        single = listing.owners(connection, keys)
        return single, compounds.load(connection, [key for key in keys if key not in single])

    single, whole = world.database.read(read)
    for key in keys:
        if key not in single and key not in whole:
            raise UnknownJob(key)
    return Found([key for key in dict.fromkeys(keys) if key in single], whole)
