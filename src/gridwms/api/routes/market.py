"""The market as it is: resources, sites, sources."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.market import ResourceOut, ResourcesOut
from gridwms.api.models.problem import ERRORS
from gridwms.classad import unparse
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["market"], responses=ERRORS)


@router.get("/resources")
def resources(at: AtDesk) -> ResourcesOut:
    """All resources that jobs are matched against."""
    at.may(Action.LOOK_AT_MARKET)
    market = at.world.market
    snapshot = market.snapshot
    return ResourcesOut(
        taken_at=snapshot.taken_at,
        resources=[
            ResourceOut(
                ce=resource.ce_id,
                site=resource.site,
                source=resource.source,
                updated_at=times[0],
                expires_at=times[1],
                attributes={name: unparse(value) for name, value in resource.ad.items()},
            )
            for resource in snapshot.resources
            if (times := market.times(resource)) is not None
        ],
    )
