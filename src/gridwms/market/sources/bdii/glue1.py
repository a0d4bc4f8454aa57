"""GLUE 1.3: the entries of computing and storage elements joined to resource ads (gLite reference §3.2).

Better than gLite in what its users complained about: every SubCluster makes a resource of its own, not only the
first, so a cluster of two kinds of nodes is two resources of one computing element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ListExpression, Literal
from gridwms.classad.tree import Expr
from gridwms.market.close_storage import STORAGE
from gridwms.market.release import release
from gridwms.market.sources.bdii.entry import Entry, in_order
from gridwms.market.sources.bdii.names import SiteOf, names_of_id, nowhere

FILTER = (
    "(|(objectClass=GlueCE)(objectClass=GlueVOView)(objectClass=GlueCluster)(objectClass=GlueSubCluster)"
    "(objectClass=GlueCESEBind)(objectClass=GlueCESEBindGroup)(objectClass=GlueSE)(objectClass=GlueSA)"
    "(objectClass=GlueSEAccessProtocol)(objectClass=GlueSEControlProtocol))"
)
_RULES = "glueceaccesscontrolbaserule"


@dataclass(slots=True)
class _Found:
    """The entries by what they belong to."""

    elements: dict[str, Entry] = field(default_factory=dict)
    views: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    clusters: dict[str, Entry] = field(default_factory=dict)
    subclusters: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    binds: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    binds_of_storage: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    groups: dict[str, Entry] = field(default_factory=dict)
    storage: dict[str, Entry] = field(default_factory=dict)
    storage_parts: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))


class Glue1:
    """Makes the ads, round after round; what did not change gives the same objects again."""

    def __init__(self, site_of: SiteOf = nowhere) -> None:
        self._site_of = site_of
        self._known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}
        self._storage: dict[str, tuple[tuple[Entry, ...], ClassAd]] = {}
        self._places: dict[str, tuple[tuple[object, ...], ClassAd]] = {}

    def ads(self, entries: Iterable[Entry]) -> tuple[list[ClassAd], list[str]]:
        """The ads of computing and storage elements, and sentences about computing elements that are left out."""
        found = _sorted(entries)
        storage = {name: self._storage_ad(name, entry, found) for name, entry in found.storage.items()}
        self._storage = {name: self._storage[name] for name in storage}
        ads: list[ClassAd] = []
        notes: list[str] = []
        known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}
        for ce_id, element in found.elements.items():
            parts = _parts(ce_id, element, found)
            if isinstance(parts, str):
                notes.append(parts)
                continue
            had = self._known.get(ce_id)
            made = (
                had[1]
                if had is not None and had[0] == parts.all
                else list(_resources(ce_id, parts, storage, self._site_of))
            )
            known[ce_id] = parts.all, made
            ads += made
        former, self._known = self._known, known
        release(former)
        self._places = {name: self._place(name, ad, found) for name, ad in storage.items() if name}
        return ads + [ad for _parts, ad in self._places.values()], notes

    def _place(self, name: str, ad: ClassAd, found: _Found) -> tuple[tuple[object, ...], ClassAd]:
        """A storage element as it stands in the market: with its site and the computing elements close to it."""
        site = found.storage[name].key("glueforeignkey", "gluesiteuniqueid")
        binds = in_order(found.binds_of_storage.get(name, ()))
        parts = (ad, site, *binds)
        had = self._places.get(name)
        if had is not None and had[0] == parts:
            return had
        close = [_bound(bind, bind.text("gluecesebindceuniqueid")) for bind in binds]
        extra = [("GlueSiteUniqueID", Literal(site))] if site else []
        return parts, ClassAd.joined(ad, ClassAd([*extra, ("CloseComputingElements", ListExpression(tuple(close)))]))

    def _storage_ad(self, name: str, entry: Entry, found: _Found) -> ClassAd:
        parts = (entry, *in_order(found.storage_parts.get(name, ())))
        had = self._storage.get(name)
        if had is not None and had[0] == parts:
            return had[1]
        lists: dict[str, list[Expr]] = {"GlueSA": [], "GlueSEAccessProtocol": [], "GlueSEControlProtocol": []}
        for part in parts[1:]:
            for kind, items in lists.items():
                if kind.lower() in part.kinds:
                    items.append(part.ad())
        ad = ClassAd.joined(entry.ad(), ClassAd((kind, ListExpression(tuple(items))) for kind, items in lists.items()))
        self._storage[name] = parts, ad
        return ad


def _sorted(entries: Iterable[Entry]) -> _Found:
    found = _Found()
    for entry in entries:
        kinds = entry.kinds
        if "gluece" in kinds:
            found.elements.setdefault(entry.text("glueceuniqueid"), entry)
        elif "gluevoview" in kinds:
            found.views[entry.key("gluechunkkey", "glueceuniqueid")].append(entry)
        elif "gluesubcluster" in kinds:
            found.subclusters[entry.key("gluechunkkey", "glueclusteruniqueid")].append(entry)
        elif "gluecluster" in kinds:
            found.clusters.setdefault(entry.text("glueclusteruniqueid"), entry)
        elif "gluecesebind" in kinds:
            found.binds[entry.text("gluecesebindceuniqueid")].append(entry)
            found.binds_of_storage[entry.text("gluecesebindseuniqueid")].append(entry)
        elif "gluecesebindgroup" in kinds:
            found.groups.setdefault(entry.text("gluecesebindgroupceuniqueid"), entry)
        elif "gluesa" in kinds or "glueseaccessprotocol" in kinds or "gluesecontrolprotocol" in kinds:
            found.storage_parts[entry.key("gluechunkkey", "glueseuniqueid")].append(entry)
        elif "gluese" in kinds:
            found.storage.setdefault(entry.text("glueseuniqueid"), entry)
    return found


@dataclass(frozen=True, slots=True)
class _Parts:
    element: Entry
    cluster: Entry
    subclusters: Sequence[Entry]
    views: Sequence[Entry]
    binds: Sequence[Entry]
    group: Entry | None
    all: tuple[Entry, ...]
    """Everything that the ads are made of; equal when the same entries came again."""


def _parts(ce_id: str, element: Entry, found: _Found) -> _Parts | str:
    """What belongs to a computing element, or why it cannot be used."""
    if not ce_id:
        return f"the entry '{element.dn}' has no GlueCEUniqueID and is left out"
    cluster_id = element.key("glueforeignkey", "glueclusteruniqueid") or element.text("glueceinfohostname")
    cluster = found.clusters.get(cluster_id)
    if cluster is None:
        return f"'{ce_id}' names the cluster '{cluster_id}', which is not published; it is left out"
    subclusters = in_order(found.subclusters.get(cluster_id, ()))
    if not subclusters:
        return f"the cluster '{cluster_id}' of '{ce_id}' has no SubCluster; it is left out"
    views, binds = in_order(found.views.get(ce_id, ())), in_order(found.binds.get(ce_id, ()))
    group = found.groups.get(ce_id)
    stores = [found.storage[name] for bind in binds if (name := bind.text("gluecesebindseuniqueid")) in found.storage]
    behind = [part for store in stores for part in in_order(found.storage_parts.get(store.text("glueseuniqueid"), ()))]
    whole = (element, cluster, *subclusters, *views, *binds, *([group] if group else ()), *stores, *behind)
    return _Parts(element, cluster, subclusters, views, binds, group, whole)


def _resources(ce_id: str, parts: _Parts, storage: dict[str, ClassAd], site_of: SiteOf) -> Iterator[ClassAd]:
    """An ad for each VOView, one for the rules that no view claims, and all of that for each SubCluster."""
    site = parts.cluster.key("glueforeignkey", "gluesiteuniqueid")
    fixed = ClassAd(
        [
            *names_of_id(ce_id, parts.element.text("glueceinfolrmstype"), site_of),
            *([("GlueSiteUniqueID", Literal(site))] if site else ()),
            ("CloseStorageElements", _close(parts, storage)),
            *([("storage", STORAGE)] if parts.binds else []),
            ("GlueCESEBindGroupSEUniqueID", _texts(_close_ids(parts))),
            ("storage", STORAGE),
        ]
    )
    rules = list(dict.fromkeys(parts.element.texts.get(_RULES, ())))
    viewed = {rule for view in parts.views for rule in view.texts.get(_RULES, ())}
    left = [rule for rule in rules if rule not in viewed]
    for number, subcluster in enumerate(parts.subclusters):
        base = ClassAd.joined(parts.cluster.ad(), subcluster.ad(), parts.element.ad(), fixed)
        which = f"@{subcluster.text('gluesubclusteruniqueid')}" if number else ""
        for view in parts.views:
            if view.texts.get(_RULES):
                name = view.text("gluevoviewlocalid") or ",".join(view.texts[_RULES])
                yield ClassAd.joined(base, view.ad(), _view(name + which))
        if left or not parts.views:
            plain = ClassAd([("GlueCEAccessControlBaseRule", _texts(left))]) if parts.views else ClassAd()
            yield ClassAd.joined(base, plain, _view(which))


def _view(name: str) -> ClassAd:
    return ClassAd([("GridwmsView", Literal(name))] if name else ())


def _close(parts: _Parts, storage: dict[str, ClassAd]) -> ListExpression:
    """The close storage elements: the binding, its name and mount point, and all that the SE publishes."""
    ads = []
    for bind in parts.binds:
        name = bind.text("gluecesebindseuniqueid")
        ads.append(ClassAd.joined(storage.get(name, ClassAd()), _bound(bind, name)))
    return ListExpression(tuple(ads))


def _bound(bind: Entry, name: str) -> ClassAd:
    """A binding, with the name of its other end."""
    mount = bind.text("gluecesebindmountinfo") or bind.text("gluecesebindceaccesspoint")
    return ClassAd.joined(bind.ad(), ClassAd([("name", Literal(name)), ("mount", Literal(mount))]))


def _close_ids(parts: _Parts) -> list[str]:
    ids = [bind.text("gluecesebindseuniqueid") for bind in parts.binds]
    if parts.group is not None:
        ids += parts.group.texts.get("gluecesebindgroupseuniqueid", ())
    return list(dict.fromkeys(name for name in ids if name))


def _texts(values: Iterable[str]) -> ListExpression:
    return ListExpression(tuple(Literal(value) for value in values))
