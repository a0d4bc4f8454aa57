"""What is known of all resources at one moment. Immutable: readers keep the one they hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from gridwms.classad import ClassAd, EvaluationContext
from gridwms.classad.columns import ColumnStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One place to run: its ad, where the ad came from, and how long it may be believed.

    `ce_id` is GlueCEUniqueID, `host` GlueCEInfoHostName. `view`: which part of the computing element it is (a VOView, a
    share, one of several kinds of machines), "" for the whole. `site`: the configured site that leads there, None when
    none does. `source`: the name of the information source. Times in seconds since the epoch.
    """

    ce_id: str
    host: str
    site: str | None
    source: str
    ad: ClassAd
    updated_at: float
    expires_at: float
    view: str = ""

    @property
    def id(self) -> str:
        """Unique in a snapshot: the id of the computing element, and the view where it has several."""
        return f"{self.ce_id}/{self.view}" if self.view else self.ce_id


class Snapshot:
    """All resources, in order of their ids. `version` grows whenever a resource appears, goes or changes.

    Compared and hashed by identity: two snapshots are the same only when they are one object. `columns`: the same ads
    turned on their side, taken over from the snapshot before and brought up to date where there was one.
    """

    __slots__ = ("__weakref__", "_by_id", "_columns", "_context", "_making", "resources", "taken_at", "version")

    def __init__(
        self,
        version: int,
        taken_at: float,
        resources: Iterable[Resource] = (),
        columns: ColumnStore | None = None,
        context: EvaluationContext | None = None,
    ) -> None:
        """`context`: what Requirements and Rank may know of the world."""
        self.version = version
        self.taken_at = taken_at
        self.resources = tuple(resources)
        self._by_id = {resource.id: resource for resource in self.resources}
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

    def followed_by(self, resources: Mapping[str, Resource], now: float) -> Snapshot:
        """The next snapshot, with these resources by id; columns that were made are brought up to date."""
        changes: dict[str, ClassAd | None] = {}
        moved = False
        for name, resource in resources.items():
            had = self._by_id.get(name)
            if had is None or (resource.ad is not had.ad and resource.ad != had.ad):
                changes[name] = resource.ad
            elif resource.site != had.site:
                moved = True
        kept = [name for name in self._by_id if name in resources]
        if len(kept) < len(self._by_id):
            changes |= {name: None for name in self._by_id if name not in resources}
        new = [name for name in changes if name not in self._by_id]
        # Sorting what is nearly sorted costs little more than looking at it.
        order = sorted(kept + sorted(new)) if new else kept
        with self._making:
            columns = self._columns
        if columns is not None and changes:
            columns = columns.updated(changes) if len(changes) * 2 < len(resources) else None
        version = self.version + bool(changes or moved)
        return Snapshot(version, now, (resources[name] for name in order), columns, self._context)

    def at(self, row: int) -> Resource:
        """The resource of a row of the columns that is alive."""
        return self._by_id[self.columns.keys[row] or ""]

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
