"""What is known of all resources at one moment. Immutable: readers keep the one they hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from types import MappingProxyType

from gridwms.classad import ClassAd, EvaluationContext
from gridwms.classad.columns import ColumnStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One place to run: its ad, and where the ad came from.

    `ce_id` is GlueCEUniqueID, `host` GlueCEInfoHostName. `view`: which part of the computing element it is (a VOView, a
    share, one of several kinds of machines), "" for the whole. `site`: the configured site that leads there, None when
    none does. `source`: the name of the information source.
    """

    ce_id: str
    host: str
    site: str | None
    source: str
    ad: ClassAd
    view: str = ""

    @property
    def id(self) -> str:
        """Unique in a snapshot: the id of the computing element, and the view where it has several."""
        return f"{self.ce_id}/{self.view}" if self.view else self.ce_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageElement:
    """A place of files: `id` is GlueSEUniqueID. Its ad has the lists GlueSA, GlueSEAccessProtocol,
    GlueSEControlProtocol and CloseComputingElements under their GLUE names. `source`: the information source."""

    id: str
    source: str
    ad: ClassAd


_NO_STORAGE: Mapping[str, StorageElement] = MappingProxyType({})


class Snapshot:
    """All resources, in order of their ids, and all storage elements by id. `version` grows whenever one of them
    appears, goes or changes.

    Compared and hashed by identity: two snapshots are the same only when they are one object. `columns`: the ads of the
    resources turned on their side, taken over from the snapshot before and brought up to date where there was one.
    """

    __slots__ = (
        "__weakref__", "_by_id", "_columns", "_context", "_making", "resources", "storage", "taken_at", "version",
    )  # fmt: skip

    def __init__(
        self,
        version: int,
        taken_at: float,
        resources: Iterable[Resource] = (),
        columns: ColumnStore | None = None,
        context: EvaluationContext | None = None,
        storage: Mapping[str, StorageElement] = _NO_STORAGE,
        by_id: Mapping[str, Resource] | None = None,
    ) -> None:
        """`context`: what Requirements and Rank may know of the world. `by_id`: the resources, by who knows them so."""
        self.version = version
        self.taken_at = taken_at
        self.resources = tuple(resources)
        self.storage = storage
        self._by_id = {resource.id: resource for resource in self.resources} if by_id is None else by_id
        self._columns = columns
        self._context = context
        self._making = Lock()

    @property
    def columns(self) -> ColumnStore:
        """The ads as columns; a row is found by `row_of`, and its resource by `at`."""
        with self._making:
            if self._columns is None:
                ads = ((resource.id, resource.ad) for resource in self.resources)
                self._columns = ColumnStore.build(ads, self._context)
            return self._columns

    def followed_by(
        self, resources: Mapping[str, Resource], storage: Mapping[str, StorageElement], now: float
    ) -> Snapshot:
        """The next snapshot, with these entries by id; columns that were made are brought up to date."""
        had = self._by_id
        touched = {name: resource for name, resource in resources.items() if had.get(name) is not resource}
        gone = [name for name in had if name not in resources]
        changes: dict[str, ClassAd | None] = dict.fromkeys(gone)
        changes |= {
            name: resource.ad for name, resource in touched.items() if name not in had or resource.ad != had[name].ad
        }
        new = [name for name in touched if name not in had]
        if new:
            # Sorting what is nearly sorted costs little more than looking at it.
            order = sorted([*(name for name in had if name in resources), *sorted(new)])
        else:
            order = [name for name in had if name in resources] if gone else list(had)
        with self._making:
            columns = self._columns
        if columns is not None and changes:
            columns = columns.updated(changes) if len(changes) * 2 < len(resources) else None
        changed = bool(touched or gone) or self._other_storage(storage)
        version = self.version + changed
        ordered = {name: resources[name] for name in order}
        return Snapshot(version, now, ordered.values(), columns, self._context, storage, ordered)

    def not_among(self, resources: Mapping[str, Resource]) -> list[Resource]:
        """Those that are not these, by id: gone, or replaced."""
        return [resource for name, resource in self._by_id.items() if resources.get(name) is not resource]

    def _other_storage(self, storage: Mapping[str, StorageElement]) -> bool:
        if len(storage) != len(self.storage):
            return True
        return any(self.storage.get(name) is not element for name, element in storage.items())

    def at(self, row: int) -> Resource:
        """The resource of a row of the columns that is alive."""
        return self._by_id[self.columns.keys[row] or ""]

    def one(self, name: str) -> Resource | None:
        """The resource with this id, which may be one view of a computing element."""
        return self._by_id.get(name)

    def find(self, ce_id: str) -> Resource | None:
        """The computing element with this id; the first of its views where it has several."""
        views = self.views(ce_id)
        return views[0] if views else None

    def views(self, ce_id: str) -> list[Resource]:
        """Everything that is this computing element."""
        whole = self._by_id.get(ce_id)
        found = [whole] if whole is not None else []
        place = bisect_left(self.resources, f"{ce_id}/", key=lambda resource: resource.id)
        for resource in islice(self.resources, place, None):
            if not resource.id.startswith(f"{ce_id}/"):
                break
            if resource.ce_id == ce_id:
                found.append(resource)
        return found
