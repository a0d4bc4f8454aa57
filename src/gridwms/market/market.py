"""The market: asks its sources, keeps what each said last, and offers one snapshot of it all.

Readers take `snapshot` whenever they like and never wait: a new one is put in its place whole. A source that stops
answering, or suddenly answers with nothing or with little, keeps its resources in the market until they expire.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from threading import Lock

from gridwms.classad import ClassAd, EvaluationContext
from gridwms.classad.columns import collector_at_rest
from gridwms.market.intake import Taken
from gridwms.market.release import release
from gridwms.market.shelf import Held, Shelf, Trial
from gridwms.market.snapshot import Resource, Snapshot, StorageElement
from gridwms.market.source import Health, Source

_LEAVING_SECONDS = 30.0


class Market:
    """The supermarket. `keep`: entries expire this many intervals of their source after it told of them.

    The order of the sources decides which one is believed when several tell of the same id. `sites`: the configured
    sites; a resource whose GridwmsSite is none of them counts as one that no site leads to. None: any name will do.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        clock: Callable[[], float] = time.time,
        keep: float = 3.0,
        sites: Collection[str] | None = None,
        context: EvaluationContext | None = None,
    ) -> None:
        self._sites = sites
        self._clock = clock
        self._keep = keep
        self._writing = Lock()
        self._shelves: dict[str, Shelf] = {}
        for source in sources:
            if source.name in self._shelves:
                raise ValueError(f"there are two information sources named '{source.name}'; give them different names")
            self._shelves[source.name] = Shelf(source)
        self._conflicts: tuple[str, ...] = ()
        self._leaving: list[tuple[float, list[Resource]]] = []
        self._snapshot = Snapshot(0, clock(), context=context)

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._snapshot

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Sentences about ids of which more than one source tells."""
        return self._conflicts

    def health(self) -> list[Health]:
        """How each source is doing, in the order of the sources."""
        with self._writing:
            counts: dict[str, int] = {}
            for resource in self._snapshot.resources:
                counts[resource.source] = counts.get(resource.source, 0) + 1
            return [shelf.health(counts) for shelf in self._shelves.values()]

    def times(self, entry: Resource | StorageElement) -> tuple[float, float] | None:
        """When its source told of an entry last, and when it expires, in seconds since the epoch; None when it is not
        known any more."""
        with self._writing:
            shelf = self._shelves.get(entry.source)
            return shelf.times(entry.id) if shelf is not None else None

    def entries(self, name: str) -> list[Held]:
        """What is kept of a source, in order of ids."""
        with self._writing:
            shelf, snapshot = self._shelves[name], self._snapshot
            found = []
            for kind, kept in (("resource", shelf.taken.resources), ("storage", shelf.taken.storage)):
                for one in sorted(kept):
                    believed = snapshot.one(one) if kind == "resource" else snapshot.storage.get(one)
                    told, expires = shelf.times(one) or (0.0, 0.0)
                    ours = believed is not None and believed.source == name
                    found.append(Held(id=one, kind=kind, told=told, expires=expires, believed=ours))
            return found

    def due(self) -> list[str]:
        """Names of the sources whose time to be asked has come."""
        now = self._clock()
        return [
            name
            for name, shelf in self._shelves.items()
            if shelf.last_try is None or now - shelf.last_try >= shelf.source.seconds
        ]

    def refresh(self, name: str) -> Snapshot:
        """Ask one source and swap the snapshot. Never raises for what a source does; see `health`.

        Different sources may be refreshed by different threads at the same time.
        """
        shelf = self._shelves[name]
        started = self._clock()
        with collector_at_rest():
            ads, error, took = shelf.ask()
            now = self._clock()
            life = self._keep * shelf.source.seconds
            with self._writing:
                if error:
                    shelf.failed(error, started=started, took=took, now=now)
                else:
                    shelf.answered(ads, started=started, took=took, now=now, life=life, sites=self._sites)
                return self._swap(now)

    def test(self, name: str) -> Trial:
        """Ask one source and say what its answer would change; nothing is changed."""
        shelf = self._shelves[name]
        ads, error, took = shelf.ask()
        with self._writing:
            return shelf.trial(ads, error, took, self._sites)

    def put(self, name: str, ads: Sequence[ClassAd]) -> Taken:
        """Take in ads that were handed in for a source, beside what it has told; what of them could be used."""
        shelf = self._shelves[name]
        with self._writing:
            now = self._clock()
            taken = shelf.put(ads, now=now, life=self._keep * shelf.source.seconds, sites=self._sites)
            self._swap(now)
            return taken

    def drop(self, name: str, ids: Sequence[str]) -> int:
        """Take entries of a source away, by their ids; how many there were."""
        with self._writing:
            found = self._shelves[name].drop(ids)
            self._swap(self._clock())
            return found

    def expire(self) -> Snapshot:
        """Drop what has expired; to be called now and then, also when no source answers."""
        with self._writing:
            now = self._clock()
            gone = [shelf.expire(now) for shelf in self._shelves.values()]
            if any(gone):
                self._swap(now)
            return self._snapshot

    def _swap(self, now: float) -> Snapshot:
        merged: dict[str, Resource] = {}
        storage: dict[str, StorageElement] = {}
        conflicts: list[str] = []
        for shelf in self._shelves.values():
            shelf.expire(now)
            twice = merged.keys() & shelf.taken.resources.keys()
            conflicts += [
                f"'{name}' is told of by the sources '{merged[name].source}' and '{shelf.source.name}'; "
                f"'{merged[name].source}' is believed"
                for name in sorted(twice)
            ]
            merged = shelf.taken.resources | merged
            storage = shelf.taken.storage | storage
        self._conflicts = tuple(conflicts)
        following = self._snapshot.followed_by(merged, storage, now)
        _ = following.columns  # made here, before anybody waits for them
        # Whoever still holds the old snapshot is not to be the one who frees what was in it.
        self._leaving.append((now, self._snapshot.not_among(merged)))
        self._snapshot = following
        while self._leaving and self._leaving[0][0] <= now - _LEAVING_SECONDS:
            release(self._leaving.pop(0)[1])
        return following
