"""Ads of a source to entries of the market. What cannot be used is left out and told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from gridwms.classad import ClassAd, Literal, evaluate_attribute
from gridwms.market.close_storage import with_storage
from gridwms.market.snapshot import Resource, StorageElement

MAX_NOTES = 20
EXPIRES = "gridwmsexpires"
"""The attribute (folded) with which an ad says itself until when it may be believed; no part of what is known."""


@dataclass(slots=True)
class Taken:
    """Computing and storage elements by id; `expires`: the ends that ads carry, in seconds since the epoch."""

    resources: dict[str, Resource] = field(default_factory=dict)
    storage: dict[str, StorageElement] = field(default_factory=dict)
    expires: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


NOTHING: Taken = Taken()


def take_in(
    ads: Iterable[ClassAd], *, source: str, known: Taken = NOTHING, sites: Collection[str] | None = None
) -> Taken:
    """The entries of one answer. Those that did not change are the same objects as in `known`.

    Left out: ads without a usable id, and all but the first of one id. A site that is not among `sites` is none.
    """
    taken = Taken()
    notes: list[str] = []
    of_ad: dict[int, Resource | StorageElement] = {id(entry.ad): entry for entry in known.resources.values()}
    of_ad |= {id(entry.ad): entry for entry in known.storage.values()}
    for number, ad in enumerate(ads, 1):
        entry = of_ad.get(id(ad)) or _entry(ad, source, sites, known, taken.expires)
        if entry is None:
            notes.append(f"ad {number} of source '{source}' has no usable GlueCEUniqueID and is left out")
            continue
        shelf: dict[str, Resource] | dict[str, StorageElement]
        shelf = taken.resources if isinstance(entry, Resource) else taken.storage
        if entry.id in shelf:
            notes.append(f"source '{source}' tells of '{entry.id}' more than once; the first is taken")
            continue
        shelf[entry.id] = entry  # type: ignore[assignment]
        if isinstance(entry, Resource) and entry.site is None and "gridwmssite" in entry.ad.expressions:
            name = _text(entry.ad, "gridwmssite")
            if name:
                notes.append(f"'{entry.ce_id}' of source '{source}' names the site '{name}', which is not configured")
    if len(notes) > MAX_NOTES:
        notes = [*notes[:MAX_NOTES], f"and {len(notes) - MAX_NOTES} more"]
    taken.notes = tuple(notes)
    return taken


def _entry(
    ad: ClassAd, source: str, sites: Collection[str] | None, known: Taken, expires: dict[str, float]
) -> Resource | StorageElement | None:
    ad, end = _without_end(ad)
    entry: Resource | StorageElement
    ce_id = _text(ad, "glueceuniqueid")
    if ce_id.strip() and ce_id.isprintable():
        site = _text(ad, "gridwmssite") or None
        if site is not None and sites is not None and site not in sites:
            site = None
        view = _text(ad, "gridwmsview")
        ad = with_storage(ad)
        entry = Resource(ce_id=ce_id, host=_host(ad, ce_id), site=site, source=source, ad=ad, view=view)
        had: Resource | StorageElement | None = known.resources.get(entry.id)
    else:
        se_id = _text(ad, "glueseuniqueid")
        if "glueceuniqueid" in ad.expressions or not se_id.strip() or not se_id.isprintable():
            return None
        entry = StorageElement(id=se_id, source=source, ad=ad)
        had = known.storage.get(se_id)
    if end is not None:
        expires.setdefault(entry.id, end)
    if had is None or had.ad != ad:
        return entry
    # The ad object known so far: what was worked out of it stays.
    entry = replace(entry, ad=had.ad)
    return had if entry == had else entry


def _without_end(ad: ClassAd) -> tuple[ClassAd, float | None]:
    expr = ad.expressions.get(EXPIRES)
    if expr is None:
        return ad, None
    value = expr.value if isinstance(expr, Literal) else None
    end = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return ad.without([EXPIRES]), end


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
