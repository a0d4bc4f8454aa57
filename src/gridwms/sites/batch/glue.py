"""A queue of a batch system as a resource ad, in the words of GLUE 1.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.sites.batch.dialect import BatchSettings

_ROUND_SECONDS = 60
"""Without a history of the queue, each round of waiting jobs is taken for a minute, as at the local site."""
_NO_LIMIT_MINUTES = 999999


@dataclass(slots=True)
class Queue:
    """What a batch system tells of a queue; 0: not told.

    `slots`, `free`: processors. `running`, `waiting`: jobs of everybody. `width`: processors of its widest node;
    `memory_mb`: memory of a node.
    """

    name: str
    open: bool = True
    slots: int = 0
    free: int = 0
    nodes: int = 0
    width: int = 0
    memory_mb: int = 0
    running: int = 0
    waiting: int = 0
    wall_seconds: int | None = None


def ce_prefix(settings: BatchSettings, kind: str) -> str:
    """The ids of a site's computing elements without the queue, in the form host:port/service-lrms-."""
    return f"{settings.host}:2119/jobmanager-{kind}-"


def queue_ad(queue: Queue, settings: BatchSettings, kind: str, version: str) -> ClassAd:
    """The ad of one queue. Times of policies are in minutes, as GLUE has them; the estimated response in seconds."""
    response = 0
    if queue.waiting or queue.free <= 0:
        response = _ROUND_SECONDS * (1 + queue.waiting // max(1, queue.slots))
    wall = _NO_LIMIT_MINUTES if queue.wall_seconds is None else queue.wall_seconds // 60
    values: dict[str, Python] = {
        "GridwmsSite": settings.name,
        "GlueCEUniqueID": ce_prefix(settings, kind) + queue.name,
        "GlueCEName": queue.name,
        "GlueCEHostingCluster": settings.host,
        "GlueCEInfoHostName": settings.host,
        "GlueCEInfoGatekeeperPort": "2119",
        "GlueCEInfoJobManager": kind,
        "GlueCEInfoLRMSType": kind,
        "GlueCEInfoLRMSVersion": version,
        "GlueCEInfoTotalCPUs": queue.slots,
        "GlueCEStateStatus": "Production" if queue.open else "Closed",
        "GlueCEStateFreeCPUs": queue.free,
        "GlueCEStateFreeJobSlots": queue.free if queue.open else 0,
        "GlueCEStateRunningJobs": queue.running,
        "GlueCEStateWaitingJobs": queue.waiting,
        "GlueCEStateTotalJobs": queue.running + queue.waiting,
        "GlueCEStateEstimatedResponseTime": response,
        "GlueCEStateWorstResponseTime": max(response, 86400 if queue.waiting else 0),
        "GlueCEPolicyMaxRunningJobs": queue.slots,
        "GlueCEPolicyAssignedJobSlots": queue.slots,
        "GlueCEPolicyMaxWallClockTime": wall,
        "GlueCEPolicyMaxCPUTime": wall,
        "GlueSubClusterLogicalCPUs": queue.slots,
        "GlueHostNetworkAdapterOutboundIP": settings.network,
    }
    if queue.width:
        values["GlueHostArchitectureSMPSize"] = queue.width
    if queue.memory_mb:
        values["GlueHostMainMemoryRAMSize"] = queue.memory_mb
    return ClassAd.from_values(values)


def section(lines: Sequence[str], name: str) -> list[str]:
    """The lines of an answer between `+name` and the next line of that kind."""
    found: list[str] = []
    inside = False
    for line in lines:
        if line.startswith("+"):
            inside = line == f"+{name}"
        elif inside:
            found.append(line)
    return found
