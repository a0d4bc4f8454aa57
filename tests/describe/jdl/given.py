"""What the tests of JDL share: reading a text, and the one problem that it has."""

from __future__ import annotations

from gridwms.describe.compound import Compound, node_text
from gridwms.describe.description import Description
from gridwms.describe.jdl import JdlDefaults, JdlReading, read_jdl, read_stored
from gridwms.describe.problem import Problem, Severity

NOW = 1_000_000_000.0
PLAIN = 'Executable = "/bin/ls";\n'
"""Enough for a job, one line long: what follows stands in line 2."""

BARE = JdlDefaults(requirements=None)
"""Nothing is added to Requirements."""


def read(text: str | bytes, defaults: JdlDefaults | None = None, now: float = NOW) -> JdlReading:
    return read_jdl(text, defaults or JdlDefaults(), now=now)


def accepted(text: str, defaults: JdlDefaults | None = None) -> Description:
    """The description of a text without errors."""
    reading = read(text, defaults)
    assert reading.errors == ()
    assert reading.description is not None
    return reading.description


def the_error(text: str | bytes, defaults: JdlDefaults | None = None) -> Problem:
    """The only error of a text."""
    reading = read(text, defaults)
    assert reading.description is None
    assert len(reading.errors) == 1, [str(problem) for problem in reading.problems]
    return reading.errors[0]


def the_warning(text: str, defaults: JdlDefaults | None = None) -> Problem:
    """The only problem of a text, a warning."""
    reading = read(text, defaults)
    assert reading.description is not None, [str(problem) for problem in reading.problems]
    assert len(reading.problems) == 1, [str(problem) for problem in reading.problems]
    assert reading.problems[0].severity is Severity.WARNING
    return reading.problems[0]


def compound_of(text: str | bytes, defaults: JdlDefaults | None = None) -> Compound:
    """The compound of a text without problems."""
    reading = read(text, defaults)
    assert reading.problems == ()
    assert reading.compound is not None
    assert reading.description is None
    return reading.compound


def jobs_of(compound: Compound) -> dict[str, Description]:
    """The jobs of a compound by their names, each read as the service reads it."""
    found = {}
    for node in compound.nodes:
        job = read_stored(node_text(compound.templates[node.template].jdl, node.value))
        assert job is not None, node
        found[node.name] = job
    return found


def the_refusal(text: str | bytes, defaults: JdlDefaults | None = None) -> Problem:
    """The only error of a compound."""
    reading = read(text, defaults)
    assert reading.compound is None
    assert len(reading.errors) == 1, [str(problem) for problem in reading.problems]
    return reading.errors[0]
