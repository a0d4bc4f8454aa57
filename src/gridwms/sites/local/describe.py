"""The local site as a resource ad, in the words of GLUE 1.3 (as the gLite supermarket spells them)."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.sites.local.machine import facts
from gridwms.sites.local.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class Load:
    """Slots there are, slots taken, attempts waiting."""

    slots: int
    busy: int
    waiting: int


def ce_of(settings: LocalSettings, node: str) -> str:
    """The computing element's id, in the form host:port/service-lrms-queue."""
    return f"{node}:2119/jobmanager-local-{settings.queue}"


def describe(settings: LocalSettings, node: str, load: Load, running: int) -> ClassAd:
    """The ad. EstimatedResponseTime is a guess in seconds: a minute for each round that waits in the queue."""
    free = load.slots - load.busy
    machine = facts()
    response = 0 if free > 0 and not load.waiting else 60 * (1 + load.waiting // max(1, load.slots))
    values: dict[str, Python] = {
        "GridwmsSite": settings.name,
        "GlueCEUniqueID": ce_of(settings, node),
        "GlueCEName": settings.queue,
        "GlueCEHostingCluster": node,
        "GlueCEInfoHostName": node,
        "GlueCEInfoGatekeeperPort": "2119",
        "GlueCEInfoJobManager": "local",
        "GlueCEInfoLRMSType": "local",
        "GlueCEInfoTotalCPUs": load.slots,
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeCPUs": free,
        "GlueCEStateFreeJobSlots": free,
        "GlueCEStateRunningJobs": running,
        "GlueCEStateWaitingJobs": load.waiting,
        "GlueCEStateTotalJobs": running + load.waiting,
        "GlueCEStateEstimatedResponseTime": response,
        "GlueCEStateWorstResponseTime": max(response, 86400 if load.waiting else 0),
        "GlueCEPolicyMaxRunningJobs": load.slots,
        "GlueCEPolicyMaxCPUTime": 999999,
        "GlueCEPolicyMaxWallClockTime": 999999,
        "GlueCEPolicyAssignedJobSlots": load.slots,
        **machine,
    }
    return ClassAd.from_values(values)
