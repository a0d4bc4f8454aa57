"""GLUE 2.0: computing shares joined with their service, endpoint, manager and machines to resource ads.

An ad holds the GLUE 2 tree as `GLUE2` and, under the names of GLUE 1.3, what it says in them, so that old
Requirements work on new sites (gLite reference §3.3). Units are put right: GLUE 2 counts seconds where GLUE 1.3
counts minutes, which gLite mixed up. What is not published is left out, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ListExpression, Literal
from gridwms.classad.tree import Expr
from gridwms.market.sources.bdii.entry import Entry, in_order
from gridwms.market.sources.bdii.names import SiteOf, names_of_id, nowhere

FILTER = (
    "(|(objectClass=GLUE2ComputingService)(objectClass=GLUE2ComputingEndpoint)(objectClass=GLUE2ComputingManager)"
    "(objectClass=GLUE2ComputingShare)(objectClass=GLUE2ExecutionEnvironment)(objectClass=GLUE2ApplicationEnvironment)"
    "(objectClass=GLUE2Benchmark)(objectClass=GLUE2MappingPolicy)(objectClass=GLUE2AccessPolicy)"
    "(objectClass=GLUE2ToStorageService))"
)
_STATUS = {"production": "Production", "queueing": "Queuing", "draining": "Draining", "closed": "Closed"}
_SHARE = {
    "glue2computingsharewaitingjobs": "GlueCEStateWaitingJobs",
    "glue2computingsharetotaljobs": "GlueCEStateTotalJobs",
    "glue2computingsharerunningjobs": "GlueCEStateRunningJobs",
    "glue2computingsharefreeslots": "GlueCEStateFreeJobSlots",
    "glue2computingshareestimatedaveragewaitingtime": "GlueCEStateEstimatedResponseTime",
    "glue2computingshareestimatedworstwaitingtime": "GlueCEStateWorstResponseTime",
    "glue2computingsharemaxrunningjobs": "GlueCEPolicyMaxRunningJobs",
    "glue2computingsharemaxtotaljobs": "GlueCEPolicyMaxTotalJobs",
    "glue2computingsharemaxwaitingjobs": "GlueCEPolicyMaxWaitingJobs",
    "glue2computingsharemaxslotsperjob": "GlueCEPolicyMaxSlotsPerJob",
}
_MINUTES = {
    "glue2computingsharemaxwalltime": "GlueCEPolicyMaxWallClockTime",
    "glue2computingsharemaxcputime": "GlueCEPolicyMaxCPUTime",
}
_MACHINE = {
    "glue2executionenvironmentplatform": "GlueHostArchitecturePlatformType",
    "glue2executionenvironmentcpumodel": "GlueHostProcessorModel",
    "glue2executionenvironmentcpuvendor": "GlueHostProcessorVendor",
    "glue2executionenvironmentcpuclockspeed": "GlueHostProcessorClockSpeed",
    "glue2executionenvironmentosname": "GlueHostOperatingSystemName",
    "glue2executionenvironmentosversion": "GlueHostOperatingSystemRelease",
    "glue2executionenvironmentmainmemorysize": "GlueHostMainMemoryRAMSize",
    "glue2executionenvironmentvirtualmemorysize": "GlueHostMainMemoryVirtualSize",
    "glue2executionenvironmentconnectivityin": "GlueHostNetworkAdapterInboundIP",
    "glue2executionenvironmentconnectivityout": "GlueHostNetworkAdapterOutboundIP",
}
_ENDPOINT = {
    "glue2endpointcapability": "GlueCECapability",
    "glue2endpointimplementationname": "GlueCEImplementationName",
    "glue2endpointimplementationversion": "GlueCEImplementationVersion",
}
_MANAGER = {
    "glue2managerproductname": "GlueCEInfoLRMSType",
    "glue2managerproductversion": "GlueCEInfoLRMSVersion",
}


def _lists() -> dict[str, list[Entry]]:
    return defaultdict(list)


@dataclass(slots=True)
class _Found:
    """The entries by id, and what belongs to them by the id of its owner."""

    services: dict[str, Entry] = field(default_factory=dict)
    managers: dict[str, Entry] = field(default_factory=dict)
    shares: dict[str, Entry] = field(default_factory=dict)
    machines: dict[str, Entry] = field(default_factory=dict)
    endpoints: dict[str, Entry] = field(default_factory=dict)
    of_service: dict[str, dict[str, list[Entry]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    applications: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    benchmarks: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    policies: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    _tags: dict[tuple[Entry, ...], ListExpression] = field(default_factory=dict)

    def tags_of(self, applications: tuple[Entry, ...]) -> ListExpression:
        """The names of these application environments, made once for all shares that offer them."""
        tags = self._tags.get(applications)
        if tags is None:
            names = (entry.text("glue2applicationenvironmentappname") for entry in applications)
            tags = self._tags[applications] = _texts([name for name in names if name])
        return tags


class Glue2:
    """Makes the ads, round after round; what did not change gives the same objects again."""

    def __init__(self, site_of: SiteOf = nowhere) -> None:
        self._site_of = site_of
        self._known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}

    def ads(self, entries: Iterable[Entry]) -> tuple[list[ClassAd], list[str]]:
        """The resource ads, and sentences about shares that are left out."""
        found = _sorted(entries)
        ads: list[ClassAd] = []
        notes: list[str] = []
        known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}
        for share_id, share in found.shares.items():
            parts = _parts(share, found)
            if isinstance(parts, str):
                notes.append(parts)
                continue
            had = self._known.get(share_id)
            made = (
                had[1] if had is not None and had[0] == parts.all else list(_resources(share_id, parts, self._site_of))
            )
            known[share_id] = parts.all, made
            ads += made
        self._known = known
        return ads, notes


def _sorted(entries: Iterable[Entry]) -> _Found:
    found = _Found()
    for entry in entries:
        kinds, text = entry.kinds, entry.text
        service = text("glue2computingendpointcomputingserviceforeignkey") or text("glue2endpointserviceforeignkey")
        if "glue2computingshare" in kinds:
            found.shares.setdefault(text("glue2shareid"), entry)
        elif "glue2computingservice" in kinds:
            found.services.setdefault(text("glue2serviceid"), entry)
        elif "glue2computingendpoint" in kinds:
            found.endpoints.setdefault(text("glue2endpointid"), entry)
            found.of_service[service]["endpoints"].append(entry)
        elif "glue2computingmanager" in kinds:
            found.managers.setdefault(text("glue2managerid"), entry)
            owner = text("glue2computingmanagercomputingserviceforeignkey") or text("glue2managerserviceforeignkey")
            found.of_service[owner]["managers"].append(entry)
        elif "glue2executionenvironment" in kinds:
            found.machines.setdefault(text("glue2resourceid"), entry)
        elif "glue2applicationenvironment" in kinds:
            manager = text("glue2applicationenvironmentcomputingmanagerforeignkey")
            for machine in entry.texts.get("glue2applicationenvironmentexecutionenvironmentforeignkey", (manager,)):
                found.applications[machine].append(entry)
        elif "glue2benchmark" in kinds:
            found.benchmarks[text("glue2benchmarkexecutionenvironmentforeignkey")].append(entry)
        elif "glue2mappingpolicy" in kinds:
            found.policies[text("glue2mappingpolicyshareforeignkey")].append(entry)
        elif "glue2accesspolicy" in kinds:
            found.policies[text("glue2accesspolicyendpointforeignkey")].append(entry)
        elif "glue2tostorageservice" in kinds:
            found.of_service[text("glue2tostorageservicecomputingserviceforeignkey")]["storage"].append(entry)
    return found


@dataclass(frozen=True, slots=True)
class _Parts:
    share: Entry
    service: Entry
    endpoint: Entry | None
    manager: Entry | None
    machines: Sequence[Entry]
    tags: ListExpression
    benchmarks: Sequence[Entry]
    policies: Sequence[Entry]
    storage: Sequence[Entry]
    all: tuple[Entry, ...]


def _parts(share: Entry, found: _Found) -> _Parts | str:
    share_id = share.text("glue2shareid")
    if not share_id:
        return f"the entry '{share.dn}' has no GLUE2ShareID and is left out"
    service_id = share.text("glue2computingsharecomputingserviceforeignkey") or share.text(
        "glue2shareserviceforeignkey"
    )
    service = found.services.get(service_id)
    if service is None:
        return f"the share '{share_id}' names the service '{service_id}', which is not published; it is left out"
    around = found.of_service.get(service_id, {})
    wanted = share.texts.get("glue2computingsharecomputingendpointforeignkey") or share.texts.get(
        "glue2shareendpointforeignkey", ()
    )
    endpoints = [found.endpoints[name] for name in wanted if name in found.endpoints] or in_order(
        around.get("endpoints", ())
    )
    named = share.texts.get("glue2computingshareexecutionenvironmentforeignkey") or share.texts.get(
        "glue2shareresourceforeignkey", ()
    )
    machines = [found.machines[name] for name in named if name in found.machines]
    managers = in_order(around.get("managers", ()))
    manager = managers[0] if managers else None
    owners = [*(entry.text("glue2resourceid") for entry in machines)]
    if manager is not None:
        owners.append(manager.text("glue2managerid"))
    applications = in_order({one for owner in owners for one in found.applications.get(owner, ())})
    benchmarks = [one for entry in machines for one in in_order(found.benchmarks[entry.text("glue2resourceid")])]
    policies = in_order(found.policies.get(share_id, ()))
    if not policies and endpoints:
        policies = in_order(found.policies.get(endpoints[0].text("glue2endpointid"), ()))
    storage = in_order(around.get("storage", ()))
    whole = (share, service, *endpoints[:1], *managers[:1], *machines, *applications, *benchmarks, *policies, *storage)
    return _Parts(
        share, service, endpoints[0] if endpoints else None, manager,
        machines, found.tags_of(tuple(applications)), benchmarks, policies, storage, whole,
    )  # fmt: skip


def _resources(share_id: str, parts: _Parts, site_of: SiteOf) -> Iterator[ClassAd]:
    """An ad for each kind of machine behind the share; one without machines when none is published."""
    share, others = parts.share, _other_info(parts.share)
    rules = list(dict.fromkeys(rule for policy in parts.policies for rule in policy.texts.get("glue2policyrule", ())))
    ce_id = others.get("CREAMCEId") or others.get("CEId") or share_id
    endpoint_url = parts.endpoint.text("glue2endpointurl") if parts.endpoint else ""
    host = _host_of(endpoint_url) or _host_of(ce_id)
    names: list[tuple[str, Expr]] = [
        ("GlueCEUniqueID", Literal(ce_id)),
        *names_of_id(ce_id, parts.manager.text("glue2managerproductname") if parts.manager else "", site_of),
        ("GlueCEInfoHostName", Literal(host)),
        ("GlueCEInfoContactString", _texts([endpoint_url] if endpoint_url else [])),
        ("GlueSiteUniqueID", Literal(parts.service.text("glue2serviceadmindomainforeignkey"))),
        ("GlueCEAccessControlBaseRule", _texts(rules)),
        ("GlueCEName", Literal(share.text("glue2computingsharemappingqueue"))),
        ("GlueClusterUniqueID", Literal(parts.manager.text("glue2managerid") if parts.manager else "")),
    ]
    queue = share.text("glue2computingsharemappingqueue")
    if queue:
        names.append(("QueueName", Literal(queue)))
    status = share.text("glue2computingshareservingstate").lower()
    if status:
        names.append(("GlueCEStateStatus", Literal(_STATUS.get(status, status.capitalize()))))
    names += _renamed(share, _SHARE)
    names += [(name, Literal(seconds // 60)) for name, seconds in _numbers(share, _MINUTES)]
    for entry, table in ((parts.endpoint, _ENDPOINT), (parts.manager, _MANAGER)):
        if entry is not None:
            names += _renamed(entry, table)
    names.append(("GlueHostApplicationSoftwareRunTimeEnvironment", parts.tags))
    close = [text for entry in parts.storage if (text := entry.text("glue2tostorageservicestorageserviceforeignkey"))]
    names.append(("GlueCESEBindGroupSEUniqueID", _texts([text.removesuffix("/storage") for text in close])))
    base = ClassAd((name, value) for name, value in names if value != Literal(""))
    view = rules[0].split(":", 1)[-1] if len(rules) == 1 else share_id
    if not parts.machines:
        yield ClassAd.joined(base, _tree(parts, None), ClassAd([("GridwmsView", Literal(view))]))
    for number, machine in enumerate(parts.machines):
        which = f"@{machine.text('glue2resourceid')}" if number else ""
        label = ClassAd([("GridwmsView", Literal(view + which))])
        yield ClassAd.joined(base, ClassAd(_machine(machine)), _tree(parts, machine), label)


def _machine(machine: Entry) -> Iterator[tuple[str, Expr]]:
    """A machine under its GLUE 1.3 names. Processors are published an instance, GLUE 1.3 counts them all."""
    yield from _renamed(machine, _MACHINE)
    counts = {
        "instances": "glue2executionenvironmenttotalinstances",
        "physical": "glue2executionenvironmentphysicalcpus",
        "logical": "glue2executionenvironmentlogicalcpus",
    }
    numbers = dict(_numbers(machine, {name: key for key, name in counts.items()}))
    smp = _whole(_other_info(machine).get("SmpSize", ""))
    if smp is None:
        smp = numbers.get("logical")
    if smp is not None:
        yield "GlueHostArchitectureSMPSize", Literal(smp)
    instances = numbers.get("instances")
    for key, name in (("physical", "GlueSubClusterPhysicalCPUs"), ("logical", "GlueSubClusterLogicalCPUs")):
        if key in numbers:
            yield name, Literal(numbers[key] * (instances or 1))
    yield "GlueSubClusterUniqueID", Literal(machine.text("glue2resourceid"))


def _tree(parts: _Parts, machine: Entry | None) -> ClassAd:
    """The GLUE 2 tree as gLite names it: `other.GLUE2.Computing.Share.MaxWallTime`, in GLUE 2's own units."""
    computing: list[tuple[str, Expr]] = [
        ("Share", _short(parts.share, "GLUE2ComputingShare", "GLUE2Share")),
        ("Service", _short(parts.service, "GLUE2ComputingService", "GLUE2Service")),
    ]
    if parts.endpoint is not None:
        computing.append(("Endpoint", _short(parts.endpoint, "GLUE2ComputingEndpoint", "GLUE2Endpoint")))
    if parts.manager is not None:
        computing.append(("Manager", _short(parts.manager, "GLUE2ComputingManager", "GLUE2Manager")))
    tree: list[tuple[str, Expr]] = [
        ("Computing", ClassAd(computing)),
        ("ApplicationEnvironment", ClassAd([("AppName", parts.tags)])),
    ]
    if machine is not None:
        tree.append(("ExecutionEnvironment", _short(machine, "GLUE2ExecutionEnvironment", "GLUE2Resource")))
        own = machine.text("glue2resourceid")
        values = [
            (entry.text("glue2benchmarktype"), entry.text("glue2benchmarkvalue"))
            for entry in parts.benchmarks
            if entry.text("glue2benchmarkexecutionenvironmentforeignkey") == own
        ]
        pairs = [ClassAd([("Type", Literal(kind)), ("Value", Literal(_real(value)))]) for kind, value in values]
        tree.append(("Benchmark", ListExpression(tuple(pairs))))
    return ClassAd([("GLUE2", ClassAd(tree))])


