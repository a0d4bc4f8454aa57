"""Resources: where the job may run (GFD.136), as conditions on GLUE names, and as numbers of CPUs and hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gridwms.classad import quote
from gridwms.describe.convert.reading import warning
from gridwms.describe.jsdl import terms
from gridwms.describe.jsdl.mapping import Mapping
from gridwms.describe.jsdl.ranges import Interval, condition, intervals, least, says_more
from gridwms.describe.jsdl.types import truth
from gridwms.describe.jsdl.xml_tree import Element

_RANGES = {term.element: term for term in terms.RANGES}


def read_file_systems(mapping: Mapping, resources: Element | None) -> None:
    """Where the document's own file systems are: needed before anything that refers to them is read."""
    for element in resources.all("jsdl:FileSystem") if resources else ():
        point = element.first("jsdl:MountPoint")
        if point is not None and point.trimmed:
            mapping.file_systems[element.attributes["name"].strip()] = point.trimmed


def read_resources(mapping: Mapping, resources: Element | None) -> None:
    """Map the Resources of a JobDescription, which may be missing or empty."""
    if resources is None:
        return
    _counts(mapping, resources)
    for element in resources.children:
        if element.name in _HANDLERS:
            _HANDLERS[element.name](mapping, element)
        elif element.name in _RANGES:
            _range(mapping, element, resources)
        elif element.name in terms.UNMAPPED:
            mapping.lose(element, terms.UNMAPPED[element.name])


def _hosts(mapping: Mapping, element: Element) -> None:
    names = [host.trimmed for host in element.all("jsdl:HostName")]
    listed = ", ".join(quote(name) for name in names)
    one = f"other.{terms.HOST} == {listed}"
    several = f"member(other.{terms.HOST}, {{ {listed} }})"
    mapping.jdl.require(one if len(names) == 1 else several, mapping.origin(element))


def _exclusive(mapping: Mapping, element: Element) -> None:
    if truth(element.trimmed):
        mapping.jdl.value("WholeNodes", "true", mapping.origin(element))


def _operating_system(mapping: Mapping, element: Element) -> None:
    for child in element.children:
        if child.name == "jsdl:OperatingSystemVersion" and child.trimmed:
            clause = f"other.{terms.OPERATING_SYSTEM_VERSION} == {quote(child.trimmed)}"
            mapping.jdl.require(clause, mapping.origin(child))
        elif child.name == "jsdl:Description":
            mapping.lose(child, "a description of the operating system chooses no resource")
        for name in child.all("jsdl:OperatingSystemName"):
            _operating_system_name(mapping, name)


def _operating_system_name(mapping: Mapping, element: Element) -> None:
    name = element.trimmed
    if name in ("other", "Unknown", "Not_Applicable"):
        mapping.lose(element, f"'{name}' names no operating system")
    elif name in terms.OPERATING_SYSTEMS:
        pattern = quote(terms.OPERATING_SYSTEMS[name])
        mapping.jdl.require(f'regexp({pattern}, other.{terms.OPERATING_SYSTEM}, "i")', mapping.origin(element))
    else:
        mapping.jdl.require(f"other.{terms.OPERATING_SYSTEM} == {quote(name)}", mapping.origin(element))


def _architecture(mapping: Mapping, element: Element) -> None:
    for name in element.all("jsdl:CPUArchitectureName"):
        pattern = terms.ARCHITECTURES.get(name.trimmed)
        if pattern is None:
            mapping.lose(name, f"'{name.trimmed}' names no architecture")
        else:
            matched = f'regexp({quote(pattern)}, other.{terms.ARCHITECTURE}, "i")'
            equal = f"other.{terms.ARCHITECTURE} == {quote(pattern)}"
            mapping.jdl.require(matched if pattern.startswith("^") else equal, mapping.origin(name))


