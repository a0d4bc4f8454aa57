"""Ads of a source to resources of the market. What cannot be used is left out and told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gridwms.classad import ClassAd, Literal, evaluate_attribute
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
        ce_id = _text(ad, "glueceuniqueid")
        if not ce_id.strip() or not ce_id.isprintable():
            notes.append(f"ad {number} of source '{source}' has no usable GlueCEUniqueID and is left out")
            continue
        view = _text(ad, "gridwmsview")
        name = f"{ce_id}/{view}" if view else ce_id
        if name in resources:
            notes.append(f"source '{source}' tells of '{name}' more than once; the first is taken")
        else:
            site = _text(ad, "gridwmssite") or None
            if site is not None and sites is not None and site not in sites:
                notes.append(f"'{ce_id}' of source '{source}' names the site '{site}', which is not configured")
                site = None
            resources[name] = Resource(
                ce_id=ce_id,
                host=_host(ad, ce_id),
                site=site,
                source=source,
                ad=ad,
                updated_at=now,
                expires_at=expires_at,
                view=view,
            )
    if len(notes) > MAX_NOTES:
        notes = [*notes[:MAX_NOTES], f"and {len(notes) - MAX_NOTES} more"]
    return resources, tuple(notes)


def _host(ad: ClassAd, ce_id: str) -> str:
    """GlueCEInfoHostName, else the host in front of the id: retries elsewhere need one (gLite bug 89508)."""
    host = _text(ad, "glueceinfohostname").strip()
    return host if host and host.isprintable() else ce_id.split("/", 1)[0].rsplit(":", 1)[0]


def _text(ad: ClassAd, name: str) -> str:
    """The text of an attribute (folded name), "" when it is none."""
    expr = ad.expressions.get(name)
    if expr is None:
        return ""
    value = expr.value if isinstance(expr, Literal) else evaluate_attribute(ad, name)
    return value if isinstance(value, str) else ""
