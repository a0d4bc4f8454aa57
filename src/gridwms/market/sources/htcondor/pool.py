"""The ads of a collector as resources: each kind of machines of a pool is a view of one computing element.

Slots of machines that are alike (architecture, system, width and memory) are counted together. Memory is in MB in both
worlds; HTCondor's times are in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, Expr, Literal, evaluate_attribute
from gridwms.classad.ad import Python
from gridwms.market.sources.bdii.names import SiteOf, names_of_id

_ROUND_SECONDS = 60
"""Without a history of the pool, each round of waiting jobs is taken for a minute."""
_CHANGING = (
    "my", "target", "name", "machine", "remote", "client", "job", "global", "accounting", "last", "address", "public",
    "authenticated", "starter", "state", "activity", "preempt", "concurrency", "target", "slottype",
)  # fmt: skip
"""How the names begin of what a slot says of the moment, not of its kind."""
_NUMBERS = ("gpu", "detected", "opsys", "capability")
_STEPS_MB = 1024
_MOST_SHARED = 200

Kind = tuple[str, str, str, int, int]
"""Architecture, system, its version, processors of the machine, GB a processor."""


@dataclass(slots=True)
class _Machines:
    """Machines of one kind. Numbers are processors."""

    slots: list[ClassAd] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    total: int = 0
    free: int = 0
    claimed: int = 0
    memory: int = 0
    widest: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """What the pool's schedds hold."""

    running: int = 0
    waiting: int = 0
    held: int = 0


def pool_ads(
    machines: Iterable[ClassAd], schedds: Sequence[ClassAd], *, ce_id: str, site_of: SiteOf
) -> tuple[list[ClassAd], list[str]]:
    """A resource for each kind of machines of the pool `ce_id`, and sentences about ads that say too little."""
    kinds: dict[Kind, _Machines] = defaultdict(_Machines)
    notes: list[str] = []
    for ad in machines:
        if _text(ad, "MyType") not in ("Machine", "Slot", "StartD", ""):
            continue
        name, cpus = _text(ad, "Name"), _number(ad, "Cpus")
        if not name or cpus is None:
            notes.append(f"a machine ad of the pool says no Name or no Cpus ('{name}') and is left out")
            continue
        _count(kinds[_kind(ad)], ad, cpus)
    queue = queue_of(schedds)
    whole = max(1, sum(group.total for group in kinds.values()))
    names = names_of_id(ce_id, "condor", site_of)
    found = []
    for kind, group in sorted(kinds.items()):
        label = "-".join(str(part) for part in kind if part not in ("", 0))
        values = _values(kind, group, queue, whole)
        view: list[tuple[str, Expr]] = [("GridwmsView", Literal(label))] if len(kinds) > 1 else []
        own = [("GlueCEUniqueID", Literal(ce_id)), ("GlueCEInfoHostName", Literal(_host(ce_id))), *view]
        shared = ClassAd([("HTCondor", _shared(group.slots))])
        found.append(ClassAd.joined(ClassAd(names), ClassAd.from_values(values), ClassAd(own), shared))
    return found, notes


def queue_of(schedds: Iterable[ClassAd]) -> Queue:
    """The sums of what all schedds say."""
    sums = {"TotalRunningJobs": 0, "TotalIdleJobs": 0, "TotalHeldJobs": 0}
    for ad in schedds:
        for name in sums:
            sums[name] += _number(ad, name) or 0
    return Queue(*sums.values())


def _count(group: _Machines, ad: ClassAd, cpus: int) -> None:
    """A partitionable slot shows what is left of it; what was cut off it shows itself as claimed slots."""
    group.slots.append(ad)
    group.names.add(_text(ad, "Machine") or _text(ad, "Name").rpartition("@")[2])
    state = _text(ad, "State").lower()
    group.total += cpus
    group.free += cpus if state == "unclaimed" and evaluate_attribute(ad, "Offline") is not True else 0
    group.claimed += cpus if state == "claimed" else 0
    group.memory = max(group.memory, _number(ad, "TotalSlotMemory") or _number(ad, "Memory") or 0)
    group.widest = max(group.widest, _number(ad, "TotalSlotCpus") or cpus)


def _kind(ad: ClassAd) -> Kind:
    cpus = _number(ad, "TotalCpus") or _number(ad, "Cpus") or 0
    memory = _number(ad, "TotalMemory") or _number(ad, "Memory") or 0
    system = _text(ad, "OpSysName") or _text(ad, "OpSys")
    version = _number(ad, "OpSysMajorVer")
    each = round(memory / max(1, cpus) / _STEPS_MB)
    return _text(ad, "Arch"), system, "" if version is None else str(version), cpus, each


def _values(kind: Kind, group: _Machines, queue: Queue, whole: int) -> dict[str, Python]:
    arch, system, version, _cpus, _memory = kind
    # The jobs of the queue are shared out among the kinds of machines by their size.
    waiting = -(-queue.waiting * group.total // whole)
    response = 0 if group.free > waiting else _ROUND_SECONDS * (1 + waiting // max(1, group.total))
    values: dict[str, Python] = {
        "GlueCEName": "default",
        "GlueCEInfoLRMSType": "condor",
        "GlueCEInfoJobManager": "condor",
        "GlueCEInfoTotalCPUs": group.total,
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeJobSlots": group.free,
        "GlueCEStateFreeCPUs": group.free,
        "GlueCEStateRunningJobs": group.claimed,
        "GlueCEStateWaitingJobs": waiting,
        "GlueCEStateTotalJobs": group.claimed + waiting,
        "GlueCEStateEstimatedResponseTime": response,
        "GlueCEStateWorstResponseTime": response,
        "GlueCEPolicyAssignedJobSlots": group.total,
        "GlueCEPolicyMaxSlotsPerJob": group.widest,
        "GlueSubClusterLogicalCPUs": group.total,
        "GlueSubClusterPhysicalCPUs": group.total,
        "GlueHostArchitectureSMPSize": group.widest,
        "GlueSubClusterUniqueID": "-".join(part for part in (arch, system, version) if part),
    }
    told: dict[str, Python] = {
        "GlueHostMainMemoryRAMSize": group.memory,
        "GlueHostArchitecturePlatformType": arch.lower(),
        "GlueHostOperatingSystemName": system,
        "GlueHostOperatingSystemRelease": version,
    }
    return values | {name: value for name, value in told.items() if value}


def _shared(slots: Sequence[ClassAd]) -> ClassAd:
    """What all slots of a kind say alike, under HTCondor's own names."""
    first = slots[0]
    shared = {name: expr for name, expr in first.expressions.items() if _lasts(name, expr)}
    for ad in slots[1:]:
        for name in [name for name, expr in shared.items() if ad.expressions.get(name) != expr]:
            del shared[name]
    return ClassAd([(first.spelling(name), expr) for name, expr in shared.items()][:_MOST_SHARED])


def _lasts(name: str, expr: Expr) -> bool:
    """Whether it says something of a machine, not of the moment: texts and truth values, and a few numbers."""
    if not isinstance(expr, Literal) or name.startswith(_CHANGING):
        return False
    return isinstance(expr.value, str | bool) or any(word in name for word in _NUMBERS)


def _host(ce_id: str) -> str:
    return ce_id.partition("/")[0].rpartition(":")[0]


def _text(ad: ClassAd, name: str) -> str:
    value = evaluate_attribute(ad, name) if name in ad else ""
    return value if isinstance(value, str) else ""


def _number(ad: ClassAd, name: str) -> int | None:
    value = evaluate_attribute(ad, name) if name in ad else None
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
