"""The market as it is: resources, sites, sources."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.market import ResourceOut, ResourcesOut, SiteOut, SitesOut, SourceOut
from gridwms.api.models.problem import ERRORS
from gridwms.classad import unparse
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["market"], responses=ERRORS)


@router.get("/resources")
def resources(at: AtDesk) -> ResourcesOut:
    """All resources that jobs are matched against."""
    at.may(Action.LOOK_AT_MARKET)
    snapshot = at.world.market.snapshot
    return ResourcesOut(
        taken_at=snapshot.taken_at,
        resources=[
            ResourceOut(
                ce=resource.ce_id,
                site=resource.site,
                source=resource.source,
                updated_at=resource.updated_at,
                expires_at=resource.expires_at,
                attributes={name: unparse(value) for name, value in resource.ad.items()},
            )
            for resource in snapshot.resources
        ],
    )


@router.get("/sites")
def sites(at: AtDesk) -> SitesOut:
    """Where jobs can go, and who tells about resources."""
    at.may(Action.LOOK_AT_MARKET)
    world = at.world
    led_to: dict[str, list[str]] = {name: [] for name in world.sites}
    for resource in world.market.snapshot.resources:
        if resource.site in led_to:
            led_to[resource.site].append(resource.ce_id)
    return SitesOut(
        sites=[
            SiteOut(name=name, trouble=world.troubles.get(name, ""), resources=found) for name, found in led_to.items()
        ],
        sources=[SourceOut.model_validate(health) for health in world.market.health()],
    )
