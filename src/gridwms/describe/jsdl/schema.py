"""The elements of JSDL as a table: what may stand in each, in which order and how often, and of which type text is.

Sources: GFD.136 (JSDL 1.0, with its corrections of GFD.56); GFD.111 (HPC profile application);
GFD.115 (SPMD application). `?` at most once, `*` any number, `+` at least once, nothing: exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.jsdl.types import Type


@dataclass(frozen=True, slots=True)
class Rule:
    """What an element may hold. `type` None: elements only. `extensible`: elements of other namespaces may follow."""

    children: tuple[str, ...] = ()
    type: Type | None = None
    attributes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    extensible: bool = False


def _holds(*children: str, attributes: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> Rule:
    return Rule(children, None, attributes, required, extensible=True)


def _text(type_: Type, *attributes: str, required: tuple[str, ...] = ()) -> Rule:
    return Rule((), type_, attributes, required)


_FILE = _text(Type.PATH, "filesystemName")
_STRING = _text(Type.STRING)
_RANGE = Rule(("jsdl:UpperBoundedRange?", "jsdl:LowerBoundedRange?", "jsdl:Exact*", "jsdl:Range*"))
_BOUND = _text(Type.NUMBER, "exclusiveBound")
_LIMIT = _text(Type.WHOLE)
_COUNT = _text(Type.POSITIVE, "actualindividualcpucount", "actualtotalcpucount")

_RANGES = (
    *("IndividualCPUSpeed", "IndividualCPUTime", "IndividualCPUCount", "IndividualNetworkBandwidth"),
    *("IndividualPhysicalMemory", "IndividualVirtualMemory", "IndividualDiskSpace"),
    *("TotalCPUTime", "TotalCPUCount", "TotalPhysicalMemory", "TotalVirtualMemory", "TotalDiskSpace"),
    "TotalResourceCount",
)
_LIMITS = (
    *("WallTimeLimit", "FileSizeLimit", "CoreDumpLimit", "DataSegmentLimit", "LockedMemoryLimit", "MemoryLimit"),
    *("OpenDescriptorsLimit", "PipeSizeLimit", "StackSizeLimit", "CPUTimeLimit", "ProcessCountLimit"),
    *("VirtualMemoryLimit", "ThreadCountLimit"),
)


def _application(prefix: str, *more: str) -> Rule:
    return _holds(
        f"{prefix}:Executable?",
        f"{prefix}:Argument*",
        f"{prefix}:Input?",
        f"{prefix}:Output?",
        f"{prefix}:Error?",
        f"{prefix}:WorkingDirectory?",
        f"{prefix}:Environment*",
        *more,
        attributes=("name",),
    )


def _program(prefix: str) -> dict[str, Rule]:
    """The elements that the POSIX and the HPC application have in common."""
    path = _FILE if prefix == "posix" else _text(Type.PATH)
    where = ("filesystemName",) if prefix == "posix" else ()
    return {
        **{f"{prefix}:{name}": path for name in ("Executable", "Input", "Output", "Error", "WorkingDirectory")},
        f"{prefix}:Argument": _text(Type.EXACT, *where),
        f"{prefix}:Environment": _text(Type.EXACT, "name", *where, required=("name",)),
        f"{prefix}:UserName": _STRING,
    }


ELEMENTS: dict[str, Rule] = {
    "jsdl:JobDefinition": _holds("jsdl:JobDescription", attributes=("id",)),
    "jsdl:JobDescription": _holds(
        "jsdl:JobIdentification?", "jsdl:Application?", "jsdl:Resources?", "jsdl:DataStaging*"
    ),
    # identity
    "jsdl:JobIdentification": _holds("jsdl:JobName?", "jsdl:Description?", "jsdl:JobAnnotation*", "jsdl:JobProject*"),
    **{f"jsdl:{name}": _STRING for name in ("JobName", "Description", "JobAnnotation", "JobProject")},
    # application
    "jsdl:Application": _holds("jsdl:ApplicationName?", "jsdl:ApplicationVersion?", "jsdl:Description?"),
    "jsdl:ApplicationName": _STRING,
    "jsdl:ApplicationVersion": _STRING,
    "posix:POSIXApplication": _application(
        "posix", *(f"posix:{name}?" for name in _LIMITS), "posix:UserName?", "posix:GroupName?"
    ),
    **_program("posix"),
    **{f"posix:{name}": _LIMIT for name in _LIMITS},
    "posix:GroupName": _STRING,
    "hpc:HPCProfileApplication": _application("hpc", "hpc:UserName?"),
    **_program("hpc"),
    "spmd:SPMDApplication": _application(
        "posix",
        *("posix:UserName?", "spmd:NumberOfProcesses?", "spmd:ProcessesPerHost?"),
        *("spmd:ThreadsPerProcess?", "spmd:SPMDVariation?"),
    ),
    **{f"spmd:{name}": _COUNT for name in ("NumberOfProcesses", "ProcessesPerHost", "ThreadsPerProcess")},
    "spmd:SPMDVariation": _text(Type.URI),
    # resources
    "jsdl:Resources": _holds(
        *("jsdl:CandidateHosts?", "jsdl:FileSystem*", "jsdl:ExclusiveExecution?", "jsdl:OperatingSystem?"),
        "jsdl:CPUArchitecture?",
        *(f"jsdl:{name}?" for name in _RANGES),
    ),
    "jsdl:CandidateHosts": Rule(("jsdl:HostName+",)),
    "jsdl:HostName": _text(Type.WORD),
    "jsdl:FileSystem": _holds(
        *("jsdl:FileSystemType?", "jsdl:Description?", "jsdl:MountPoint?", "jsdl:MountSource?", "jsdl:DiskSpace?"),
        attributes=("name",),
        required=("name",),
    ),
    "jsdl:FileSystemType": _text(Type.FILE_SYSTEM),
    "jsdl:MountPoint": _text(Type.PATH),
    "jsdl:MountSource": _text(Type.PATH),
    "jsdl:DiskSpace": _RANGE,
    "jsdl:ExclusiveExecution": _text(Type.BOOLEAN),
    "jsdl:OperatingSystem": _holds("jsdl:OperatingSystemType?", "jsdl:OperatingSystemVersion?", "jsdl:Description?"),
    "jsdl:OperatingSystemType": _holds("jsdl:OperatingSystemName"),
    "jsdl:OperatingSystemName": _text(Type.OPERATING_SYSTEM),
    "jsdl:OperatingSystemVersion": _STRING,
    "jsdl:CPUArchitecture": _holds("jsdl:CPUArchitectureName"),
    "jsdl:CPUArchitectureName": _text(Type.ARCHITECTURE),
    **{f"jsdl:{name}": _RANGE for name in _RANGES},
    "jsdl:UpperBoundedRange": _BOUND,
    "jsdl:LowerBoundedRange": _BOUND,
    "jsdl:Exact": _text(Type.NUMBER, "epsilon"),
    "jsdl:Range": Rule(("jsdl:LowerBound", "jsdl:UpperBound")),
    "jsdl:LowerBound": _BOUND,
    "jsdl:UpperBound": _BOUND,
    # files
    "jsdl:DataStaging": _holds(
        *("jsdl:FileName", "jsdl:FilesystemName?", "jsdl:CreationFlag", "jsdl:DeleteOnTermination?"),
        *("jsdl:Source?", "jsdl:Target?"),
        attributes=("name",),
    ),
    "jsdl:FileName": _text(Type.PATH),
    "jsdl:FilesystemName": _text(Type.WORD),
    "jsdl:CreationFlag": _text(Type.CREATION),
    "jsdl:DeleteOnTermination": _text(Type.BOOLEAN),
    "jsdl:Source": _holds("jsdl:URI?"),
    "jsdl:Target": _holds("jsdl:URI?"),
    "jsdl:URI": _text(Type.URI),
    # gridwms' own
    "gridwms:Attribute": _text(Type.STRING, "name", required=("name",)),
}
"""Name to rule. Elements of one name are the same wherever they stand."""

APPLICATIONS = ("posix:POSIXApplication", "hpc:HPCProfileApplication", "spmd:SPMDApplication")
"""What may stand at the end of Application."""

PLACED = {
    **dict.fromkeys(APPLICATIONS, "jsdl:Application"),
    "gridwms:Attribute": "jsdl:JobDescription",
}
"""Elements that stand at the extensible end of another, and of which."""

ATTRIBUTE_TYPES = {
    "exclusiveBound": Type.BOOLEAN,
    "epsilon": Type.NUMBER,
    "actualindividualcpucount": Type.BOOLEAN,
    "actualtotalcpucount": Type.BOOLEAN,
}
"""Types of attributes that are not plain names."""
