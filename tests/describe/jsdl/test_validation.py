"""What is wrong with a document is told with the name of the element, its place, and what is accepted."""

from __future__ import annotations

import pytest

from gridwms.describe.problem import Severity
from tests.describe.jsdl.given import PROGRAM, document, read, the_error

ERRORS: dict[str, tuple[dict[str, str], str, str, int, str]] = {
    "misspelt element": (
        {"resources": "<TotalCpuCount/>"},
        "unknown_element",
        "TotalCpuCount",
        8,
        "did you mean TotalCPUCount?",
    ),
    "element of the wrong namespace": (
        {"program": "<Executable>/bin/ls</Executable>"},
        "unknown_element",
        "Executable",
        6,
        "did you mean that of",
    ),
    "misspelt application": (
        {"kind": "p:PosixApplication"},
        "unknown_element",
        "PosixApplication",
        6,
        "POSIXApplication",
    ),
    "element twice": (
        {"identification": "<JobName>a</JobName><JobName>b</JobName>"},
        "multiplicity",
        "JobName",
        4,
        "accepted: one",
    ),
    "nothing where one is needed": ({"resources": "<CandidateHosts/>"}, "missing", "CandidateHosts", 8, "no HostName"),
    "wrong number": (
        {"resources": "<TotalCPUCount><Exact>four</Exact></TotalCPUCount>"},
        "wrong_type",
        "Exact",
        8,
        "accepted: a number",
    ),
    "infinite number": (
        {"resources": "<TotalCPUCount><Exact>INF</Exact></TotalCPUCount>"},
        "wrong_type",
        "Exact",
        8,
        "accepted: a number",
    ),
    "negative limit": (
        {"program": f"{PROGRAM}<p:WallTimeLimit>-1</p:WallTimeLimit>"},
        "wrong_type",
        "WallTimeLimit",
        6,
        "0 or more",
    ),
    "wrong truth value": (
        {"resources": "<ExclusiveExecution>yes</ExclusiveExecution>"},
        "wrong_type",
        "ExclusiveExecution",
        8,
        "true, false, 1 or 0",
    ),
    "unknown architecture": (
        {"resources": "<CPUArchitecture><CPUArchitectureName>x86-64</CPUArchitectureName></CPUArchitecture>"},
        "wrong_type",
        "CPUArchitectureName",
        8,
        "did you mean x86_64?",
    ),
    "unknown operating system": (
        {
            "resources": "<OperatingSystem><OperatingSystemType><OperatingSystemName>"
            "Linux</OperatingSystemName></OperatingSystemType></OperatingSystem>"
        },
        "wrong_type",
        "OperatingSystemName",
        8,
        "did you mean LINUX?",
    ),
    "unknown flag": (
        {"staging": "<DataStaging><FileName>f</FileName><CreationFlag>never</CreationFlag><Target/></DataStaging>"},
        "wrong_type",
        "CreationFlag",
        10,
        "overwrite, append or dontOverwrite",
    ),
    "missing flag": (
        {"staging": "<DataStaging><FileName>f</FileName><Target/></DataStaging>"},
        "missing",
        "DataStaging",
        10,
        "CreationFlag",
    ),
    "unknown attribute": (
        {"program": '<p:Executable filesystem="x">/bin/ls</p:Executable>'},
        "unknown_attribute",
        "Executable",
        6,
        "filesystemName",
    ),
    "missing attribute": (
        {"program": f"{PROGRAM}<p:Environment>1</p:Environment>"},
        "missing",
        "Environment",
        6,
        "no attribute name",
    ),
    "wrong attribute": (
        {"resources": '<TotalCPUCount><LowerBoundedRange exclusiveBound="maybe">1</LowerBoundedRange></TotalCPUCount>'},
        "wrong_type",
        "LowerBoundedRange",
        8,
        "true, false, 1 or 0",
    ),
    "text between elements": ({"resources": "four"}, "unexpected_text", "Resources", 7, "'four'"),
    "elements inside text": (
        {"identification": "<JobName><b/></JobName>"},
        "unknown_element",
        "b",
        4,
        "cannot stand in JobName",
    ),
    "blank in a URI": (
        {
            "staging": "<DataStaging><FileName>f</FileName><CreationFlag>append</CreationFlag>"
            "<Source><URI>a b</URI></Source></DataStaging>"
        },
        "wrong_type",
        "URI",
        10,
        "%20",
    ),
    "parameter sweep": ({"end": "<w:Sweep/>"}, "unknown_element", "Sweep", 11, "after JobDescription"),
    "no program": ({"program": ""}, "missing", "POSIXApplication", 6, "Executable"),
    "unknown file system": (
        {"program": '<p:Executable filesystemName="x">a</p:Executable>'},
        "unknown_file_system",
        "Executable",
        6,
        "MountPoint",
    ),
    "checked as JDL: a file that is not staged": (
        {"program": "<p:Executable>run.sh</p:Executable>"},
        "not_in_sandbox",
        "Executable",
        6,
        "is not in InputSandbox",
    ),
    "checked as JDL: a scheme": (
        {
            "staging": "<DataStaging><FileName>f</FileName><CreationFlag>overwrite</CreationFlag>\n<Source><URI>srb://h/x</URI></Source></DataStaging>"
        },
        "unsupported",
        "Source/URI",
        11,
        "(InputSandbox in JDL)",
    ),
    "checked as JDL: a path as name": (
        {
            "staging": "<DataStaging><FileName>d/f</FileName><CreationFlag>"
            "overwrite</CreationFlag><Source/></DataStaging>"
        },
        "bad_name",
        "FileName",
        10,
        "path separator",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error(case: str) -> None:
    parts, code, name, line, part = ERRORS[case]
    found = the_error(document(**parts))
    assert (found.code, found.attribute, found.line) == (code, name, line), found
    assert part in found.message
    assert found.column > 0


def test_all_errors_are_told_at_once() -> None:
    reading = read(
        document(identification="<Jobname/>", resources="<TotalCPUcount/><CPUArchitecture/>", program="<p:executable/>")
    )
    assert len(reading.errors) == 4
    assert [problem.line for problem in reading.errors] == sorted(problem.line for problem in reading.errors)


def test_the_column_is_that_of_the_element() -> None:
    found = the_error(document(resources="  <ExclusiveExecution>no</ExclusiveExecution>"))
    assert (found.line, found.column) == (8, 3)


def test_a_wrong_order_is_a_warning() -> None:
    reading = read(document(identification="<Description>d</Description><JobName>a</JobName>"))
    assert reading.description is not None
    assert [(problem.code, problem.severity) for problem in reading.problems] == [("order", Severity.WARNING)]


def test_bounds_side_by_side_accept_everything() -> None:
    bounds = "<UpperBoundedRange>9</UpperBoundedRange><LowerBoundedRange>1</LowerBoundedRange>"
    reading = read(document(resources=f"<IndividualPhysicalMemory>{bounds}</IndividualPhysicalMemory>"))
    assert [problem.code for problem in reading.problems] == ["always_true"]
    assert "Requirements" not in reading.jdl


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<JobDefinition/>", "unknown_element"),
        ("<a", "syntax"),
        ("", "empty"),
        ("<a><b></a>", "syntax"),
        ("<x:a/>", "syntax"),
    ],
)
def test_other_documents(text: str, code: str) -> None:
    assert the_error(text).code == code


def test_no_job_description() -> None:
    found = the_error('<JobDefinition xmlns="http://schemas.ggf.org/jsdl/2005/11/jsdl"/>')
    assert (found.code, found.line, found.column) == ("missing", 1, 1)
