"""GLUE 2 in JSON, as ARC's `/info` tells it: the shares of a computing service with what belongs to them.

Times in seconds, memory in MB, as in GLUE 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.glue2tree import Tree, find, first, nodes, texts, tree_of

UNDEFINED = 999_999_999
"""GLUE 2 for a number that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A queue, as far as one policy of access sees it. Numbers are None where the service does not tell them.

    `rules`: of its mapping policy (`vo:atlas`); empty: the queue as everybody sees it. `waiting` counts jobs that the
    service holds back from the batch system too.
    """

    name: str
    queue: str
    rules: tuple[str, ...] = ()
    state: str = ""
    running: int = 0
    waiting: int = 0
    free_slots: int | None = None
    max_running: int | None = None
    max_slots: int | None = None
    max_wall: int | None = None
    max_cpu: int | None = None
    max_memory: int | None = None
    max_virtual_memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What its worker nodes are like."""

    cpus: int | None = None
    memory: int | None = None
    platform: str = ""
    system: str = ""
    system_version: str = ""
    outbound: bool | None = None
    benchmarks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputingService:
    """One service. `lrms`: its batch system. `environments`: names of runtime environments."""

    id: str
    name: str = ""
    quality: str = ""
    lrms: str = ""
    lrms_version: str = ""
    implementation: str = ""
    slots: int = 0
    cpus: int = 0
    shares: tuple[Share, ...] = ()
    machines: tuple[Machine, ...] = ()
    environments: tuple[str, ...] = ()


def services_of(document: object) -> list[ComputingService]:
    """The computing services in a document, wherever it begins (`Domains`, `InfoRoot`, a service itself). Raises
    ValueError."""
    return [_service(one) for one in find(tree_of(document), "ComputingService")]


def _service(one: Tree) -> ComputingService:
    manager = next(iter(nodes(one, "ComputingManager")), Tree())
    endpoint = next(iter(nodes(one, "ComputingEndpoint")), Tree())
    software = " ".join(filter(None, (first(endpoint, "ImplementationName"), first(endpoint, "ImplementationVersion"))))
    return ComputingService(
        id=first(one, "ID"),
        name=first(one, "Name"),
        quality=first(one, "QualityLevel"),
        lrms=first(manager, "ProductName").lower(),
        lrms_version=first(manager, "ProductVersion"),
        implementation=software,
        slots=_number(manager, "TotalSlots") or 0,
        cpus=_number(manager, "TotalLogicalCPUs") or _number(manager, "TotalSlots") or 0,
        shares=tuple(map(_share, nodes(one, "ComputingShare"))),
        machines=tuple(map(_machine, find(manager, "ExecutionEnvironment"))),
        environments=tuple(
            dict.fromkeys(
                "-".join(filter(None, (first(app, "AppName"), first(app, "AppVersion"))))
                for app in find(manager, "ApplicationEnvironment")
            )
        ),
    )


def _share(one: Tree) -> Share:
    name = first(one, "Name")
    rules = [rule for policy in nodes(one, "MappingPolicy") for rule in texts(policy, "Rule")]
    counts = ("WaitingJobs", "PreLRMSWaitingJobs")  # StagingJobs are of the second, or have run
    return Share(
        name=name,
        queue=first(one, "MappingQueue") or name,
        rules=tuple(rules),
        state=first(one, "ServingState"),
        running=_number(one, "RunningJobs") or 0,
        waiting=sum(_number(one, count) or 0 for count in counts),
        free_slots=_number(one, "FreeSlots"),
        max_running=_number(one, "MaxRunningJobs"),
        max_slots=_number(one, "MaxSlotsPerJob"),
        max_wall=_number(one, "MaxWallTime"),
        max_cpu=_number(one, "MaxCPUTime"),
        max_memory=_number(one, "MaxMainMemory"),
        max_virtual_memory=_number(one, "MaxVirtualMemory"),
    )


def _machine(one: Tree) -> Machine:
    outbound = first(one, "ConnectivityOut").lower()
    benchmarks = []
    for mark in nodes(one, "Benchmark"):
        try:
            benchmarks.append((first(mark, "Type"), float(first(mark, "Value"))))
        except ValueError:
            continue
    system = first(one, "OSFamily")
    return Machine(
        cpus=_number(one, "LogicalCPUs"),
        memory=_number(one, "MainMemorySize"),
        platform=first(one, "Platform"),
        system="" if system == "UNDEFINEDVALUE" else first(one, "OSName") or system,
        system_version=first(one, "OSVersion"),
        outbound={"true": True, "false": False}.get(outbound),
        benchmarks=tuple(benchmarks),
    )


def _number(node: Tree, name: str) -> int | None:
    text = first(node, name)
    if not text.lstrip("-").isdigit() or int(text) == UNDEFINED:
        return None
    return int(text)
