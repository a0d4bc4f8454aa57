"""Looking at a description without submitting it: is it right, and where could it run?"""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.compound import Compound
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.description import Description
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.errors import Refused
from gridwms.flow.feasible import Feasibility, ad_of, class_key, feasibility, samples, verdict_now
from gridwms.flow.hopeless import hopeless
from gridwms.flow.reading import read
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason
from gridwms.match.explain import Explanation, explain
from gridwms.match.verdict import Candidate


@dataclass(frozen=True, slots=True)
class MatchAnswer:
    """Where a description could run now, best first, and why not elsewhere."""

    candidates: tuple[Candidate, ...]
    unranked: tuple[str, ...]
    reason: Reason | None
    explanation: Explanation | None
    problems: tuple[Problem, ...]

    @property
    def summary(self) -> str:
        """How many resources were looked at and how many match."""
        return self.explanation.summary if self.explanation else ""


@dataclass(frozen=True, slots=True)
class NodesAnswer:
    """The same for so many nodes that matching cannot tell apart; `name`: the first of them."""

    name: str
    nodes: int
    answer: MatchAnswer


@dataclass(frozen=True, slots=True)
class CompoundAnswer:
    """Where the nodes of a compound could run now. `everywhere`: the computing elements that take each of those that
    were looked at; `together`: they must go to one of these. `sentence`: how many could run."""

    kinds: tuple[NodesAnswer, ...]
    everywhere: tuple[Candidate, ...]
    together: bool
    sentence: str
    reason: Reason | None
    considered: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`feasible` None: there are errors."""

    problems: tuple[Problem, ...]
    feasible: Feasibility | None


def check(world: World, text: bytes, dialect: Dialect | None = None, vo: str = "") -> Checked:
    """Everything that is wrong with a description, what a submit would warn of, and whether it could run now."""
    reading = read(world, text, dialect, vo)
    feasible: Feasibility | None = None
    problems = reading.problems
    if reading.description is not None:
        problems = (*problems, *hopeless(world, ad_of(reading.description)))
        feasible = feasibility(world, [("", reading.description, 1)], 1)
    elif reading.compound is not None:
        feasible = feasibility(world, samples(reading.compound), len(reading.compound.nodes))
    return Checked(problems=problems, feasible=feasible)


def match(world: World, text: bytes, dialect: Dialect | None = None, vo: str = "") -> MatchAnswer | CompoundAnswer:
    """Match a description against the market as it is. Raises Refused when it has errors."""
    reading = read(world, text, dialect, vo)
    if reading.description is not None:
        return _answer(world, reading.description, reading.problems)
    if reading.compound is None:
        raise Refused(tuple(problem for problem in reading.problems if problem.severity is Severity.ERROR))
    return _answer_all(world, reading.compound, reading.problems)


def _answer(world: World, description: Description, problems: tuple[Problem, ...]) -> MatchAnswer:
    verdict = verdict_now(world, description)
    if isinstance(verdict, Reason):
        return MatchAnswer((), (), verdict, None, problems)
    explanation = explain(verdict)
    best: dict[str, Candidate] = {}
    for place in sorted(verdict.candidates, key=lambda place: (-place.rank, place.ce_id)):
        best.setdefault(place.ce_id, place)  # of several views of a computing element the best
    return MatchAnswer(tuple(best.values()), verdict.unranked, explanation.reason, explanation, problems)


def _answer_all(world: World, compound: Compound, problems: tuple[Problem, ...]) -> CompoundAnswer:
    looked_at = samples(compound)
    could = feasibility(world, looked_at, len(compound.nodes))
    kinds: dict[str, NodesAnswer] = {}
    for name, description, weight in looked_at:
        key = class_key(description)
        same = kinds.get(key)
        kinds[key] = (
            NodesAnswer(name, weight, _answer(world, description, ()))
            if same is None
            else NodesAnswer(same.name, same.nodes + weight, same.answer)
        )
    answers = [one.answer for one in kinds.values()]
    common = set.intersection(*({place.ce_id for place in one.candidates} for one in answers))
    everywhere = tuple(place for place in answers[0].candidates if place.ce_id in common)
    sentence = could.sentence
    if compound.together:
        sentence += f"; NodesCollocation: {len(everywhere)} computing elements take all of them"
    return CompoundAnswer(
        kinds=tuple(kinds.values()),
        everywhere=everywhere,
        together=compound.together,
        sentence=sentence,
        reason=could.reason,
        considered=could.considered,
        problems=problems,
    )
