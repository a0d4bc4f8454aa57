"""The service itself."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api import condition
from gridwms.api.desk import AtDesk
from gridwms.api.models.market import CallerOut, ServiceOut, VitalOut
from gridwms.api.models.policy import RulingOut
from gridwms.api.models.problem import ERRORS
from gridwms.security.identity import Role
from gridwms.security.policy import Action
from gridwms.security.rulings import rulings

router = APIRouter(prefix="/api/v1", tags=["service"], responses=ERRORS)


@router.get("/service")
def service(at: AtDesk) -> ServiceOut:
    """Who answers, who you are to it, and whether all its parts do."""
    at.may(Action.LOOK_AT_MARKET)
    vitals = at.world.load.vitals() if at.world.load is not None else []
    troubles = condition.troubles(at.world, at.settings)
    return ServiceOut(
        name="gridwms",
        version=at.settings.version,
        url=at.settings.url,
        you=at.identity.subject,
        healthy=not troubles,
        troubles=troubles,
        accepts=condition.accepts(at.world),
        load=[VitalOut.model_validate(one, from_attributes=True) for one in vitals],
    )


@router.get("/me")
def me(at: AtDesk) -> CallerOut:
    """Who you are to the service, and for how long."""
    at.may(Action.INTRODUCE)
    caller = at.identity
    return CallerOut(
        subject=caller.subject,
        vo=caller.vo,
        groups=list(caller.groups),
        roles=sorted(role for role in Role if caller.holds(role)),
        issuer=caller.issuer,
        ends=caller.ends.timestamp() if caller.ends else None,
        limited=caller.limited,
        remarks=list(caller.remarks),
        name=caller.known_as,
        scopes=None if caller.scopes is None else list(map(str, caller.scopes)),
        banned=at.ban,
        rights=[RulingOut.model_validate(one) for one in rulings(caller, at.judge)],
    )
