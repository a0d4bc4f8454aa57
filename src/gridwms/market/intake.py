"""Ads of a source to resources of the market. What cannot be used is left out and told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.market.snapshot import Resource

MAX_NOTES = 20


def take_in(
    ads: Iterable[ClassAd], *, source: str, now: float, expires_at: float, sites: Collection[str] | None = None
) -> tuple[dict[str, Resource], tuple[str, ...]]:
    """Resources by id, and sentences about what is wrong with single ads.

    Left out: ads without a usable id, and all but the first of one id. A site that is not among `sites` is none.
    """
    resources: dict[str, Resource] = {}
    notes: list[str] = []
    for number, ad in enumerate(ads, 1):
        ce_id = evaluate_attribute(ad, "GlueCEUniqueID")
        if not isinstance(ce_id, str) or not ce_id.strip() or not ce_id.isprintable():
            notes.append(f"ad {number} of source '{source}' has no usable GlueCEUniqueID and is left out")
        elif ce_id in resources:
            notes.append(f"source '{source}' tells of '{ce_id}' more than once; the first is taken")
        else:
            site = _text(ad, "GridwmsSite") or None
            if site is not None and sites is not None and site not in sites:
                notes.append(f"'{ce_id}' of source '{source}' names the site '{site}', which is not configured")
                site = None
            resources[ce_id] = Resource(
                ce_id=ce_id,
                host=_host(ad, ce_id),
                site=site,
                source=source,
                ad=ad,
                updated_at=now,
                expires_at=expires_at,
            )
    if len(notes) > MAX_NOTES:
        notes = [*notes[:MAX_NOTES], f"and {len(notes) - MAX_NOTES} more"]
    return resources, tuple(notes)


def _host(ad: ClassAd, ce_id: str) -> str:
    """GlueCEInfoHostName, else the host in front of the id: retries elsewhere need one (gLite bug 89508)."""
    host = _text(ad, "GlueCEInfoHostName").strip()
    return host if host and host.isprintable() else ce_id.split("/", 1)[0].rsplit(":", 1)[0]


def _text(ad: ClassAd, name: str) -> str:
    value = evaluate_attribute(ad, name)
    return value if isinstance(value, str) else ""
