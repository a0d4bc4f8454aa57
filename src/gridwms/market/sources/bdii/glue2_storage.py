"""GLUE 2.0: storage services with their shares, endpoints, protocols and capacities as storage elements.

An ad holds the GLUE 2 tree as `GLUE2.Storage` and, under the names of GLUE 1.3, what it says in them. Sizes are 10^9
bytes in both schemas, but for GlueSAStateAvailableSpace and GlueSAStateUsedSpace, which are 10^3 bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ListExpression, Literal
from gridwms.classad.tree import Expr
from gridwms.market.sources.bdii.entry import Entry, in_order
from gridwms.market.sources.bdii.values import numbers, renamed, short, texts

CLASSES = (
    "GLUE2StorageService", "GLUE2StorageShare", "GLUE2StorageEndpoint", "GLUE2StorageAccessProtocol",
    "GLUE2StorageServiceCapacity", "GLUE2StorageShareCapacity", "GLUE2ToComputingService",
)  # fmt: skip
_STATUS = {"production": "Production", "queueing": "Queuing", "draining": "Draining", "closed": "Closed"}
_THOUSANDS = 1_000_000
_SIZES = ("Total", "Used", "Free", "Reserved")
_SHARE = {
    "glue2storagesharepath": "GlueSAPath",
    "glue2storageshareaccesslatency": "GlueSAAccessLatency",
    "glue2storageshareexpirationmode": "GlueSAExpirationMode",
}
_PROTOCOL = {
    "glue2storageaccessprotocolid": "GlueSEAccessProtocolLocalID",
    "glue2storageaccessprotocoltype": "GlueSEAccessProtocolType",
    "glue2storageaccessprotocolversion": "GlueSEAccessProtocolVersion",
    "glue2storageaccessprotocolmaxstreams": "GlueSEAccessProtocolMaxStreams",
}
_ENDPOINT = {
    "glue2endpointid": "GlueSEControlProtocolLocalID",
    "glue2endpointinterfacename": "GlueSEControlProtocolType",
    "glue2endpointinterfaceversion": "GlueSEControlProtocolVersion",
    "glue2endpointurl": "GlueSEControlProtocolEndpoint",
    "glue2endpointcapability": "GlueSEControlProtocolCapability",
}


def se_id(service_id: str) -> str:
    """The id under which computing elements name a storage service: providers add `/storage` to it in GLUE 2."""
    return service_id.removesuffix("/storage")


@dataclass(slots=True)
class Storage:
    """The entries of storage by what they belong to. `links` lead from computing services to storage services."""

    services: dict[str, Entry] = field(default_factory=dict)
    shares: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    endpoints: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    protocols: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    capacities: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    links: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def take(self, entry: Entry) -> bool:
        """Keep an entry if it is one of storage; whether it was."""
        kinds, text = entry.kinds, entry.text
        if "glue2storageservice" in kinds:
            self.services.setdefault(text("glue2serviceid"), entry)
        elif "glue2storageshare" in kinds:
            owner = text("glue2storagesharestorageserviceforeignkey") or text("glue2shareserviceforeignkey")
            self.shares[owner].append(entry)
        elif "glue2storageendpoint" in kinds:
            owner = text("glue2storageendpointstorageserviceforeignkey") or text("glue2endpointserviceforeignkey")
            self.endpoints[owner].append(entry)
        elif "glue2storageaccessprotocol" in kinds:
            self.protocols[text("glue2storageaccessprotocolstorageserviceforeignkey")].append(entry)
        elif "glue2storageservicecapacity" in kinds:
            self.capacities[text("glue2storageservicecapacitystorageserviceforeignkey")].append(entry)
        elif "glue2storagesharecapacity" in kinds:
            self.capacities[text("glue2storagesharecapacitystorageshareforeignkey")].append(entry)
        elif "glue2tostorageservice" in kinds:
            self.links[text("glue2tostorageservicecomputingserviceforeignkey")].append(entry)
        elif "glue2tocomputingservice" in kinds:
            self.links[text("glue2tocomputingservicecomputingserviceforeignkey")].append(entry)
        else:
            return False
        return True

    def parts(self, service_id: str, policies: dict[str, list[Entry]]) -> tuple[Entry, ...]:
        """All entries that a storage element is made of, in an order that stays."""
        shares = in_order(self.shares.get(service_id, ()))
        names = [share.text("glue2shareid") for share in shares]
        owned = [self.endpoints, self.protocols, self.capacities]
        whole = [self.services[service_id], *shares]
        for table in owned:
            whole += in_order(table.get(service_id, ()))
        for name in names:
            whole += [*in_order(self.capacities.get(name, ())), *in_order(policies.get(name, ()))]
        return tuple(whole)

    def ad(self, service_id: str, policies: dict[str, list[Entry]]) -> ClassAd:
        """A storage service as a storage element."""
        service = self.services[service_id]
        shares = in_order(self.shares.get(service_id, ()))
        endpoints = in_order(self.endpoints.get(service_id, ()))
        protocols = in_order(self.protocols.get(service_id, ()))
        items: list[tuple[str, Expr]] = [("GlueSEUniqueID", Literal(se_id(service_id)))]
        for name, text in (
            ("GlueSEName", service.text("glue2entityname")),
            ("GlueSEImplementationName", service.text("glue2servicetype")),
            ("GlueSiteUniqueID", service.text("glue2serviceadmindomainforeignkey")),
            ("GlueSEImplementationVersion", _first(endpoints, "glue2endpointimplementationversion")),
            ("GlueSEStatus", _status(_first(endpoints, "glue2endpointservingstate"))),
        ):
            if text:
                items.append((name, Literal(text)))
        sizes = _sizes(self.capacities.get(service_id, ()), "glue2storageservicecapacity")
        for kind, of_kind in sizes.items():
            items += [(f"GlueSE{size}{kind}Size", Literal(value)) for size, value in of_kind.items() if size != "Free"]
        online = sizes.get("Online", {})
        items += [(f"GlueSESize{size}", Literal(online[size])) for size in ("Total", "Free") if size in online]
        areas = [self._area(share, policies) for share in shares]
        items += [
            ("GlueSA", ListExpression(tuple(areas))),
            ("GlueSEAccessProtocol", _list(protocols, _PROTOCOL)),
            ("GlueSEControlProtocol", _list(endpoints, _ENDPOINT)),
        ]
        tree: list[tuple[str, Expr]] = [("Service", short(service, "GLUE2StorageService", "GLUE2Service"))]
        for name, entries, prefixes in (
            ("Share", shares, ("GLUE2StorageShare", "GLUE2Share")),
            ("Endpoint", endpoints, ("GLUE2StorageEndpoint", "GLUE2Endpoint")),
            ("AccessProtocol", protocols, ("GLUE2StorageAccessProtocol",)),
        ):
            tree.append((name, ListExpression(tuple(short(entry, *prefixes) for entry in entries))))
        items.append(("GLUE2", ClassAd([("Storage", ClassAd(tree))])))
        return ClassAd(items)

    def _area(self, share: Entry, policies: dict[str, list[Entry]]) -> ClassAd:
        name = share.text("glue2shareid")
        items: list[tuple[str, Expr]] = [("GlueSALocalID", Literal(name)), *renamed(share, _SHARE)]
        if policy := share.text("glue2storageshareretentionpolicy"):
            items.append(("GlueSARetentionPolicy", Literal(policy)))
        rules = [rule for entry in in_order(policies.get(name, ())) for rule in entry.texts.get("glue2policyrule", ())]
        items.append(("GlueSAAccessControlBaseRule", texts(list(dict.fromkeys(rules)))))
        sizes = _sizes(self.capacities.get(name, ()), "glue2storagesharecapacity")
        for kind, of_kind in sizes.items():
            items += [(f"GlueSA{size}{kind}Size", Literal(value)) for size, value in of_kind.items()]
        online = sizes.get("Online", {})
        for size, old in (("Free", "GlueSAStateAvailableSpace"), ("Used", "GlueSAStateUsedSpace")):
            if size in online:
                items.append((old, Literal(online[size] * _THOUSANDS)))
        return ClassAd(items)


def closeness(link: Entry, other_end: str) -> ClassAd:
    """A link between a computing and a storage service as GLUE 1.3 binds them: its other end, and the mount point."""
    mount = link.text("glue2tostorageservicelocalpath")
    items = [
        ("name", Literal(other_end)),
        ("mount", Literal("" if mount.lower() in ("n.a", "n.a.", "none") else mount)),
    ]
    return ClassAd([*items, *short(link, "GLUE2ToStorageService", "GLUE2ToComputingService").items()])


def storage_of(link: Entry) -> str:
    """The id of the storage service that a link leads to."""
    return link.text("glue2tostorageservicestorageserviceforeignkey") or link.text(
        "glue2tocomputingservicestorageserviceforeignkey"
    )


def _list(entries: Iterable[Entry], table: dict[str, str]) -> ListExpression:
    return ListExpression(tuple(ClassAd(renamed(entry, table)) for entry in entries))


def _sizes(capacities: Iterable[Entry], prefix: str) -> dict[str, dict[str, int]]:
    """Sizes by "Online" and "Nearline"; several of one kind are added. Others, such as caches, are in neither."""
    found: dict[str, dict[str, int]] = {}
    for entry in capacities:
        kind = {"online": "Online", "nearline": "Nearline"}.get(entry.text(f"{prefix}type").lower())
        if kind is None:
            continue
        sizes = found.setdefault(kind, {})
        for size, value in numbers(entry, {f"{prefix}{size.lower()}size": size for size in _SIZES}):
            sizes[size] = sizes.get(size, 0) + value
    return found


def _first(entries: Iterable[Entry], name: str) -> str:
    return next((text for entry in entries if (text := entry.text(name))), "")


def _status(state: str) -> str:
    return _STATUS.get(state.lower(), state.capitalize())


def service_ids(storage: Storage) -> Iterator[str]:
    """The ids of all storage services that have one."""
    return (name for name in storage.services if name)
