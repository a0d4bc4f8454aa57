"""GLUE 2.0 as one tree, taken apart into the entries that a directory would hold.

The tree says by nesting what entries say by keys; `Associations` holds the other keys. What ARC has for "not known"
(UNDEFINEDVALUE, 999999999) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gridwms.describe.glue2tree import Tree, first
from gridwms.market.sources.bdii.entry import Entry

_UNKNOWN = frozenset(("UNDEFINEDVALUE", "999999999"))
_ENTITY = frozenset(("Name", "OtherInfo", "CreationTime", "Validity"))


@dataclass(frozen=True, slots=True)
class _Class:
    """`id`: the attribute of its id. `base`, `inherited`: the class above, and what comes from there. `owners`: for
    each class that it may stand in, the attributes that name that one. `links`: the same for its associations."""

    id: str
    base: str = ""
    inherited: frozenset[str] = frozenset()
    owners: Mapping[str, str] | None = None
    links: Mapping[str, str] | None = None


_NAMES_OF_ENDPOINT = """
URL Capability Technology InterfaceName InterfaceVersion InterfaceExtension WSDL SupportedProfile Semantics
Implementor ImplementationName ImplementationVersion QualityLevel HealthState HealthStateInfo ServingState
StartTime IssuerCA TrustedCA DowntimeAnnounce DowntimeStart DowntimeEnd DowntimeInfo
"""
_OF_ENDPOINT = frozenset(_NAMES_OF_ENDPOINT.split())
_OF_SERVICE = frozenset(("Capability", "Type", "QualityLevel", "StatusInfo", "Complexity"))
_CLASSES = {
    "AdminDomain": _Class("GLUE2DomainID", "GLUE2Domain", frozenset(("Description", "WWW"))),
    "ComputingService": _Class(
        "GLUE2ServiceID", "GLUE2Service", _OF_SERVICE, {"AdminDomain": "GLUE2ServiceAdminDomainForeignKey"}
    ),
    "ComputingEndpoint": _Class(
        "GLUE2EndpointID",
        "GLUE2Endpoint",
        _OF_ENDPOINT,
        {"ComputingService": "GLUE2ComputingEndpointComputingServiceForeignKey"},
    ),
    "ComputingShare": _Class(
        "GLUE2ShareID",
        "GLUE2Share",
        frozenset(("Description",)),
        {"ComputingService": "GLUE2ComputingShareComputingServiceForeignKey"},
        {
            "ComputingEndpointID": "GLUE2ComputingShareComputingEndpointForeignKey",
            "ExecutionEnvironmentID": "GLUE2ComputingShareExecutionEnvironmentForeignKey",
        },
    ),
    "ComputingManager": _Class(
        "GLUE2ManagerID",
        "GLUE2Manager",
        frozenset(("ProductName", "ProductVersion")),
        {"ComputingService": "GLUE2ComputingManagerComputingServiceForeignKey"},
    ),
    "ExecutionEnvironment": _Class(
        "GLUE2ResourceID",
        owners={"ComputingManager": "GLUE2ExecutionEnvironmentComputingManagerForeignKey"},
    ),
    "ApplicationEnvironment": _Class(
        "GLUE2ApplicationEnvironmentID",
        owners={"ComputingManager": "GLUE2ApplicationEnvironmentComputingManagerForeignKey"},
        links={"ExecutionEnvironmentID": "GLUE2ApplicationEnvironmentExecutionEnvironmentForeignKey"},
    ),
    "Benchmark": _Class(
        "GLUE2BenchmarkID",
        owners={
            "ExecutionEnvironment": "GLUE2BenchmarkExecutionEnvironmentForeignKey",
            "ComputingManager": "GLUE2BenchmarkComputingManagerForeignKey",
        },
    ),
    "MappingPolicy": _Class(
        "GLUE2PolicyID",
        "GLUE2Policy",
        frozenset(("Scheme", "Rule")),
        {"ComputingShare": "GLUE2MappingPolicyShareForeignKey"},
    ),
    "AccessPolicy": _Class(
        "GLUE2PolicyID",
        "GLUE2Policy",
        frozenset(("Scheme", "Rule")),
        {"ComputingEndpoint": "GLUE2AccessPolicyEndpointForeignKey"},
    ),
    "ToStorageService": _Class(
        "GLUE2ToStorageServiceID",
        owners={"ComputingService": "GLUE2ToStorageServiceComputingServiceForeignKey"},
        links={"StorageServiceID": "GLUE2ToStorageServiceStorageServiceForeignKey"},
    ),
}


def entries(tree: Tree) -> Iterator[Entry]:
    """All entries of a tree that tell of computing."""
    yield from _walk(tree, {})


def _walk(tree: Tree, owners: Mapping[str, str]) -> Iterator[Entry]:
    for name, found in tree.items():
        for one in found:
            if isinstance(one, str):
                continue
            kind = _CLASSES.get(name)
            if kind is None:
                yield from _walk(one, owners)
                continue
            own = first(one, "ID")
            if own:
                yield _entry(name, kind, one, own, owners)
            yield from _walk(one, {**owners, name: own})


def _entry(name: str, kind: _Class, tree: Tree, own: str, owners: Mapping[str, str]) -> Entry:
    texts: dict[str, list[str]] = {"objectClass": [f"GLUE2{name}"], kind.id: [own]}
    for attribute, values in tree.items():
        plain = [value for value in values if isinstance(value, str) and value and value not in _UNKNOWN]
        if not plain or attribute == "ID":
            continue
        prefix = f"GLUE2{name}"
        if attribute in _ENTITY:
            prefix = "GLUE2Entity"
        elif attribute in kind.inherited:
            prefix = kind.base
        texts[prefix + attribute] = plain
    for owner, key in (kind.owners or {}).items():
        if owners.get(owner):
            texts[key] = [owners[owner]]
    for association in tree.get("Associations", ()):
        if isinstance(association, dict):
            for link, key in (kind.links or {}).items():
                linked = [value for value in association.get(link, ()) if isinstance(value, str) and value]
                if linked:
                    texts[key] = linked
    names = {attribute.lower(): attribute for attribute in texts}
    return Entry(f"{kind.id}={own}", {attribute.lower(): values for attribute, values in texts.items()}, names)
