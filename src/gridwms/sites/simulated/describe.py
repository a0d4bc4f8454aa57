"""The queues of an invented site as resource ads, in the words of GLUE 1.3."""

from __future__ import annotations

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.sites.simulated.settings import Queue, SimulatedSettings


def ce_of(settings: SimulatedSettings, queue: Queue) -> str:
    """The id of a queue, in the form host:port/service-lrms-queue."""
    return f"{settings.host}:8443/cream-simulated-{queue.name}"


def describe(settings: SimulatedSettings, queue: Queue, busy: int, waiting: int) -> ClassAd:
    """One queue. EstimatedResponseTime: what waits, by what the slots get done."""
    free = max(0, queue.slots - busy)
    rounds = 0 if free > 0 and not waiting else 1 + waiting // max(1, queue.slots)
    seconds = max(1.0, settings.run_seconds / queue.speed)
    values: dict[str, Python] = {
        "GridwmsSite": settings.name,
        "GlueCEUniqueID": ce_of(settings, queue),
        "GlueCEName": queue.name,
        "GlueCEHostingCluster": settings.host,
        "GlueCEInfoHostName": settings.host,
        "GlueCEInfoJobManager": "simulated",
        "GlueCEInfoLRMSType": "simulated",
        "GlueCEInfoTotalCPUs": queue.slots,
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeCPUs": free,
        "GlueCEStateFreeJobSlots": free,
        "GlueCEStateRunningJobs": busy,
        "GlueCEStateWaitingJobs": waiting,
        "GlueCEStateTotalJobs": busy + waiting,
        "GlueCEStateEstimatedResponseTime": int(rounds * seconds + queue.latency),
        "GlueCEStateWorstResponseTime": int(2 * rounds * seconds + queue.latency),
        "GlueCEPolicyMaxRunningJobs": queue.slots,
        "GlueCEPolicyMaxCPUTime": 999999,
        "GlueCEPolicyMaxWallClockTime": 999999,
        "GlueHostArchitecturePlatformType": "x86_64",
        "GlueHostArchitectureSMPSize": min(queue.slots, 64),
        "GlueHostMainMemoryRAMSize": 16384,
        "GlueHostOperatingSystemName": "Debian GNU/Linux",
        "GlueHostOperatingSystemRelease": "12",
        "GlueHostBenchmarkSI00": int(1000 * queue.speed),
        "GlueHostNetworkAdapterOutboundIP": True,
        "GlueHostApplicationSoftwareRunTimeEnvironment": ["SIMULATED"],
    }
    return ClassAd.from_values(values)
