"""Looking at a description without submitting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from gridwms.api.descriptions import DESCRIPTION, Text
from gridwms.api.desk import AtDesk
from gridwms.api.models.market import ClauseOut, MatchedOut, MatchOut, MissOut, NodesOut
from gridwms.api.models.problem import ERRORS, ProblemOut, ReasonOut
from gridwms.api.models.submission import CheckOut, FeasibleOut
from gridwms.describe.problem import Severity
from gridwms.flow import check
from gridwms.match.explain import best_change
from gridwms.match.verdict import Candidate
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["before submitting"], responses=ERRORS)


@router.post("/check", openapi_extra=DESCRIPTION)
def check_description(at: AtDesk, text: Text) -> CheckOut:
    """Everything that is wrong with a description, what a submit would warn of, and whether it could run now."""
    at.may(Action.CHECK)
    found = check.check(at.world, text.text, text.dialect, at.identity.vo)
    return CheckOut(
        ok=all(problem.severity is not Severity.ERROR for problem in found.problems),
        problems=[ProblemOut.model_validate(problem) for problem in found.problems],
        feasible=FeasibleOut.model_validate(found.feasible) if found.feasible else None,
    )


@router.post("/match", openapi_extra=DESCRIPTION)
def match_description(at: AtDesk, text: Text) -> MatchOut:
    """Where a description could run now, best first, and why not elsewhere."""
    at.may(Action.CHECK)
    found = check.match(at.world, text.text, text.dialect, at.identity.vo)
    problems = [ProblemOut.model_validate(problem) for problem in found.problems]
    if isinstance(found, check.MatchAnswer):
        return MatchOut(**_places(found), problems=problems)
    return MatchOut(
        resources=_ranked(found.everywhere),
        considered=found.considered,
        summary=found.sentence,
        clauses=[],
        best="",
        misses=[],
        reason=ReasonOut.model_validate(found.reason) if found.reason else None,
        problems=problems,
        kinds=[NodesOut(**_places(kind.answer), name=kind.name, nodes=kind.nodes) for kind in found.kinds],
        together=found.together,
    )


def _places(found: check.MatchAnswer) -> dict[str, Any]:
    explanation = found.explanation
    return {
        "resources": [
            *_ranked(found.candidates),
            *(MatchedOut(ce=ce, site=None, rank=None) for ce in found.unranked),
        ],
        "considered": explanation.considered if explanation else 0,
        "summary": found.summary,
        "clauses": [ClauseOut.model_validate(line) for line in explanation.lines] if explanation else [],
        "best": best_change([asdict(line) for line in explanation.lines]) if explanation else "",
        "misses": [MissOut.model_validate(miss) for miss in explanation.misses] if explanation else [],
        "reason": ReasonOut.model_validate(found.reason) if found.reason else None,
    }


def _ranked(places: Sequence[Candidate]) -> list[MatchedOut]:
    return [MatchedOut(ce=one.ce_id, site=one.site, rank=one.rank) for one in places]
