"""How JSDL's resources are called in GLUE 1.3, and in which units: the tables behind docs/user/dialects.md."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Term:
    """`element` is measured in units of which `scale` make one of `glue`.

    `at_least`: an amount asked for (GFD.136), so an exact value is met by a resource that has more; otherwise a
    property of the resource, which must be as said. `total`: over all hosts of the job.
    """

    element: str
    glue: str
    scale: float
    at_least: bool = True
    total: bool = False


RANGES: tuple[Term, ...] = (
    Term("jsdl:IndividualCPUSpeed", "GlueHostProcessorClockSpeed", 1e6, at_least=False),
    Term("jsdl:IndividualCPUTime", "GlueCEPolicyMaxCPUTime", 60),
    Term("jsdl:IndividualPhysicalMemory", "GlueHostMainMemoryRAMSize", MIB),
    Term("jsdl:IndividualVirtualMemory", "GlueHostMainMemoryVirtualSize", MIB),
    Term("jsdl:TotalCPUTime", "GlueCEPolicyMaxCPUTime", 60),
    Term("jsdl:TotalPhysicalMemory", "GlueHostMainMemoryRAMSize", MIB, total=True),
    Term("jsdl:TotalVirtualMemory", "GlueHostMainMemoryVirtualSize", MIB, total=True),
)
"""Ranges. GLUE 1.3 has MHz, minutes and MB (MiB, as operating systems report them); JSDL has Hz, seconds and bytes."""

LIMITS: tuple[Term, ...] = (
    Term("posix:WallTimeLimit", "GlueCEPolicyMaxWallClockTime", 60),
    Term("posix:CPUTimeLimit", "GlueCEPolicyMaxCPUTime", 60),
    Term("posix:MemoryLimit", "GlueHostMainMemoryRAMSize", MIB),
    Term("posix:VirtualMemoryLimit", "GlueHostMainMemoryVirtualSize", MIB),
)
"""Limits of the POSIX application: the resource has to allow as much."""

UNMAPPED: dict[str, str] = {
    "jsdl:IndividualNetworkBandwidth": "GLUE publishes no bandwidth of hosts",
    "jsdl:IndividualDiskSpace": "GLUE publishes no disk space of worker nodes",
    "jsdl:TotalDiskSpace": "GLUE publishes no disk space of worker nodes",
    "posix:FileSizeLimit": "JDL has no such limit",
    "posix:CoreDumpLimit": "JDL has no such limit",
    "posix:DataSegmentLimit": "JDL has no such limit",
    "posix:LockedMemoryLimit": "JDL has no such limit",
    "posix:OpenDescriptorsLimit": "JDL has no such limit",
    "posix:PipeSizeLimit": "JDL has no such limit",
    "posix:StackSizeLimit": "JDL has no such limit",
    "posix:ProcessCountLimit": "JDL has no such limit",
    "posix:ThreadCountLimit": "JDL has no such limit",
    "posix:UserName": "the site decides which account runs the job",
    "posix:GroupName": "the site decides which group runs the job",
    "hpc:UserName": "the site decides which account runs the job",
    "posix:WorkingDirectory": "each job runs in a new directory of its own",
    "hpc:WorkingDirectory": "each job runs in a new directory of its own",
}
"""What is always lost, and why."""

LINUX = "linux|centos|red ?hat|scientific|rocky|alma|fedora|debian|ubuntu|suse"
"""Sites publish the name of their distribution, not `Linux`."""

OPERATING_SYSTEMS: dict[str, str] = {
    "LINUX": LINUX,
    "MACOS": "mac ?os|darwin",
    "Solaris": "solaris|sunos",
    "SunOS": "sunos",
    "WINNT": "windows",
    "Windows_XP": "windows.*xp",
    "Windows_2000": "windows.*2000",
    "FreeBSD": "freebsd",
    "NetBSD": "netbsd",
    "OpenBSD": "openbsd",
    "AIX": "aix",
    "HPUX": "hp-?ux",
}
"""OperatingSystemName to a pattern for GlueHostOperatingSystemName; other names are compared as they are."""

OPERATING_SYSTEM = "GlueHostOperatingSystemName"
OPERATING_SYSTEM_VERSION = "GlueHostOperatingSystemRelease"
ARCHITECTURE = "GlueHostArchitecturePlatformType"
HOST = "GlueCEInfoHostName"
CPUS_OF_HOST = "GlueHostArchitectureSMPSize"

ARCHITECTURES: dict[str, str] = {
    "x86": "^i[3-6]86$",
    "x86_32": "^i[3-6]86$",
    "x86_64": "x86_64",
    "ia64": "ia64",
    "powerpc": "^(ppc|powerpc)",
    "sparc": "^sparc",
    "arm": "^(arm|aarch64)",
    "mips": "^mips",
    "parisc": "^parisc",
}
"""CPUArchitectureName to a pattern (beginning with ^) or the very value of GlueHostArchitecturePlatformType."""

FILE_SYSTEMS: dict[str, str] = {"ROOT": "/", "HOME": "$HOME", "TMP": "$TMPDIR", "SCRATCH": "$TMPDIR"}
"""Well-known file systems (GFD.136) and where they are on a worker node."""