def _short(entry: Entry, *prefixes: str) -> ClassAd:
    """An entry without the prefix of its names; OtherInfo becomes an ad of its own."""
    if entry.short is not None:
        return entry.short
    items: list[tuple[str, Expr]] = []
    for name, value in entry.ad().items():
        if name == "GLUE2EntityOtherInfo":
            continue
        prefix = next((one for one in (*prefixes, "GLUE2Entity") if name.startswith(one)), "")
        items.append((name.removeprefix(prefix), value))
    others = _other_info(entry)
    if others:
        items.append(("OtherInfo", ClassAd((name, Literal(value)) for name, value in others.items())))
    entry.short = ClassAd(items)
    return entry.short


def _other_info(entry: Entry) -> dict[str, str]:
    """`name=value` texts; of equal names the first counts."""
    others: dict[str, str] = {}
    for text in entry.texts.get("glue2entityotherinfo", ()):
        name, equals, value = text.partition("=")
        if equals and name.strip():
            others.setdefault(name.strip(), value.strip())
    return others


def _renamed(entry: Entry, table: dict[str, str]) -> Iterator[tuple[str, Expr]]:
    values = entry.ad().expressions
    for name, new in table.items():
        value = values.get(name)
        if value is not None:
            yield new, value


def _numbers(entry: Entry, table: dict[str, str]) -> Iterator[tuple[str, int]]:
    for new, value in _renamed(entry, table):
        if isinstance(value, Literal) and isinstance(value.value, int) and not isinstance(value.value, bool):
            yield new, value.value


def _texts(values: Iterable[str]) -> ListExpression:
    return ListExpression(tuple(Literal(value) for value in values))


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _real(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _host_of(text: str) -> str:
    """The host of a URL or of the id of a computing element."""
    return text.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
