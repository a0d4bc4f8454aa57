"""What the tests of the native form share."""

from __future__ import annotations

from gridwms.classad import ClassAd, parse_ad_tolerant
from gridwms.describe.convert.reading import Reading
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.native import read_native
from gridwms.describe.problem import Problem

NOW = 1_000_000_000.0
DEFAULTS = JdlDefaults(requirements=None)
RUN = "run: {executable: /bin/ls}\n"
"""Enough for a job, one line long: what follows stands in line 2."""


def read(text: str | bytes) -> Reading:
    return read_native(text, DEFAULTS, now=NOW)


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
