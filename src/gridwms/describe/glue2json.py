"""GLUE 2 in JSON, as ARC's `/info` tells it: the shares of a computing service with what belongs to them.

The JSON was made of XML: what there is once is no list, numbers are texts, and what is empty may be white space.
Times in seconds, memory in MB, as in GLUE 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
    """The computing services in a document, wherever it begins (`Domains`, `InfoRoot`, a service itself)."""
    return [_service(one) for one in _find(document, "ComputingService")]


def _service(one: Mapping[str, object]) -> ComputingService:
    manager = next(_nodes(one.get("ComputingManager")), {})
    endpoint = next(_nodes(one.get("ComputingEndpoint")), {})
    software = " ".join(filter(None, (_text(endpoint, "ImplementationName"), _text(endpoint, "ImplementationVersion"))))
    return ComputingService(
        id=_text(one, "ID"),
        name=_text(one, "Name"),
        quality=_text(one, "QualityLevel"),
        lrms=_text(manager, "ProductName").lower(),
        lrms_version=_text(manager, "ProductVersion"),
        implementation=software,
        slots=_number(manager, "TotalSlots") or 0,
        cpus=_number(manager, "TotalLogicalCPUs") or _number(manager, "TotalSlots") or 0,
        shares=tuple(map(_share, _nodes(one.get("ComputingShare")))),
        machines=tuple(map(_machine, _find(manager, "ExecutionEnvironment"))),
        environments=tuple(
            dict.fromkeys(
                "-".join(filter(None, (_text(app, "AppName"), _text(app, "AppVersion"))))
                for app in _find(manager, "ApplicationEnvironment")
            )
        ),
    )


def _share(one: Mapping[str, object]) -> Share:
    name = _text(one, "Name")
    rules = [rule for policy in _nodes(one.get("MappingPolicy")) for rule in _texts(policy.get("Rule"))]
    counts = ("WaitingJobs", "PreLRMSWaitingJobs")  # StagingJobs are of the second, or have run
    return Share(
        name=name,
        queue=_text(one, "MappingQueue") or name,
        rules=tuple(rules),
        state=_text(one, "ServingState"),
        running=_number(one, "RunningJobs") or 0,
        waiting=sum(_number(one, count) or 0 for count in counts),
        free_slots=_number(one, "FreeSlots"),
        max_running=_number(one, "MaxRunningJobs"),
        max_slots=_number(one, "MaxSlotsPerJob"),
        max_wall=_number(one, "MaxWallTime"),
        max_cpu=_number(one, "MaxCPUTime"),
        max_memory=_number(one, "MaxMainMemory"),
    )


def _machine(one: Mapping[str, object]) -> Machine:
    outbound = _text(one, "ConnectivityOut").lower()
    benchmarks = []
    for mark in _nodes(one.get("Benchmark")):
        try:
            benchmarks.append((_text(mark, "Type"), float(_text(mark, "Value"))))
        except ValueError:
            continue
    system = _text(one, "OSFamily")
    return Machine(
        cpus=_number(one, "LogicalCPUs"),
        memory=_number(one, "MainMemorySize"),
        platform=_text(one, "Platform"),
        system="" if system == "UNDEFINEDVALUE" else _text(one, "OSName") or system,
        system_version=_text(one, "OSVersion"),
        outbound={"true": True, "false": False}.get(outbound),
        benchmarks=tuple(benchmarks),
    )


def _find(node: object, name: str) -> Iterator[Mapping[str, object]]:
    """All objects of that name below a node, not those within one another."""
    if isinstance(node, list):
        for one in node:
            yield from _find(one, name)
    elif isinstance(node, dict):
        for key, inner in node.items():
            if key == name:
                yield from _nodes(inner)
            else:
                yield from _find(inner, name)


def _nodes(value: object) -> Iterator[Mapping[str, object]]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).strip() for one in values if isinstance(one, str | int | float) and str(one).strip()]


def _text(node: Mapping[str, object], name: str) -> str:
    texts = _texts(node.get(name))
    return texts[0] if texts else ""


def _number(node: Mapping[str, object], name: str) -> int | None:
    text = _text(node, name)
    if not text.lstrip("-").isdigit() or int(text) == UNDEFINED:
        return None
    return int(text)