def _file_system(mapping: Mapping, element: Element) -> None:
    for child in element.children:
        if child.name == "jsdl:DiskSpace":
            mapping.lose(child, terms.UNMAPPED["jsdl:IndividualDiskSpace"])
        elif child.name == "jsdl:MountSource":
            mapping.lose(child, "sites mount their file systems themselves")
        elif child.name in ("jsdl:FileSystemType", "jsdl:Description"):
            mapping.lose(child, "JDL knows no kinds of file systems")
    if element.first("jsdl:MountPoint") is None and element.attributes["name"].strip() not in terms.FILE_SYSTEMS:
        mapping.lose(element, "JDL cannot ask for a file system; only one with a MountPoint can be referred to")


def _range(mapping: Mapping, element: Element, resources: Element) -> None:
    term = _RANGES[element.name]
    ranges = intervals(element)
    if _accepts_all(mapping, element, ranges):
        return
    scale = term.scale
    if term.total:
        hosts = resources.first("jsdl:TotalResourceCount")
        scale *= least(intervals(hosts)) if hosts is not None else 1
    clause = condition(term.glue, ranges, scale, at_least=term.at_least)
    if clause:
        mapping.jdl.require(clause, mapping.origin(element))


def _accepts_all(mapping: Mapping, element: Element, ranges: tuple[Interval, ...]) -> bool:
    """An upper and a lower bound side by side are alternatives; together they usually accept everything."""
    highs = [each.high for each in ranges if each.low == float("-inf")]
    lows = [each.low for each in ranges if each.high == float("inf")]
    if not (highs and lows and max(highs) >= min(lows)):
        return False
    message = "UpperBoundedRange and LowerBoundedRange are alternatives, so together they accept every value"
    accepted = "a Range with LowerBound and UpperBound, when both are meant to hold"
    mapping.problems.append(warning("always_true", element.local, message, element.place, accepted=accepted))
    return True


def _counts(mapping: Mapping, resources: Element) -> None:
    """TotalCPUCount, IndividualCPUCount and TotalResourceCount: JDL has one number each (GFD.136, 6.4.23)."""
    total, of_host, hosts = (
        resources.first(f"jsdl:{name}") for name in ("TotalCPUCount", "IndividualCPUCount", "TotalResourceCount")
    )
    number = _one(mapping, hosts) if hosts is not None else None
    if hosts is not None and number is not None:
        mapping.jdl.value("HostNumber", str(number), mapping.origin(hosts))
    if of_host is not None:
        _cpus_of_host(mapping, of_host, alone=hosts is None)
    if total is not None:
        mapping.jdl.value("CPUNumber", str(_one(mapping, total)), mapping.origin(total))
    elif of_host is not None and "CPUNumber" not in mapping.jdl:
        cpus = least(intervals(of_host)) * (number or 1)
        mapping.jdl.value("CPUNumber", str(cpus), mapping.origin(of_host))
    elif hosts is not None and number is not None and "CPUNumber" not in mapping.jdl:
        mapping.jdl.value("CPUNumber", str(number), mapping.origin(hosts))


def _cpus_of_host(mapping: Mapping, element: Element, *, alone: bool) -> None:
    """SMPGranularity, which excludes HostNumber: with that it becomes a condition."""
    ranges = intervals(element)
    if alone:
        mapping.jdl.value("SMPGranularity", str(least(ranges)), mapping.origin(element))
        ranges = tuple(
            replace(each, low=float("-inf"), low_open=False) for each in ranges if not each.exact and len(ranges) == 1
        )
    clause = condition(terms.CPUS_OF_HOST, ranges, 1, at_least=True) if ranges else ""
    if clause:
        mapping.jdl.require(clause, mapping.origin(element))


def _one(mapping: Mapping, element: Element) -> int:
    ranges = intervals(element)
    number = least(ranges)
    if says_more(ranges):
        mapping.lose(element, f"JDL asks for one number, and {number}, the smallest accepted, is taken")
    return number


_HANDLERS: dict[str, Callable[[Mapping, Element], None]] = {
    "jsdl:CandidateHosts": _hosts,
    "jsdl:FileSystem": _file_system,
    "jsdl:ExclusiveExecution": _exclusive,
    "jsdl:OperatingSystem": _operating_system,
    "jsdl:CPUArchitecture": _architecture,
}
