"""What this machine is, read once from /proc and /etc, in the words of GLUE 1.3."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path

from gridwms.classad.ad import Python


@cache
def facts() -> dict[str, Python]:
    """The fixed facts of this host."""
    release = _release()
    memory = _memory_mb()
    return {
        "GlueSubClusterUniqueID": os.uname().nodename,
        "GlueHostOperatingSystemName": release.get("NAME", platform.system()),
        "GlueHostOperatingSystemRelease": release.get("VERSION_ID", platform.release()),
        "GlueHostOperatingSystemVersion": release.get("VERSION_CODENAME", ""),
        "GlueHostArchitecturePlatformType": platform.machine(),
        "GlueHostArchitectureSMPSize": os.cpu_count() or 1,
        "GlueHostProcessorModel": _processor(),
        "GlueHostMainMemoryRAMSize": memory,
        "GlueHostMainMemoryVirtualSize": memory,
        "GlueHostNetworkAdapterOutboundIP": True,
        "GlueHostNetworkAdapterInboundIP": False,
        "GlueHostApplicationSoftwareRunTimeEnvironment": [],
    }


def _release() -> dict[str, str]:
    with suppress(OSError):
        return platform.freedesktop_os_release()
    return {}


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model"):
                return value.strip()
    return platform.machine()
