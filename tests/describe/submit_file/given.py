"""What the tests of submit files share."""

from __future__ import annotations

from gridwms.classad import ClassAd, parse_ad_tolerant
from gridwms.describe.convert.reading import Reading
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.problem import Problem
from gridwms.describe.submit_file import read_submit_file

NOW = 1_000_000_000.0
DEFAULTS = JdlDefaults(requirements=None)


def read(text: str | bytes) -> Reading:
    return read_submit_file(text, DEFAULTS, now=NOW)


def with_program(commands: str) -> str:
    """A file whose commands begin in line 3."""
    program = "executable = /bin/ls\ntransfer_executable = false\n"
    return (
        f'{program}{commands}\ntransfer_output_files = ""\nqueue\n'
        if "transfer_output_files" not in commands
        else (f"{program}{commands}\nqueue\n")
    )


def the_ad(text: str) -> ClassAd:
    """The JDL of a text that is understood."""
    reading = read(text)
    assert reading.jdl, [str(problem) for problem in reading.problems]
    return parse_ad_tolerant(reading.jdl, jdl=True)[0]


def the_error(text: str | bytes) -> Problem:
    """The only error of a text."""
    reading = read(text)
    assert reading.description is None
    assert len(reading.errors) == 1, [str(problem) for problem in reading.problems]
    return reading.errors[0]
