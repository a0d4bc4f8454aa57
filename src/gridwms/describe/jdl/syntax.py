"""What the parser of ClassAds says, as a finding in a description."""

from __future__ import annotations

import re

from gridwms.classad import ClassAdSyntaxError
from gridwms.describe.jdl.draft import one_line
from gridwms.describe.problem import Problem, Severity

_NAME = re.compile(r"(?:^|[;\[])[ \t]*+([A-Za-z_]\w*+)\s*+=(?![=?!])", re.MULTILINE)
"""Where an attribute begins, good enough to name the one that a syntax error is in."""


def syntax_problem(error: ClassAdSyntaxError, text: str) -> Problem:
    """The finding, with the attribute in which the mistake is."""
    lines = text.splitlines(keepends=True)[: error.line]
    before = "".join(lines[:-1])[-10_000:] + (lines[-1][: error.column - 1] if lines else "")
    names = _NAME.findall(before)
    sentence = " ".join(one_line(error.message).split())
    return Problem(
        severity=Severity.ERROR,
        code="syntax",
        message=f"{names[-1]}: {sentence}" if names else sentence,
        line=error.line,
        column=error.column,
        attribute=names[-1] if names else "",
        found=error.found,
        accepted=error.expected,
    )
