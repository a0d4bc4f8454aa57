"""Which job of A-REX is which attempt: the memory of it, and how it is made anew out of the names of all our jobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import structlog

from gridwms.sites.arc.activity import activity_of
from gridwms.sites.arc.rest import Rest
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.contract import Receipt

logger = structlog.get_logger(__name__)

_SWEEP_SECONDS = 600.0
"""So long after a doubtful submission jobs are looked for that came too late."""
_SWEEP_PAUSE = 30.0


class Names:
    """Nothing in it has to last: after a restart the first question fills it."""

    def __init__(self, rest: Rest, settings: ArcSettings, clock: Callable[[], float]) -> None:
        self._rest, self._settings, self._clock = rest, settings, clock
        self._jobs: dict[str, str] = {}
        """Tag to job."""
        self._tags: dict[str, str] = {}
        """Job to name, jobs of others that share our identity included."""
        self._sure: set[str] = set()
        """Jobs that A-REX has acknowledged: they stay known, though its list should forget them for a while."""
        self._begun: dict[str, float] = {}
        """Tags whose submission has no answer (yet), and when it began."""
        self._denied: set[str] = set()
        """Tags that were said not to be there."""
        self._forgotten: dict[str, None] = {}
        self._full = False
        self._settles = clock() + settings.settle_seconds
        """Until then submissions of before our time may still come through."""
        self._sweeps = clock() + _SWEEP_SECONDS
        self._next_sweep = 0.0

    def known(self, tags: Collection[str]) -> dict[str, Receipt]:
        """Those that are there already."""
        if not self._full:
            self._learn()
        return {tag: Receipt(tag=tag, id=self._jobs[tag]) for tag in tags if tag in self._jobs}

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """As the contract has it."""
        nameless = self._learn()
        now = self._clock()
        found: dict[str, Receipt | None] = {}
        for tag in tags:
            if tag in self._jobs:
                self._begun.pop(tag, None)
                found[tag] = Receipt(tag=tag, id=self._jobs[tag])
            elif not nameless and now >= max(self._settles, self._begun.get(tag, 0.0) + self._settings.settle_seconds):
                if self._begun.pop(tag, None) is not None:
                    self._denied.add(tag)
                found[tag] = None
        return found

    def begin(self, tags: Collection[str]) -> None:
        """A submission goes out."""
        now = self._clock()
        self._begun.update(dict.fromkeys(tags, now))
        self._sweeps = now + _SWEEP_SECONDS
        self._denied.difference_update(tags)

    def add(self, receipt: Receipt) -> None:
        """A-REX has it."""
        self._begun.pop(receipt.tag, None)
        self.confirm([receipt])

    def never(self, tag: str) -> None:
        """A-REX has said that it did not take it."""
        self._begun.pop(tag, None)

    def confirm(self, receipts: Sequence[Receipt]) -> None:
        """These are the jobs that count, whatever else has the same name."""
        for one in receipts:
            if one.id not in self._forgotten and one.id not in self._sure:
                self._sure.add(one.id)
                self._jobs[one.tag] = one.id
                self._tags[one.id] = one.tag

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """They are gone as far as we are concerned, though A-REX may need a moment."""
        for one in receipts:
            self._forgotten[one.id] = None
            if self._jobs.get(one.tag) == one.id:
                del self._jobs[one.tag]
            self._tags.pop(one.id, None)
            self._sure.discard(one.id)

    def is_forgotten(self, job: str) -> bool:
        """Whether its removal was asked for."""
        return job in self._forgotten

    def sweep(self) -> None:
        """Clean jobs that came through after they were said not to be there, or a second time."""
        now = self._clock()
        if now >= self._sweeps or now < self._next_sweep or not (self._denied or self._begun):
            return
        self._next_sweep = now + _SWEEP_PAUSE
        self._learn()
        late = [
            job
            for job, tag in self._tags.items()
            if tag in self._denied or (tag in self._jobs and self._jobs[tag] != job)
        ]
        if late:
            logger.warning("jobs came late and are cleaned", site=self._settings.name, jobs=late)
            self._rest.remove(late)
            self.forget([Receipt(tag=self._tags[job], id=job) for job in late])

    def _learn(self) -> bool:
        """Ask for the names of all jobs that are new to us; whether some have none yet.

        A-REX says what a job is called once it has read the description, a moment after it has given it an id.
        """
        there = self._rest.ids()
        for job in self._forgotten.keys() - set(there):
            del self._forgotten[job]
        unknown = [job for job in there if job not in self._tags and job not in self._forgotten]
        nameless = False
        for answer in self._rest.each("info", unknown) if unknown else []:
            activity = activity_of(answer)
            if activity is None:
                continue
            if not activity.name:
                nameless = nameless or activity.state in ("", "ACCEPTING")
                continue
            job = str(answer.get("id"))
            self._tags[job] = activity.name
            self._jobs.setdefault(activity.name, job)
        for job in self._tags.keys() - self._sure - set(there):
            tag = self._tags.pop(job)
            if self._jobs.get(tag) == job:
                del self._jobs[tag]
        self._full = True
        return nameless
