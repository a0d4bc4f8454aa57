"""LDIF of small grids, GLUE 1.3 and GLUE 2.0, for tests and benchmarks. The same arguments give the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

VOS = ("atlas", "cms", "lhcb", "biomed", "ops", "dteam")
Values = dict[str, object]


def ldif(entries: Iterable[tuple[str, tuple[str, ...], Values]]) -> str:
    """Entries as text: name, object classes, attributes; a list is several values, None is none."""
    blocks = []
    for dn, kinds, values in entries:
        lines = [f"dn: {dn}", *(f"objectClass: {kind}" for kind in kinds)]
        for name, value in values.items():
            items = value if isinstance(value, list) else [value]
            lines += [f"{name}: {item}" for item in items if item is not None]
        blocks.append("\n".join(lines) + "\n\n")
    return "".join(blocks)


def element(host: str, queue: str, rules: list[str], **values: object) -> tuple[str, tuple[str, ...], Values]:
    """A GlueCE in cluster `host`."""
    ce_id = f"{host}:8443/cream-pbs-{queue}"
    kinds = ("GlueCETop", "GlueCE", "GlueCEAccessControlBase", "GlueCEInfo", "GlueCEPolicy", "GlueCEState", "GlueKey")
    full: Values = {
        "GlueCEUniqueID": ce_id,
        "GlueCEName": queue,
        "GlueCEInfoHostName": host,
        "GlueCEInfoLRMSType": "torque",
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeJobSlots": 10,
        "GlueCEStateWaitingJobs": 3,
        "GlueCEAccessControlBaseRule": rules,
        "GlueForeignKey": f"GlueClusterUniqueID={host}",
    }
    return f"GlueCEUniqueID={ce_id},o=grid", kinds, full | values


def view(host: str, queue: str, name: str, rules: list[str], **values: object) -> tuple[str, tuple[str, ...], Values]:
    """A GlueVOView of that element."""
    ce_id = f"{host}:8443/cream-pbs-{queue}"
    kinds = ("GlueCETop", "GlueVOView", "GlueCEInfo", "GlueCEState", "GlueCEPolicy", "GlueCEAccessControlBase")
    full: Values = {
        "GlueVOViewLocalID": name,
        "GlueCEAccessControlBaseRule": rules,
        "GlueChunkKey": f"GlueCEUniqueID={ce_id}",
    }
    return f"GlueVOViewLocalID={name},GlueCEUniqueID={ce_id},o=grid", (*kinds, "GlueKey"), full | values


def cluster(
    host: str, *, memory: tuple[int, ...] = (4096,), tags: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...], Values]]:
    """A GlueCluster with a SubCluster for each size of memory. `tags`: more software environments."""
    kinds = ("GlueClusterTop", "GlueCluster", "GlueKey")
    keys: Values = {"GlueClusterUniqueID": host, "GlueForeignKey": "GlueSiteUniqueID=TEST-SITE"}
    yield f"GlueClusterUniqueID={host},o=grid", kinds, keys
    kinds = (
        "GlueClusterTop", "GlueSubCluster", "GlueHostApplicationSoftware", "GlueHostArchitecture",
        "GlueHostMainMemory", "GlueHostNetworkAdapter", "GlueHostOperatingSystem", "GlueKey",
    )  # fmt: skip
    for number, ram in enumerate(memory):
        name = f"{host}-{number}"
        values: Values = {
            "GlueSubClusterUniqueID": name,
            "GlueSubClusterLogicalCPUs": 64,
            "GlueHostMainMemoryRAMSize": ram,
            "GlueHostArchitectureSMPSize": 8,
            "GlueHostOperatingSystemName": "CentOS",
            "GlueHostNetworkAdapterOutboundIP": "TRUE",
            "GlueHostApplicationSoftwareRunTimeEnvironment": ["CVMFS", f"VO-atlas-{ram}", *tags],
            "GlueChunkKey": f"GlueClusterUniqueID={host}",
        }
        yield f"GlueSubClusterUniqueID={name},GlueClusterUniqueID={host},o=grid", kinds, values


def storage(name: str) -> Iterator[tuple[str, tuple[str, ...], Values]]:
    """A GlueSE with one area and one protocol."""
    dn = f"GlueSEUniqueID={name},o=grid"
    keys: Values = {"GlueSEUniqueID": name, "GlueForeignKey": "GlueSiteUniqueID=TEST-SITE"}
    yield dn, ("GlueTop", "GlueSE", "GlueKey"), keys | {"GlueSESizeFree": 500}
    chunk: Values = {"GlueChunkKey": f"GlueSEUniqueID={name}"}
    kinds = ("GlueTop", "GlueSA", "GlueSAState", "GlueKey")
    yield f"GlueSALocalID=atlas,{dn}", kinds, {"GlueSALocalID": "atlas", "GlueSAStateAvailableSpace": 7000} | chunk
    kinds = ("GlueTop", "GlueSEAccessProtocol", "GlueKey")
    names: Values = {"GlueSEAccessProtocolLocalID": "gsiftp", "GlueSEAccessProtocolType": "gsiftp"}
    yield f"GlueSEAccessProtocolLocalID=gsiftp,{dn}", kinds, names | chunk


def bind(host: str, queue: str, name: str) -> Iterator[tuple[str, tuple[str, ...], Values]]:
    """That element is close to this storage element."""
    ce_id = f"{host}:8443/cream-pbs-{queue}"
    group = f"GlueCESEBindGroupCEUniqueID={ce_id},o=grid"
    kinds = ("GlueGeneralTop", "GlueCESEBindGroup")
    yield group, kinds, {"GlueCESEBindGroupCEUniqueID": ce_id, "GlueCESEBindGroupSEUniqueID": name}
    values: Values = {
        "GlueCESEBindCEUniqueID": ce_id,
        "GlueCESEBindSEUniqueID": name,
        "GlueCESEBindMountInfo": "/storage",
        "GlueCESEBindWeight": 0,
    }
    yield f"GlueCESEBindSEUniqueID={name},{group}", ("GlueGeneralTop", "GlueCESEBind"), values


def many(elements: int, seed: int = 1) -> str:
    """A grid of so many computing elements, four to a cluster, each with a view a VO: about 11 entries an element."""
    rng = random.Random(seed)
    entries: list[tuple[str, tuple[str, ...], Values]] = list(storage("se.example.org"))
    for number in range(elements):
        host, queue = f"ce{number // 4:05d}.example.org", f"q{number % 4}"
        if number % 4 == 0:
            tags = tuple(f"VO-{VOS[tag % len(VOS)]}-release-{tag}" for tag in sorted(rng.sample(range(800), 80)))
            entries += cluster(host, memory=(rng.choice((2048, 4096, 8192)),), tags=tags)
        rules = [f"VO:{vo}" for vo in VOS]
        free = rng.randrange(100)
        entries.append(element(host, queue, rules, GlueCEStateFreeJobSlots=free))
        entries += [view(host, queue, vo, [f"VO:{vo}"], GlueCEStateRunningJobs=rng.randrange(99)) for vo in VOS]
        entries += bind(host, queue, "se.example.org")
    return ldif(entries)
