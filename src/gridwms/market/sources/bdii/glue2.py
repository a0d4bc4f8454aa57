"""GLUE 2.0: computing shares joined with their service, endpoint, manager and machines to resource ads.

An ad holds the GLUE 2 tree as `GLUE2` and, under the names of GLUE 1.3, what it says in them, so that old
Requirements work on new sites (gLite reference §3.3). Units are put right: GLUE 2 counts seconds where GLUE 1.3
counts minutes, which gLite mixed up. What is not published is left out, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ListExpression, Literal
from gridwms.classad.tree import Expr
from gridwms.market.close_storage import STORAGE
from gridwms.market.release import release
from gridwms.market.sources.bdii.entry import Entry, in_order
from gridwms.market.sources.bdii.glue2_storage import CLASSES, Storage, closeness, se_id, service_ids, storage_of
from gridwms.market.sources.bdii.names import SiteOf, names_of_id, nowhere
from gridwms.market.sources.bdii.values import host_of, numbers, other_info, real, renamed, short, texts, whole

FILTER = (
    "(|(objectClass=GLUE2ComputingService)(objectClass=GLUE2ComputingEndpoint)(objectClass=GLUE2ComputingManager)"
    "(objectClass=GLUE2ComputingShare)(objectClass=GLUE2ExecutionEnvironment)(objectClass=GLUE2ApplicationEnvironment)"
    "(objectClass=GLUE2Benchmark)(objectClass=GLUE2MappingPolicy)(objectClass=GLUE2AccessPolicy)"
    "(objectClass=GLUE2ToStorageService)" + "".join(f"(objectClass={name})" for name in CLASSES) + ")"
)
_STATUS = {"production": "Production", "queueing": "Queuing", "draining": "Draining", "closed": "Closed"}
_BENCHMARKS = {
    "hepspec": ("GlueHostBenchmarkSI00", 250),
    "hep-spec06": ("GlueHostBenchmarkSI00", 250),
    "specint2000": ("GlueHostBenchmarkSI00", 1),
    "specfp2000": ("GlueHostBenchmarkSF00", 1),
}
"""By the type of a benchmark its name in GLUE 1.3, and how many of its units one is: 250 SI00 are a HEP-SPEC06."""
_JOBS = frozenset(("executionmanagement.jobcreation", "executionmanagement.jobexecution"))
_UNKNOWN = 999_999_999
"""What GLUE 2 has for a number that nobody knows."""
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
    storage: Storage = field(default_factory=Storage)
    _tags: dict[tuple[Entry, ...], ListExpression] = field(default_factory=dict)

    def tags_of(self, applications: tuple[Entry, ...]) -> ListExpression:
        """The names of these application environments, made once for all shares that offer them."""
        tags = self._tags.get(applications)
        if tags is None:
            names = (entry.text("glue2applicationenvironmentappname") for entry in applications)
            tags = self._tags[applications] = texts([name for name in names if name])
        return tags


class Glue2:
    """Makes the ads, round after round; what did not change gives the same objects again."""

    def __init__(self, site_of: SiteOf = nowhere, door: str = "") -> None:
        """`door`: host and port of an ARC service, which names its queues by it as GLUE 1.3 does."""
        self._site_of = site_of
        self._door = door
        self._known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}
        self._storage: dict[str, tuple[tuple[Entry, ...], ClassAd]] = {}
        self._places: dict[str, tuple[tuple[object, ...], ClassAd]] = {}

    def ads(self, entries: Iterable[Entry], known_ids: Collection[str] = ()) -> tuple[list[ClassAd], list[str]]:
        """The ads of shares and of storage elements, and sentences about shares that are left out. `known_ids`:
        computing elements whose ads nobody wants, for they are known better."""
        found = _sorted(entries)
        self._storage = {name: self._stored(name, found) for name in service_ids(found.storage)}
        close_to: dict[str, dict[str, Entry]] = defaultdict(dict)
        ads: list[ClassAd] = []
        notes: list[str] = []
        known: dict[str, tuple[tuple[Entry, ...], list[ClassAd]]] = {}
        for share_id, share in found.shares.items():
            parts = _parts(share, found)
            if isinstance(parts, str):
                notes.append(parts)
                continue
            had = self._known.get(share_id)
            ce_id = _ce_id(share_id, parts, self._door)
            for link in parts.storage:
                close_to[storage_of(link)].setdefault(ce_id, link)
            if ce_id in known_ids:
                continue
            if had is not None and had[0] == parts.all:
                made = had[1]
            else:
                made = list(_resources(share_id, parts, self._site_of, self._close(parts), self._door))
            known[share_id] = parts.all, made
            ads += made
        former, self._known = self._known, known
        release(former)
        self._places = {name: self._place(name, close_to.get(name, {})) for name in self._storage}
        return ads + [ad for _parts, ad in self._places.values()], notes

    def _stored(self, name: str, found: _Found) -> tuple[tuple[Entry, ...], ClassAd]:
        parts = found.storage.parts(name, found.policies)
        had = self._storage.get(name)
        return had if had is not None and had[0] == parts else (parts, found.storage.ad(name, found.policies))

    def _place(self, name: str, close: dict[str, Entry]) -> tuple[tuple[object, ...], ClassAd]:
        """A storage element as it stands in the market: with the computing elements close to it."""
        _entries, ad = self._storage[name]
        parts = (ad, *sorted(close.items(), key=lambda pair: pair[0]))
        had = self._places.get(name)
        if had is not None and had[0] == parts:
            return had
        ends = tuple(closeness(link, ce_id) for ce_id, link in sorted(close.items(), key=lambda pair: pair[0]))
        return parts, ClassAd.joined(ad, ClassAd([("CloseComputingElements", ListExpression(ends))]))

    def _close(self, parts: _Parts) -> list[ClassAd]:
        """The close storage elements: what links to them, and all that they publish."""
        found = []
        for link in parts.storage:
            published = self._storage.get(storage_of(link))
            bound = closeness(link, se_id(storage_of(link)))
            found.append(ClassAd.joined(published[1], bound) if published else bound)
        return found


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
        else:
            found.storage.take(entry)
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
    endpoints = [found.endpoints[name] for name in wanted if name in found.endpoints] or sorted(
        around.get("endpoints", ()), key=lambda entry: (not _takes_jobs(entry), entry.dn)
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
    storage = _links(service_id, found)
    behind = [
        part
        for link in storage
        if (ad := found.storage.services.get(storage_of(link)))
        for part in (ad, *found.storage.parts(storage_of(link), found.policies))
    ]
    whole = (
        share, service, *endpoints[:1], *managers[:1], *machines, *applications, *benchmarks, *policies, *storage,
        *behind,
    )  # fmt: skip
    return _Parts(
        share, service, endpoints[0] if endpoints else None, manager,
        machines, found.tags_of(tuple(applications)), benchmarks, policies, storage, whole,
    )  # fmt: skip


def _takes_jobs(endpoint: Entry) -> bool:
    """Whether jobs are handed in there: a service has others for information and delegation."""
    return not _JOBS.isdisjoint(endpoint.texts.get("glue2endpointcapability", ()))


def _links(service_id: str, found: _Found) -> list[Entry]:
    """The links of a computing service to storage, one to each."""
    links: dict[str, Entry] = {}
    for link in in_order(found.storage.links.get(service_id, ())):
        links.setdefault(storage_of(link), link)
    return [link for name, link in links.items() if name]


def _ce_id(share_id: str, parts: _Parts, door: str) -> str:
    others = other_info(parts.share)
    queue = parts.share.text("glue2computingsharemappingqueue")
    if door and queue:
        lrms = parts.manager.text("glue2managerproductname") if parts.manager else ""
        return f"{door}/nordugrid-{lrms.replace('-', '') or 'arc'}-{queue}"
    return others.get("CREAMCEId") or others.get("CEId") or share_id


def _resources(share_id: str, parts: _Parts, site_of: SiteOf, close: list[ClassAd], door: str) -> Iterator[ClassAd]:
    """An ad for each kind of machine behind the share; one without machines when none is published."""
    share = parts.share
    rules = list(dict.fromkeys(rule for policy in parts.policies for rule in policy.texts.get("glue2policyrule", ())))
    ce_id = _ce_id(share_id, parts, door)
    endpoint_url = parts.endpoint.text("glue2endpointurl") if parts.endpoint else ""
    host = host_of(endpoint_url) or host_of(ce_id)
    names: list[tuple[str, Expr]] = [
        ("GlueCEUniqueID", Literal(ce_id)),
        *names_of_id(ce_id, parts.manager.text("glue2managerproductname") if parts.manager else "", site_of),
        ("GlueCEInfoHostName", Literal(host)),
        ("GlueCEInfoContactString", texts([endpoint_url] if endpoint_url else [])),
        ("GlueSiteUniqueID", Literal(parts.service.text("glue2serviceadmindomainforeignkey"))),
        # Whom an ARC service without policies lets in, it does not say.
        *([("GlueCEAccessControlBaseRule", texts(rules))] if rules or not door else []),
        ("GlueCEName", Literal(share.text("glue2computingsharemappingqueue"))),
        ("GlueClusterUniqueID", Literal(parts.manager.text("glue2managerid") if parts.manager else "")),
    ]
    queue = share.text("glue2computingsharemappingqueue")
    if queue:
        names.append(("QueueName", Literal(queue)))
    status = share.text("glue2computingshareservingstate").lower()
    if status:
        names.append(("GlueCEStateStatus", Literal(_STATUS.get(status, status.capitalize()))))
    names += renamed(share, _SHARE)
    names += [(name, Literal(seconds // 60)) for name, seconds in numbers(share, _MINUTES)]
    for entry, table in ((parts.endpoint, _ENDPOINT), (parts.manager, _MANAGER)):
        if entry is not None:
            names += renamed(entry, table)
    names.append(("GlueHostApplicationSoftwareRunTimeEnvironment", parts.tags))
    names.append(("CloseStorageElements", ListExpression(tuple(close))))
    if close:
        names.append(("storage", STORAGE))
    names.append(("GlueCESEBindGroupSEUniqueID", texts([se_id(storage_of(link)) for link in parts.storage])))
    base = ClassAd((name, value) for name, value in names if value != Literal(""))
    view = rules[0].split(":", 1)[-1] if len(rules) == 1 else "" if door and not rules else share_id
    if not parts.machines:
        yield ClassAd.joined(base, _tree(parts, None), ClassAd([("GridwmsView", Literal(view))] if view else ()))
    for number, machine in enumerate(parts.machines):
        which = f"@{machine.text('glue2resourceid')}" if number else ""
        label = ClassAd([("GridwmsView", Literal(view + which))] if view + which else ())
        yield ClassAd.joined(base, ClassAd(_machine(machine, parts.benchmarks)), _tree(parts, machine), label)


def _marks(benchmarks: Iterable[Entry], machine: str) -> list[tuple[str, float | str]]:
    """The benchmarks of a machine: what was run, and the result."""
    return [
        (entry.text("glue2benchmarktype"), real(entry.text("glue2benchmarkvalue")))
        for entry in benchmarks
        if entry.text("glue2benchmarkexecutionenvironmentforeignkey") == machine
    ]


def _machine(machine: Entry, benchmarks: Iterable[Entry]) -> Iterator[tuple[str, Expr]]:
    """A machine under its GLUE 1.3 names. Processors are published an instance, GLUE 1.3 counts them all."""
    yield from (pair for pair in renamed(machine, _MACHINE) if pair[1] != Literal(_UNKNOWN))
    counts = {
        "instances": "glue2executionenvironmenttotalinstances",
        "physical": "glue2executionenvironmentphysicalcpus",
        "logical": "glue2executionenvironmentlogicalcpus",
    }
    told = dict(numbers(machine, {name: key for key, name in counts.items()}))
    smp = whole(other_info(machine).get("SmpSize", ""))
    if smp is None:
        smp = told.get("logical")
    if smp is not None:
        yield "GlueHostArchitectureSMPSize", Literal(smp)
    instances = told.get("instances")
    for key, name in (("physical", "GlueSubClusterPhysicalCPUs"), ("logical", "GlueSubClusterLogicalCPUs")):
        if key in told:
            yield name, Literal(told[key] * (instances or 1))
    marks = dict(_marks(benchmarks, machine.text("glue2resourceid")))
    measured = {kind.lower(): value for kind, value in marks.items()}
    for kind, (name, factor) in _BENCHMARKS.items():
        value = measured.get(kind)
        if isinstance(value, float):
            yield name, Literal(round(value * factor))
    yield "GlueSubClusterUniqueID", Literal(machine.text("glue2resourceid"))


def _tree(parts: _Parts, machine: Entry | None) -> ClassAd:
    """The GLUE 2 tree as gLite names it: `other.GLUE2.Computing.Share.MaxWallTime`, in GLUE 2's own units."""
    computing: list[tuple[str, Expr]] = [
        ("Share", short(parts.share, "GLUE2ComputingShare", "GLUE2Share")),
        ("Service", short(parts.service, "GLUE2ComputingService", "GLUE2Service")),
    ]
    if parts.endpoint is not None:
        computing.append(("Endpoint", short(parts.endpoint, "GLUE2ComputingEndpoint", "GLUE2Endpoint")))
    if parts.manager is not None:
        computing.append(("Manager", short(parts.manager, "GLUE2ComputingManager", "GLUE2Manager")))
    tree: list[tuple[str, Expr]] = [
        ("Computing", ClassAd(computing)),
        ("ApplicationEnvironment", ClassAd([("AppName", parts.tags)])),
    ]
    if machine is not None:
        tree.append(("ExecutionEnvironment", short(machine, "GLUE2ExecutionEnvironment", "GLUE2Resource")))
        own = machine.text("glue2resourceid")
        pairs = [
            ClassAd([("Type", Literal(kind)), ("Value", Literal(value))])
            for kind, value in _marks(parts.benchmarks, own)
        ]
        tree.append(("Benchmark", ListExpression(tuple(pairs))))
    return ClassAd([("GLUE2", ClassAd(tree))])
