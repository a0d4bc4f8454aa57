"""Looking at a description without submitting it: is it right, and where could it run?"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.errors import Refused
from gridwms.flow.feasible import Feasibility, feasibility, samples, verdict_now
from gridwms.flow.reading import read
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason
from gridwms.match.explain import Explanation, explain
from gridwms.match.verdict import Candidate

_MANY = Problem(
    severity=Severity.ERROR,
    code="compound",
    message="it describes many jobs, and places are shown for one: give the description of a single node",
)


@dataclass(frozen=True, slots=True)
class MatchAnswer:
    """Where a description could run now, best first, and why not elsewhere."""

    candidates: tuple[Candidate, ...]
    unranked: tuple[str, ...]
    reason: Reason | None
    explanation: Explanation | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`feasible` None: there are errors."""

    problems: tuple[Problem, ...]
    feasible: Feasibility | None


def check(world: World, text: bytes, dialect: Dialect | None = None) -> Checked:
    """Everything that is wrong with a description, what a submit would warn of, and whether it could run now."""
    reading = read(world, text, dialect)
    feasible: Feasibility | None = None
    if reading.description is not None:
        feasible = feasibility(world, [("", reading.description, 1)], 1)
    elif reading.compound is not None:
        feasible = feasibility(world, samples(reading.compound), len(reading.compound.nodes))
    return Checked(problems=reading.problems, feasible=feasible)


def match(world: World, text: bytes, dialect: Dialect | None = None) -> MatchAnswer:
    """Match a description against the market as it is. Raises Refused when it has errors."""
    reading = read(world, text, dialect)
    description = reading.description
    if description is None:
        errors = tuple(p for p in reading.problems if p.severity is Severity.ERROR)
        raise Refused(errors or (_MANY,))
    verdict = verdict_now(world, description)
    if isinstance(verdict, Reason):
        return MatchAnswer((), (), verdict, None, reading.problems)
    explanation = explain(verdict)
    best: dict[str, Candidate] = {}
    for place in sorted(verdict.candidates, key=lambda place: (-place.rank, place.ce_id)):
        best.setdefault(place.ce_id, place)  # of several views of a computing element the best
    return MatchAnswer(tuple(best.values()), verdict.unranked, explanation.reason, explanation, reading.problems)
