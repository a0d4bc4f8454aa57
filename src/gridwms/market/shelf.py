"""What one source said last, until when each entry of it is believed, and how the source is doing."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from gridwms.classad import ClassAd
from gridwms.market.intake import Taken, take_in
from gridwms.market.source import Health, Source, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An entry of a source. `kind`: "resource" or "storage". `told`, `expires`: seconds since the epoch. `believed`:
    no other source goes before this one in what it says of it."""

    id: str
    kind: str
    told: float
    expires: float
    believed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a source said when it was asked for a test. Counts of entries; `new`, `changed` and `gone` compare its
    resources with what is known of it. `error`: why the answer could not be used, "" when it could. `took` in seconds.
    """

    source: str
    error: str
    took: float
    resources: int
    storage: int
    new: int
    changed: int
    gone: int
    notes: tuple[str, ...]


_LESS = 0.5
"""A source that tells of less than this part of what it told before has hardly told all."""


class Shelf:
    """The shelf of a source. Its health and entries are changed under the lock of the market alone."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.taken = Taken()
        self._asking = Lock()
        self._told: dict[str, float] = {}
        self._ends: dict[str, float] = {}
        self._health = Health(
            source=source.name,
            kind=source.kind,
            where=source.where,
            seconds=source.seconds,
            timeout=source.timeout,
        )

    @property
    def last_try(self) -> float | None:
        """When the source was asked last."""
        return self._health.last_try

    def ask(self) -> tuple[list[ClassAd], str, float]:
        """Ask the source: its ads, or a sentence about what is wrong; and how long that took, in seconds."""
        name = self.source.name
        ads: list[ClassAd] = []
        with self._asking:
            began = time.monotonic()
            try:
                ads = self.source.fetch()
                error = "" if ads or self.source.exact else f"the source '{name}' answered, but with no resource at all"
            except SourceError as trouble:
                error = str(trouble)
            except Exception as trouble:  # noqa: BLE001 - one broken source must not stop the others
                error = f"the source '{name}' failed unexpectedly: {type(trouble).__name__}: {trouble}"
            return ads, error, time.monotonic() - began

    def trial(self, ads: Sequence[ClassAd], error: str, took: float, sites: Collection[str] | None) -> Trial:
        """What an answer would change; nothing is."""
        had = self.taken
        new = take_in(ads, source=self.source.name, known=had, sites=sites)
        if ads and not (new.resources or new.storage):
            error = error or f"the source '{self.source.name}' answered, but with nothing of use"
        resources = new.resources
        return Trial(
            source=self.source.name,
            error=error,
            took=took,
            resources=len(resources),
            storage=len(new.storage),
            new=sum(name not in had.resources for name in resources),
            changed=sum(name in had.resources and had.resources[name] is not one for name, one in resources.items()),
            gone=0 if error else sum(name not in resources for name in had.resources),
            notes=() if error and not new.notes else (*self.source.notes, *new.notes),
        )

    def put(self, ads: Sequence[ClassAd], *, now: float, life: float, sites: Collection[str] | None) -> Taken:
        """Put an answer, or a part of one that was handed in, on the shelf; what of it could be used."""
        return self._keep(take_in(ads, source=self.source.name, known=self.taken, sites=sites), now, life)

    def answered(
        self, ads: Sequence[ClassAd], *, started: float, took: float, now: float, life: float,
        sites: Collection[str] | None,
    ) -> None:  # fmt: skip
        """A whole answer. `life`: seconds that entries without an end of their own are believed."""
        before = self.taken
        new = take_in(ads, source=self.source.name, known=before, sites=sites)
        if ads and not (new.resources or new.storage):
            self.failed(
                f"the source '{self.source.name}' answered, but with nothing of use: {new.notes[0]}",
                started=started, took=took, now=now,
            )  # fmt: skip
            return
        notes = [*self.source.notes, *new.notes]
        # What was handed in while the source was asked it could not know of.
        lost = [name for name in before.resources if name not in new.resources and self._told[name] <= started]
        lost_storage = [name for name in before.storage if name not in new.storage and self._told[name] <= started]
        if self.source.complete:
            partial = len(new.resources) < _LESS * len(before.resources)
            if partial and not self.source.exact:
                notes.append(
                    f"the source '{self.source.name}' tells of {len(new.resources)} resources, after "
                    f"{len(before.resources)} before; what it left out is kept until it expires"
                )
            else:
                self.drop([*lost, *lost_storage])
        self._keep(new, now, life)
        self._health = replace(
            self._health, last_try=started, last_good=now, took=took, failures=0, error="", notes=tuple(notes)
        )

    def failed(self, error: str, *, started: float, took: float, now: float) -> None:
        """No answer, or one of no use."""
        kept = sum(1 for name in self.taken.resources if self._ends[name] > now)
        if kept:
            error += f" (its last {kept} resources are kept until they expire)"
        self._health = replace(
            self._health, last_try=started, took=took, failures=self._health.failures + 1, error=error,
            last_error=error, last_error_at=now,
        )  # fmt: skip

    def drop(self, names: Sequence[str]) -> int:
        """Take these entries off; how many of them there were."""
        found = 0
        for name in names:
            here = self.taken.resources.pop(name, None) is not None
            here = self.taken.storage.pop(name, None) is not None or here
            self._told.pop(name, None)
            self._ends.pop(name, None)
            found += here
        return found

    def expire(self, now: float) -> bool:
        """Take off what is not to be believed any more; whether there was any."""
        return bool(self.drop([name for name, end in self._ends.items() if end <= now]))

    def times(self, name: str) -> tuple[float, float] | None:
        """When the source told of an entry last, and when that expires; None when it does not."""
        told = self._told.get(name)
        return None if told is None else (told, self._ends[name])

    def health(self, shown: dict[str, int]) -> Health:
        """How the source is doing. `shown`: how many resources of each source are believed."""
        return replace(
            self._health,
            resources=shown.get(self.source.name, 0),
            storage=len(self.taken.storage),
            oldest=min(self._told.values(), default=None),
            expires=min(self._ends.values(), default=None),
        )

    def _keep(self, new: Taken, now: float, life: float) -> Taken:
        # Anew, not in place: a snapshot may be looking at the old ones.
        self.taken = Taken(self.taken.resources | new.resources, self.taken.storage | new.storage)
        for entries in (new.resources, new.storage):
            self._told |= dict.fromkeys(entries, now)
            self._ends |= dict.fromkeys(entries, now + life)
        self._ends |= new.expires
        return new
