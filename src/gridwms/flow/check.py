"""Looking at a description without submitting it: is it right, and where could it run?"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.problem import Problem, Severity
from gridwms.flow.errors import Refused
from gridwms.flow.reading import read
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason
from gridwms.match.classes import matching_ad
from gridwms.match.explain import Explanation, explain
from gridwms.match.matching import Matching
from gridwms.match.submit_to import named
from gridwms.match.verdict import Candidate, Verdict

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


def check(world: World, text: bytes) -> tuple[Problem, ...]:
    """Everything that is wrong with a description, and what a submit would warn of."""
    return read(world, text).problems


def match(world: World, text: bytes) -> MatchAnswer:
    """Match a description against the market as it is. Raises Refused when it has errors."""
    reading = read(world, text)
    description = reading.description
    if description is None:
        errors = tuple(p for p in reading.problems if p.severity is Severity.ERROR)
        raise Refused(errors or (_MANY,))
    ad = matching_ad(description.ad, description.requirements, description.rank)
    snapshot = world.market.snapshot
    matching = Matching(ad, ad["Requirements"], ad["Rank"], world.settings.policies)
    verdict: Verdict | Reason
    verdict = named(description.submit_to, snapshot, matching) if description.submit_to else matching.on(snapshot)
    if isinstance(verdict, Reason):
        return MatchAnswer((), (), verdict, None, reading.problems)
    explanation = explain(verdict)
    best: dict[str, Candidate] = {}
    for place in sorted(verdict.candidates, key=lambda place: (-place.rank, place.ce_id)):
        best.setdefault(place.ce_id, place)  # of several views of a computing element the best
    return MatchAnswer(tuple(best.values()), verdict.unranked, explanation.reason, explanation, reading.problems)
