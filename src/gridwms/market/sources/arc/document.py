"""GLUE 2.0 as one tree, in XML or in the JSON made of it, taken apart into the entries that a directory would hold.

The tree says by nesting what entries say by keys; `Associations` holds the other keys. What ARC has for "not known"
(UNDEFINEDVALUE, 999999999) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from gridwms.market.sources.bdii.entry import Entry

Tree = dict[str, list["Tree | str"]]
_UNKNOWN = frozenset(("UNDEFINEDVALUE", "999999999"))
_ENTITY = frozenset(("Name", "OtherInfo", "CreationTime", "Validity"))
_DEEPEST = 40


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


def read_xml(content: bytes) -> Tree:
    """The tree of an XML document. Raises ValueError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"it is no XML: {error}") from error
    return {etree.QName(root).localname: [_of_element(root, 0)]}


def _of_element(element: etree._Element, depth: int) -> Tree | str:
    children = [child for child in element if isinstance(child.tag, str)]
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if not children:
        return (element.text or "").strip()
    tree: Tree = {}
    for child in children:
        tree.setdefault(etree.QName(child).localname, []).append(_of_element(child, depth + 1))
    return tree


def read_json(content: bytes) -> Tree:
    """The tree of a JSON document, in which what there is once is no list. Raises ValueError."""
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    tree = _of_json(found, 0)
    if isinstance(tree, str):
        raise ValueError("it holds no object")  # noqa: TRY004 - the document is wrong, not the call
    return tree


def _of_json(value: object, depth: int) -> Tree | str:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        # Names of XML attributes and name spaces; what they say of an entity no resource needs.
        items = ((str(name), each) for name, each in value.items() if not str(name).startswith(("_", "@", "xmlns")))
        return {
            name.rpartition(":")[2]: [_of_json(one, depth + 1) for one in (each if isinstance(each, list) else [each])]
            for name, each in items
        }
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, list) else str(value).strip()


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
            own = _first(one, "ID")
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


def _first(tree: Tree, name: str) -> str:
    return next((value for value in tree.get(name, ()) if isinstance(value, str) and value), "")
