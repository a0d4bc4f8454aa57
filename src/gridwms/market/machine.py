"""This machine as a resource, in GLUE 1.3 names: facts, read from /proc and the os module, and the ad made of them."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwms.classad import ClassAd


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What a machine is. Memory in MB (2^20 bytes), clock speed in MHz; 0 and "" stand for not known."""

    host: str
    cpus: int
    memory_mb: int = 0
    virtual_mb: int = 0
    os_name: str = ""
    os_release: str = ""
    os_version: str = ""
    architecture: str = ""
    cpu_model: str = ""
    cpu_vendor: str = ""
    clock_mhz: int = 0


def machine_ad(
    facts: MachineFacts,
    *,
    ce_id: str = "",
    site: str = "",
    slots: int | None = None,
    running: int = 0,
    waiting: int = 0,
    max_waiting: int | None = None,
    vos: Sequence[str] = (),
    tags: Sequence[str] = (),
    response_seconds: float | None = None,
) -> ClassAd:
    """The ad of a machine that runs jobs in `slots` slots (its CPUs when None).

    `running` and `waiting`: jobs of ours there now. `max_waiting`: how many may wait, None for any number.
    `response_seconds`: expected time until a new job starts; estimated when None. `tags`: software environments.
    `vos`: who may use it; none given: everybody.
    """
    total = facts.cpus if slots is None else slots
    free = max(0, total - running)
    if response_seconds is None:
        # No history here: a free slot starts at once, otherwise each round of waiting jobs is taken for a minute.
        response_seconds = 0 if free > waiting else 60.0 * (1 + waiting // max(1, total))
    values: dict[str, object] = {
        "GlueCEUniqueID": ce_id or f"{facts.host}:2119/gridwms-fork-local",
        "GlueCEName": "local",
        "GlueCEInfoHostName": facts.host,
        "GlueCEInfoLRMSType": "fork",
        "GlueCEInfoJobManager": "gridwms",
        "GlueCEInfoTotalCPUs": total,
        "GlueCEImplementationName": "gridwms",
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeJobSlots": free,
        "GlueCEStateFreeCPUs": free,
        "GlueCEStateRunningJobs": running,
        "GlueCEStateWaitingJobs": waiting,
        "GlueCEStateTotalJobs": running + waiting,
        "GlueCEStateEstimatedResponseTime": int(response_seconds),
        "GlueCEStateWorstResponseTime": int(response_seconds),
        "GlueCEPolicyAssignedJobSlots": total,
        "GlueCEPolicyMaxRunningJobs": total,
        "GlueCEPolicyMaxWaitingJobs": max_waiting,
        "GlueCEPolicyMaxTotalJobs": None if max_waiting is None else total + max_waiting,
        "GlueCEAccessControlBaseRule": [f"VO:{vo}" for vo in vos] or None,
        "GlueClusterUniqueID": facts.host,
        "GlueSubClusterUniqueID": facts.host,
        "GlueSubClusterLogicalCPUs": facts.cpus,
        "GlueSubClusterPhysicalCPUs": facts.cpus,
        "GlueHostArchitecturePlatformType": facts.architecture,
        "GlueHostArchitectureSMPSize": facts.cpus,
        "GlueHostMainMemoryRAMSize": facts.memory_mb,
        "GlueHostMainMemoryVirtualSize": facts.virtual_mb,
        "GlueHostOperatingSystemName": facts.os_name,
        "GlueHostOperatingSystemRelease": facts.os_release,
        "GlueHostOperatingSystemVersion": facts.os_version,
        "GlueHostProcessorModel": facts.cpu_model,
        "GlueHostProcessorVendor": facts.cpu_vendor,
        "GlueHostProcessorClockSpeed": facts.clock_mhz,
        "GlueHostNetworkAdapterOutboundIP": True,
        "GlueHostNetworkAdapterInboundIP": False,
        "GlueHostApplicationSoftwareRunTimeEnvironment": list(tags),
        "GridwmsSite": site,
    }
    return ClassAd.from_values({name: value for name, value in values.items() if _known(name, value)})  # type: ignore[misc]


def _known(name: str, value: object) -> bool:
    """Facts of the machine are 0 or empty when they are not known; states and policies are numbers that count."""
    if value is None or value == "":
        return False
    return not (name.startswith("GlueHost") and value == 0 and not isinstance(value, bool))


def read_machine(root: Path = Path("/")) -> MachineFacts:
    """The facts of this machine. What cannot be read is "not known"; `root` lets tests bring their own /proc."""
    memory = _table(root / "proc/meminfo", ":")
    processor = _table(root / "proc/cpuinfo", ":")
    release = _table(root / "etc/os-release", "=")
    ram = _kilobytes(memory.get("MemTotal", ""))
    swap = _kilobytes(memory.get("SwapTotal", ""))
    return MachineFacts(
        host=socket.gethostname() or "localhost",
        cpus=_cpus(),
        memory_mb=ram // 1024,
        virtual_mb=(ram + swap) // 1024,
        os_name=release.get("NAME", platform.system()),
        os_release=release.get("VERSION_ID", platform.release()),
        os_version=release.get("VERSION_CODENAME", ""),
        architecture=platform.machine(),
        cpu_model=processor.get("model name", ""),
        cpu_vendor=processor.get("vendor_id", ""),
        clock_mhz=int(_number(processor.get("cpu MHz", ""))),
    )


def _cpus() -> int:
    """CPUs that this process may use: in a container fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def _table(path: Path, separator: str) -> dict[str, str]:
    """`name<separator>value` lines; of equal names the first counts."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    table: dict[str, str] = {}
    for line in lines:
        name, found, value = line.partition(separator)
        if found:
            table.setdefault(name.strip(), value.strip().strip('"'))
    return table


def _kilobytes(text: str) -> int:
    return int(_number(text.removesuffix("kB").strip()))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
