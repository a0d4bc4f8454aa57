"""What the tests of JSDL share: documents around the part that a test is about."""

from __future__ import annotations

from gridwms.classad import ClassAd, parse_ad_tolerant
from gridwms.describe.convert.reading import Reading
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jsdl import read_jsdl
from gridwms.describe.problem import Problem

NOW = 1_000_000_000.0
DEFAULTS = JdlDefaults(requirements=None)
NAMESPACES = (
    'xmlns="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:p="http://schemas.ggf.org/jsdl/2005/11/jsdl-posix" '
    'xmlns:h="http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa" xmlns:s="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd" '
    'xmlns:w="http://schemas.ogf.org/jsdl/2009/03/sweep" xmlns:x="urn:example:x"'
)
PROGRAM = "<p:Executable>/bin/ls</p:Executable>"


def document(
    *,
    identification: str = "",
    program: str = PROGRAM,
    kind: str = "p:POSIXApplication",
    application: str = "",
    resources: str = "",
    staging: str = "",
    end: str = "",
) -> str:
    """A document; each part begins on a line of its own: identification 4, application 6, resources 8, staging 10."""
    return (
        f"<JobDefinition {NAMESPACES}>\n<JobDescription>\n"
        f"<JobIdentification>\n{identification}\n</JobIdentification>\n"
        f"<Application>{application}<{kind}>{program}</{kind}></Application>\n"
        f"<Resources>\n{resources}\n</Resources>\n"
        f"{staging}\n{end}</JobDescription>\n</JobDefinition>\n"
    )


def read(text: str | bytes) -> Reading:
    return read_jsdl(text, DEFAULTS, now=NOW)


def the_ad(text: str) -> ClassAd:
    """The JDL of a document that is understood."""
    reading = read(text)
    assert reading.jdl, [str(problem) for problem in reading.problems]
    return parse_ad_tolerant(reading.jdl, jdl=True)[0]


def the_error(text: str | bytes) -> Problem:
    """The only error of a document."""
    reading = read(text)
    assert reading.description is None
    assert len(reading.errors) == 1, [str(problem) for problem in reading.problems]
    return reading.errors[0]
