"""The market: asks its sources, keeps what each said last, and offers one snapshot of it all.

Readers take `snapshot` whenever they like and never wait: a new one is put in its place whole. A source that stops
answering, or suddenly answers with nothing, keeps its resources in the market until they expire.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from gridwms.classad import EvaluationContext
from gridwms.market.intake import take_in
from gridwms.market.snapshot import Resource, Snapshot
from gridwms.market.source import Health, Source, SourceError


@dataclass(slots=True)
class _Shelf:
    """What one source said last."""

    source: Source
    health: Health
    resources: dict[str, Resource] = field(default_factory=dict)


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
        self._shelves: dict[str, _Shelf] = {}
        for source in sources:
            if source.name in self._shelves:
                raise ValueError(f"there are two information sources named '{source.name}'; give them different names")
            self._shelves[source.name] = _Shelf(source, Health(source=source.name))
        self._conflicts: tuple[str, ...] = ()
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
            return [replace(shelf.health, resources=counts.get(name, 0)) for name, shelf in self._shelves.items()]

    def due(self) -> list[str]:
        """Names of the sources whose time to be asked has come."""
        now = self._clock()
        return [
            name
            for name, shelf in self._shelves.items()
            if shelf.health.last_try is None or now - shelf.health.last_try >= shelf.source.seconds
        ]

    def refresh(self, name: str) -> Snapshot:
        """Ask one source and swap the snapshot. Never raises for what a source does; see `health`.

        Different sources may be refreshed by different threads at the same time.
        """
        shelf = self._shelves[name]
        started = self._clock()
        try:
            ads = shelf.source.fetch()
            error = "" if ads else f"the source '{name}' answered, but with no resource at all"
        except SourceError as trouble:
            ads, error = [], str(trouble)
        except Exception as trouble:  # noqa: BLE001 - one broken source must not stop the others
            ads, error = [], f"the source '{name}' failed unexpectedly: {type(trouble).__name__}: {trouble}"
        now = self._clock()
        with self._writing:
            if not error:
                taken, notes = take_in(
                    ads,
                    source=name,
                    now=now,
                    expires_at=now + self._keep * shelf.source.seconds,
                    sites=self._sites,
                )
                told = {known: _unless_equal(new, shelf.resources) for known, new in taken.items()}
                shelf.resources = told if shelf.source.complete else shelf.resources | told
                notes = (*shelf.source.notes, *notes)
                shelf.health = Health(source=name, last_try=started, last_good=now, notes=notes)
            else:
                kept = sum(1 for resource in shelf.resources.values() if resource.expires_at > now)
                if kept:
                    error += f" (its last {kept} resources are kept until they expire)"
                shelf.health = replace(shelf.health, last_try=started, failures=shelf.health.failures + 1, error=error)
            return self._swap(now)

    def expire(self) -> Snapshot:
        """Drop what has expired; to be called now and then, also when no source answers."""
        with self._writing:
            now = self._clock()
            if any(resource.expires_at <= now for resource in self._snapshot.resources):
                self._swap(now)
            return self._snapshot

    def _swap(self, now: float) -> Snapshot:
        merged: dict[str, Resource] = {}
        conflicts: list[str] = []
        for shelf in self._shelves.values():
            gone = [known for known, resource in shelf.resources.items() if resource.expires_at <= now]
            for known in gone:
                del shelf.resources[known]
            for known, resource in shelf.resources.items():
                first = merged.setdefault(known, resource)
                if first is not resource:
                    conflicts.append(
                        f"'{known}' is told of by the sources '{first.source}' and '{resource.source}'; "
                        f"'{first.source}' is believed"
                    )
        self._conflicts = tuple(conflicts)
        following = self._snapshot.followed_by(merged, now)
        _ = following.columns  # made here, before anybody waits for them
        self._snapshot = following
        return following


def _unless_equal(new: Resource, known: Mapping[str, Resource]) -> Resource:
    """The resource with the ad object known so far when its ad has not changed: what was worked out of it stays."""
    had = known.get(new.id)
    if had is None or had.ad is new.ad or had.ad != new.ad:
        return new
    return replace(new, ad=had.ad)
