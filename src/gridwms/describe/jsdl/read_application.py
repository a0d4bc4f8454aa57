"""Application: what runs, with which words, in which environment (GFD.136, GFD.111, GFD.115)."""

from __future__ import annotations

import re
import shlex

from gridwms.describe.convert.reading import error
from gridwms.describe.jsdl.mapping import Mapping
from gridwms.describe.jsdl.namespaces import POSIX
from gridwms.describe.jsdl.schema import APPLICATIONS
from gridwms.describe.jsdl.terms import FILE_SYSTEMS, LIMITS, UNMAPPED
from gridwms.describe.jsdl.xml_tree import Element

_LABELS = {
    "jsdl:ApplicationName": "ApplicationName",
    "jsdl:ApplicationVersion": "ApplicationVersion",
    "jsdl:Description": "ApplicationDescription",
}
_STREAMS = {"Input": "StdInput", "Output": "StdOutput", "Error": "StdError"}
_BREAKS = re.compile(r"[\t\r\n]")
_NO_MPI = "it does not say which kind of MPI; JDL has the one JobType MPICH"


def read_application(mapping: Mapping, description: Element) -> None:
    """Map the Application of a JobDescription; without one there is nothing to run, which is an error."""
    application = description.first("jsdl:Application")
    found = [child for child in (application.children if application else ()) if child.name in APPLICATIONS]
    if application is None or not found:
        where = application or description
        accepted = f"POSIXApplication of the namespace {POSIX}, HPCProfileApplication or SPMDApplication"
        mapping.problems.append(
            error("missing", where.local, "it does not say what to run", where.place, accepted=accepted)
        )
        return
    for second in found[1:]:
        accepted = "one of POSIXApplication, HPCProfileApplication, SPMDApplication"
        mapping.problems.append(
            error("multiplicity", second.local, "this is a second program", second.place, accepted=accepted)
        )
    for child in application.children:
        if child.name in _LABELS and child.trimmed:
            mapping.jdl.tag(_LABELS[child.name], child.trimmed, mapping.origin(child))
    _program(mapping, found[0])
    if found[0].name == "spmd:SPMDApplication":
        _processes(mapping, found[0])


def check_executable(mapping: Mapping, description: Element) -> None:
    """Whether there is something to run, once everything has been read."""
    application = description.first("jsdl:Application")
    if "Executable" in mapping.jdl or any(problem.code == "missing" for problem in mapping.problems):
        return
    program = next(
        (child for child in (application or description).children if child.name in APPLICATIONS), description
    )
    accepted = "an Executable: a path on the worker node, or the FileName of a DataStaging"
    message = "there is no Executable in it"
    mapping.problems.append(error("missing", program.local, message, program.place, accepted=accepted))


def _program(mapping: Mapping, program: Element) -> None:
    if "name" in program.attributes:
        mapping.jdl.tag("Application", program.attributes["name"], mapping.origin(program))
    words = []
    for child in program.children:
        prefix, _, name = child.name.partition(":")
        if child.name in UNMAPPED:
            mapping.lose(child, UNMAPPED[child.name])
        elif name == "Argument":
            words.append(_word(mapping, child))
        elif name == "Executable":
            mapping.jdl.text("Executable", _path(mapping, child), mapping.origin(child))
        elif name in _STREAMS:
            mapping.jdl.text(_STREAMS[name], _path(mapping, child), mapping.origin(child))
        elif name == "Environment":
            _variable(mapping, child)
        elif prefix == "posix":
            _limit(mapping, child)
    if words:
        first = next(child for child in program.children if child.local == "Argument")
        mapping.jdl.text("Arguments", " ".join(words), mapping.origin(first))


def _path(mapping: Mapping, element: Element) -> str:
    """The name of a file, below its file system when it has one."""
    base = _base(mapping, element)
    return f"{base.rstrip('/')}/{element.trimmed}" if base else element.trimmed


def _word(mapping: Mapping, element: Element) -> str:
    """One word for the shell that JDL's Arguments go through: quoted, so that it arrives as it is written."""
    base = _base(mapping, element)
    text = _BREAKS.sub(" ", element.text)
    if base.startswith("$"):
        return f'"{base}"/{shlex.quote(text)}'
    return shlex.quote(f"{base.rstrip('/')}/{text}" if base else text)


def _base(mapping: Mapping, element: Element) -> str:
    """Where the file system of the element is; empty when it has none."""
    name = element.attributes.get("filesystemName", "").strip()
    if not name:
        return ""
    base = mapping.file_systems.get(name) or FILE_SYSTEMS.get(name)
    if base is None:
        accepted = f"a FileSystem of Resources with a MountPoint, or {', '.join(FILE_SYSTEMS)}"
        message = f"the file system '{name[:60]}' has no known place"
        mapping.problems.append(
            error("unknown_file_system", element.local, message, element.place, found=name, accepted=accepted)
        )
    return base or "/"


def _variable(mapping: Mapping, element: Element) -> None:
    name = element.attributes["name"]
    base = _base(mapping, element)
    if base.startswith("$"):
        mapping.lose(element, f"JDL cannot put {base} into the value of a variable; it stays below the file system")
    value = f"{base.rstrip('/')}/{element.text}" if base and not base.startswith("$") else element.text
    mapping.jdl.item("Environment", f"{name}={value}", mapping.origin(element))


def _limit(mapping: Mapping, element: Element) -> None:
    for term in LIMITS:
        if element.name == term.element:
            needed = -(-int(element.trimmed) // int(term.scale))
            mapping.jdl.require(f"other.{term.glue} >= {needed}", mapping.origin(element))


def _processes(mapping: Mapping, program: Element) -> None:
    """GFD.115: processes become CPUs, processes of a host the CPUs of one host; threads multiply both."""
    threads = _number(program, "spmd:ThreadsPerProcess")
    processes, of_host = _number(program, "spmd:NumberOfProcesses"), _number(program, "spmd:ProcessesPerHost")
    for child in program.children:
        if child.name == "spmd:NumberOfProcesses" and processes is not None:
            mapping.jdl.value("CPUNumber", str(processes * (threads or 1)), mapping.origin(child))
        elif child.name == "spmd:ProcessesPerHost" and of_host is not None:
            mapping.jdl.value("SMPGranularity", str(of_host * (threads or 1)), mapping.origin(child))
        elif child.name == "spmd:ThreadsPerProcess" and threads is not None:
            mapping.jdl.item("Environment", f"OMP_NUM_THREADS={threads}", mapping.origin(child))
        elif child.name == "spmd:SPMDVariation":
            mapping.jdl.text("JobType", "MPICH", mapping.origin(child))
            kind = child.trimmed.rstrip("/").rsplit("/", 1)[-1]
            if kind != "MPI":
                mapping.jdl.tag("SPMDVariation", kind, mapping.origin(child))
    if program.first("spmd:SPMDVariation") is None:
        mapping.jdl.text("JobType", "MPICH", mapping.origin(program))
        mapping.lose(program, _NO_MPI)


def _number(program: Element, name: str) -> int | None:
    element = program.first(name)
    return int(element.trimmed) if element is not None and element.trimmed else None
