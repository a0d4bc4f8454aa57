"""Fair share: how VOs, groups and users stand."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS, Out
from gridwms.flow.share.view import standings
from gridwms.security.policy import Action, JobsOf

router = APIRouter(prefix="/api/v1", tags=["service"], responses=ERRORS)


class ShareOut(Out):
    """One VO, group or user. `share`, `had`: its part of what its siblings and it are entitled to, and have had.

    `priority`: the first over the second, null when it has had nothing; the highest among siblings goes first. `slots`:
    used on average lately; `hours`: slot hours, faded. `limits`: those at single sites.
    """

    level: str
    vo: str
    group: str
    user: str
    share: float
    had: float
    priority: float | None
    slots: float
    hours: float
    running: int
    queued: int
    waiting: int
    max_running: int | None
    max_queued: int | None
    limits: list[str]


class SharesOut(Out):
    """Each VO before its groups, each group before its users; among siblings, whoever is to go first."""

    on: bool
    half_life_seconds: float
    shares: list[ShareOut]


@router.get("/shares")
def shares(at: AtDesk) -> SharesOut:
    """VOs, groups, and of users oneself; for operators all."""
    at.may(Action.LOOK_AT_MARKET)
    everybody = at.judge(Action.LIST, JobsOf(owner="")).yes
    found = standings(at.world, None if everybody else at.identity.subject)
    settings = at.world.settings.shares
    return SharesOut(
        on=settings.on,
        half_life_seconds=settings.half_life_seconds,
        shares=[ShareOut.model_validate(one) for one in found],
    )
