"""Sites for operators: how they are, and whether they get new jobs."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.site import ClosureOut, DrainIn, SiteOut, SitesOut
from gridwms.flow import sites
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/sites", tags=["market"], responses=ERRORS)


@router.get("")
def list_sites(at: AtDesk) -> SitesOut:
    """Where jobs can go, and how that is."""
    at.may(Action.LOOK_AT_MARKET)
    return SitesOut(sites=[_out(one) for one in sites.sites(at.world)])


@router.post("/{site}/drain")
def drain_site(at: AtDesk, site: str, wish: DrainIn) -> SiteOut:
    """Give a site no new jobs, now or in a downtime to come. Jobs that are there go on."""
    at.may(Action.OPERATE)
    sites.drain(at.world, site, by=at.identity.subject, reason=wish.reason, begins=wish.begins, ends=wish.ends)
    return _out(sites.site(at.world, site))


@router.post("/{site}/resume")
def resume_site(at: AtDesk, site: str) -> SiteOut:
    """Take back all drains and downtimes of a site, and close its circuit breaker."""
    at.may(Action.OPERATE)
    sites.resume(at.world, site)
    return _out(sites.site(at.world, site))


def _out(one: sites.SiteState) -> SiteOut:
    return SiteOut(
        name=one.name,
        accepts=one.accepts,
        why=one.why,
        trouble=one.trouble,
        breaker=one.breaker.value,
        running=one.running,
        queued=one.queued,
        max_jobs=one.max_jobs,
        max_queued=one.max_queued,
        max_per_minute=one.max_per_minute,
        closures=[ClosureOut(begins=c.begins, ends=c.ends, reason=c.reason, by=c.by) for c in one.closures],
        resources=list(one.resources),
    )
