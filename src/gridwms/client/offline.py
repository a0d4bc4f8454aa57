"""Checking descriptions without a service: everything but its limits, its policies and its resources."""

from __future__ import annotations

import time
from dataclasses import replace

from gridwms.client.answers import Checked, Problem
from gridwms.client.submission import Description
from gridwms.describe.convert import dialects
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.jdl import JdlDefaults

_DEFAULTS = replace(JdlDefaults(), max_input_files=1 << 40, max_output_files=1 << 40)


def check(description: Description) -> Checked:
    """What is wrong with a description as far as it can be told here."""
    reading = dialects.read(description.text, Dialect(description.dialect), _DEFAULTS, now=time.time())
    found = map(Problem.found_here, reading.problems)
    return Checked(problems=description.placed(found))
