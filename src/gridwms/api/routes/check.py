"""Looking at a description without submitting it."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.descriptions import DESCRIPTION, Text
from gridwms.api.desk import AtDesk
from gridwms.api.models.market import ClauseOut, MatchedOut, MatchOut
from gridwms.api.models.problem import ERRORS, ProblemOut, ReasonOut
from gridwms.api.models.submission import CheckOut, FeasibleOut
from gridwms.describe.problem import Severity
from gridwms.flow import check
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["before submitting"], responses=ERRORS)


@router.post("/check", openapi_extra=DESCRIPTION)
def check_description(at: AtDesk, text: Text) -> CheckOut:
    """Everything that is wrong with a description, what a submit would warn of, and whether it could run now."""
    at.may(Action.CHECK)
    found = check.check(at.world, text.text, text.dialect)
    return CheckOut(
        ok=all(problem.severity is not Severity.ERROR for problem in found.problems),
        problems=[ProblemOut.model_validate(problem) for problem in found.problems],
        feasible=FeasibleOut.model_validate(found.feasible) if found.feasible else None,
    )


@router.post("/match", openapi_extra=DESCRIPTION)
def match_description(at: AtDesk, text: Text) -> MatchOut:
    """Where a description could run now, best first, and why not elsewhere."""
    at.may(Action.CHECK)
    found = check.match(at.world, text.text, text.dialect)
    ranked = [MatchedOut(ce=one.ce_id, site=one.site, rank=one.rank) for one in found.candidates]
    explanation = found.explanation
    return MatchOut(
        resources=[*ranked, *(MatchedOut(ce=ce, site=None, rank=None) for ce in found.unranked)],
        considered=explanation.considered if explanation else 0,
        summary=explanation.summary if explanation else "",
        clauses=[ClauseOut.model_validate(line) for line in explanation.lines] if explanation else [],
        reason=ReasonOut.model_validate(found.reason) if found.reason else None,
        problems=[ProblemOut.model_validate(problem) for problem in found.problems],
    )
