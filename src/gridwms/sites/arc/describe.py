"""The queues of an ARC computing element as resource ads, in the words of GLUE 1.3."""

from __future__ import annotations

from collections.abc import Iterable

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.describe.glue2json import ComputingService, Machine, Share
from gridwms.sites.arc.settings import ArcSettings

_ROUND_SECONDS = 60
"""Without a history of the queue, each round of waiting jobs is taken for a minute."""
_NO_LIMIT_MINUTES = 999999
_CLOSED = ("closed", "draining", "queueing")
_STATES = {"closed": "Closed", "draining": "Draining", "queueing": "Queueing"}


def queue_of(ce: str, settings: ArcSettings) -> str | None:
    """The queue that a computing element stands for; None: it is none of this site."""
    door, _, rest = ce.partition("/")
    parts = rest.split("-", 2)
    return parts[2] if door == settings.door and len(parts) == 3 and parts[0] == "nordugrid" else None


def ads_of(service: ComputingService, settings: ArcSettings) -> list[ClassAd]:
    """One ad a queue: as everybody sees it where the service tells that, else as one of its policies does."""
    queues: dict[str, Share] = {}
    for share in sorted(service.shares, key=lambda one: bool(one.rules)):
        queues.setdefault(share.queue, share)
    usable = [share for share in queues.values() if not settings.queues or share.queue in settings.queues]
    return [_ad(share, service, settings) for share in usable]


def width_of(service: ComputingService, queue: str) -> int | None:
    """The most slots that a job may ask of a queue; None: there is no such queue."""
    widths = [share.max_slots or service.slots or service.cpus for share in service.shares if share.queue == queue]
    return max(widths, default=None)


def _ad(share: Share, service: ComputingService, settings: ArcSettings) -> ClassAd:
    """Times of policies are in minutes, as GLUE has them; the estimated response in seconds."""
    slots = service.slots or service.cpus
    free = share.free_slots if share.free_slots is not None else max(0, slots - share.running - share.waiting)
    free = max(0, min(free, slots)) if share.state not in _CLOSED and not share.waiting else 0
    response = 0 if free else _ROUND_SECONDS * (1 + share.waiting // max(1, slots))
    lrms = service.lrms or "arc"
    values: dict[str, Python] = {
        "GridwmsSite": settings.name,
        "GlueCEUniqueID": f"{settings.door}/nordugrid-{lrms}-{share.queue}",
        "GlueCEName": share.queue,
        "GlueCEHostingCluster": settings.host,
        "GlueCEInfoHostName": settings.host,
        "GlueCEInfoGatekeeperPort": settings.door.rpartition(":")[2],
        "GlueCEInfoContactString": settings.url,
        "GlueCEInfoJobManager": "arc",
        "GlueCEInfoLRMSType": lrms,
        "GlueCEInfoLRMSVersion": service.lrms_version,
        "GlueCEImplementationName": service.implementation or "nordugrid-arc",
        "GlueCEInfoTotalCPUs": service.cpus or slots,
        "GlueCEStateStatus": _STATES.get(share.state, "Production"),
        "GlueCEStateFreeCPUs": free,
        "GlueCEStateFreeJobSlots": free,
        "GlueCEStateRunningJobs": share.running,
        "GlueCEStateWaitingJobs": share.waiting,
        "GlueCEStateTotalJobs": share.running + share.waiting,
        "GlueCEStateEstimatedResponseTime": response,
        "GlueCEStateWorstResponseTime": max(response, 86400 if share.waiting else 0),
        "GlueCEPolicyMaxRunningJobs": slots,
        "GlueCEPolicyAssignedJobSlots": slots,
        "GlueCEPolicyMaxWallClockTime": _minutes(share.max_wall),
        "GlueCEPolicyMaxCPUTime": _minutes(share.max_cpu),
        "GlueSubClusterLogicalCPUs": service.cpus or slots,
    }
    if service.environments:
        values["GlueHostApplicationSoftwareRunTimeEnvironment"] = list(service.environments)
    told = _of_machines(share, service.machines)
    # what matters is whether wrappers reach the service, and that the operator knows
    told["GlueHostNetworkAdapterOutboundIP"] = settings.network and told.get("GlueHostNetworkAdapterOutboundIP", True)
    return ClassAd.from_values(values | told)


def _of_machines(share: Share, machines: Iterable[Machine]) -> dict[str, Python]:
    machine = next(iter(machines), Machine())
    # A-REX tells `nodememory` of its configuration, what each node has for jobs, as the virtual memory of the queue
    memory = share.max_memory or machine.memory or share.max_virtual_memory
    told: dict[str, Python | None] = {
        "GlueHostArchitectureSMPSize": machine.cpus,
        "GlueHostMainMemoryRAMSize": memory,
        "GlueHostArchitecturePlatformType": machine.platform or None,
        "GlueHostOperatingSystemName": machine.system or None,
        "GlueHostOperatingSystemVersion": machine.system_version or None,
        "GlueHostNetworkAdapterOutboundIP": machine.outbound,
    }
    for kind, value in machine.benchmarks:
        if kind.lower() == "specint2000":
            told["GlueHostBenchmarkSI00"] = round(value)
        elif kind.lower() == "specfp2000":
            told["GlueHostBenchmarkSF00"] = round(value)
    return {name: value for name, value in told.items() if value is not None}


def _minutes(seconds: int | None) -> int:
    return _NO_LIMIT_MINUTES if seconds is None else seconds // 60
