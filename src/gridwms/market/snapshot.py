"""What is known of all resources at one moment. Immutable: readers keep the one they hold."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad import ClassAd


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One place to run: its ad, where the ad came from, and how long it may be believed.

    `ce_id` is GlueCEUniqueID, `host` GlueCEInfoHostName. `site`: the configured site that leads there, None when
    none does. `source`: the name of the information source. Times in seconds since the epoch.
    """

    ce_id: str
    host: str
    site: str | None
    source: str
    ad: ClassAd
    updated_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """All resources, in order of ce_id. `version` grows whenever a resource appears, goes or changes.

    Compared and hashed by identity: two snapshots are the same only when they are one object.
    """

    version: int
    taken_at: float
    resources: tuple[Resource, ...] = ()

    def find(self, ce_id: str) -> Resource | None:
        """The resource with this id."""
        return next((resource for resource in self.resources if resource.ce_id == ce_id), None)
