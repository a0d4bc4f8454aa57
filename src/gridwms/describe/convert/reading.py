"""What reading and writing a dialect give, and the check that all dialects go through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridwms.describe.compound import Compound
from gridwms.describe.convert.jdl_text import JdlText, Origin
from gridwms.describe.convert.lost import Lost, Place
from gridwms.describe.description import Description
from gridwms.describe.jdl import JdlDefaults, read_jdl
from gridwms.describe.problem import Problem, Severity

LONGEST_NAME = 120
"""Characters of a name or a value in a message."""

MATTER_OF_COURSE = frozenset({("no_effect", "nodename")})
"""Warnings (code, attribute) about what a dialect says as a matter of course: a name is kept, it need not do more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a single job, or a compound; neither of them exactly when a problem is an error.

    `jdl`: the same job in JDL, before any default was filled in; empty when the text could not be understood.
    `lost`: what JDL does not have. `origins`: where each line of `jdl` comes from, when it is not the text itself.
    """

    description: Description | None
    problems: tuple[Problem, ...]
    lost: tuple[Lost, ...] = ()
    jdl: str = ""
    origins: tuple[Origin, ...] = ()
    compound: Compound | None = None

    def place(self, place: Place) -> Place:
        """Where in the user's text a place of `jdl` comes from."""
        return self.origins[place[0] - 1].place if 0 < place[0] <= len(self.origins) else place

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Written:
    """A text of a dialect, and what it does not say that the job did."""

    text: str
    lost: tuple[Lost, ...] = ()


def refused(problems: Sequence[Problem], lost: Sequence[Lost] = ()) -> Reading:
    """A text that could not be understood."""
    return Reading(None, in_order(problems), tuple(lost))


def check(
    jdl: JdlText,
    defaults: JdlDefaults,
    *,
    now: float,
    problems: Sequence[Problem] = (),
    lost: Sequence[Lost] = (),
) -> Reading:
    """Let the reader of JDL check what a dialect said; its problems are told at the places of the dialect's text.

    `problems`: what the dialect's own reader found before; with an error among them there is no description.
    """
    text, origins = jdl.rendered()
    reading = read_jdl(text, defaults, now=now)
    found = list(problems)
    sound = not any(problem.severity is Severity.ERROR for problem in problems)
    found += (
        _moved(problem, origins)
        for problem in reading.problems
        if (problem.code, problem.attribute.lower()) not in MATTER_OF_COURSE and (sound or problem.line)
    )
    description, compound = (reading.description, reading.compound) if sound else (None, None)
    ordered = tuple(sorted(lost, key=lambda each: each.place))
    return Reading(description, in_order(found), ordered, text if sound else "", tuple(origins), compound)


def _moved(problem: Problem, origins: Sequence[Origin]) -> Problem:
    """The problem as the user's document has it."""
    if not 0 < problem.line <= len(origins):
        return problem
    origin = origins[problem.line - 1]
    line, column = origin.place
    what = origin.what[:LONGEST_NAME]
    node, attribute, rest = problem.message.partition(f"{problem.attribute}: ")
    message = problem.message
    if attribute and (not node or node.startswith("node ")):
        message = f"{node}{rest}"
    if problem.attribute and problem.attribute.lower() != what.lower():
        message = f"{what} ({problem.attribute} in JDL): {message}"
    else:
        message = f"{what}: {message}"
    return replace(problem, message=message, line=line, column=column, attribute=what)


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """By place; those without one at the end."""
    return tuple(sorted(problems, key=lambda each: (each.line, each.column) if each.line else (1 << 30, 0)))


def error(code: str, what: str, message: str, place: Place, *, found: str = "", accepted: str = "") -> Problem:
    """An error of a dialect's own reader; the sentence says what is accepted. Long names are cut."""
    what, found = what[:LONGEST_NAME], found[:LONGEST_NAME]
    sentence = f"{what}: {message}" if what else message
    return Problem(
        severity=Severity.ERROR,
        code=code,
        message=f"{sentence}; accepted: {accepted}" if accepted else sentence,
        line=place[0],
        column=place[1],
        attribute=what,
        found=found,
        accepted=accepted,
    )


def warning(code: str, what: str, message: str, place: Place, *, found: str = "", accepted: str = "") -> Problem:
    """As `error`, for what does not refuse the description."""
    return replace(error(code, what, message, place, found=found, accepted=accepted), severity=Severity.WARNING)
