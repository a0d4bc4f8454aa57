"""How much room a snapshot says there is, less what has been promised since it was taken."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.match.choose import Capacity
from gridwms.match.resources import Snapshot

UNKNOWN = 400_000
"""GLUE providers publish 444444 and more for "no information" (gLite reference §3.2); nothing of use is that large."""

_Published = tuple[int, int | None]
_KEPT: WeakKeyDictionary[Snapshot, dict[str, _Published]] = WeakKeyDictionary()


def capacities(
    snapshot: Snapshot, promised: Mapping[str, int] | None = None, queue_limit: int | None = None
) -> dict[str, Capacity]:
    """Room by ce_id, for the resources that a site leads to.

    `promised`: slots of the jobs sent to each resource since the snapshot was taken. `queue_limit`: how many jobs may
    wait at a resource beyond its free slots, None for any number. A resource never gets more than its
    GlueCEPolicyMaxTotalJobs (gLite reference §2.3, clause 2) or GlueCEPolicyMaxWaitingJobs allow.
    """
    published = _KEPT.get(snapshot)
    if published is None:
        published = {r.ce_id: _published(r.ad) for r in snapshot.resources if r.site is not None}
        _KEPT[snapshot] = published
    room: dict[str, Capacity] = {}
    for ce_id, (free, most_queued) in published.items():
        sent = (promised or {}).get(ce_id, 0)
        limits = [limit for limit in (most_queued, queue_limit) if limit is not None]
        left = min(limits) - max(0, sent - free) if limits else None
        room[ce_id] = Capacity(free=max(0, free - sent), queue_limit_left=left)
    return room


def _published(ad: ClassAd) -> _Published:
    """Free slots, and how many more jobs than that may be sent (None: as many as one likes)."""
    free = _number(ad, "GlueCEStateFreeJobSlots")
    if free is None:
        free = _number(ad, "GlueCEStateFreeCPUs")
    total, most = _number(ad, "GlueCEStateTotalJobs"), _number(ad, "GlueCEPolicyMaxTotalJobs")
    waiting, most_waiting = _number(ad, "GlueCEStateWaitingJobs"), _number(ad, "GlueCEPolicyMaxWaitingJobs")
    slots = free or 0
    limits: list[int] = []
    if most and total is not None:
        slots = min(slots, max(0, most - total))
        limits.append(max(0, most - total - slots))
    if most_waiting and waiting is not None:
        limits.append(max(0, most_waiting - waiting))
    return slots, min(limits) if limits else None


def _number(ad: ClassAd, name: str) -> int | None:
    value = evaluate_attribute(ad, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < UNKNOWN:
        return None
    return int(value)
