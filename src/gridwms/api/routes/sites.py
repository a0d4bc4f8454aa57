"""Sites for operators: how they are, and whether they get new jobs."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.site import (
    ClosureOut,
    DrainIn,
    ElementOut,
    MeasuredOut,
    ReleasedOut,
    ReleaseIn,
    SiteDetailsOut,
    SiteOut,
    SitesOut,
)
from gridwms.flow import sites
from gridwms.security.policy import Action
from gridwms.store.figures import Group, Tally

router = APIRouter(prefix="/api/v1/sites", tags=["market"], responses=ERRORS)


@router.get("")
def list_sites(at: AtDesk) -> SitesOut:
    """Where jobs can go, and how that is."""
    at.may(Action.LOOK_AT_MARKET)
    return SitesOut(sites=[_out(one) for one in sites.sites(at.world)])


@router.post("/release")
def release(at: AtDesk, which: ReleaseIn) -> ReleasedOut:
    """Believe a computing element again, or all those of a site: their failures are forgotten."""
    at.may(Action.OPERATE)
    return ReleasedOut(released=sites.release(at.world, which.name))


@router.get("/{site}")
def show_site(at: AtDesk, site: str) -> SiteDetailsOut:
    """One of them, with its computing elements: which of them are left alone, and what was measured of each."""
    at.may(Action.LOOK_AT_MARKET)
    found = sites.site(at.world, site)
    return SiteDetailsOut(**_out(found).model_dump(), elements=[_element(one) for one in found.elements])


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


def _element(one: sites.ElementState) -> ElementOut:
    return ElementOut(
        ce=one.ce,
        breaker=one.breaker.value,
        rests_until=one.rests_until,
        why=one.why,
        spared=one.spared,
        measured=[_measured(group, tally) for group, tally in sorted(one.figures.items())],
    )


def _measured(group: Group, tally: Tally) -> MeasuredOut:
    return MeasuredOut(
        vo=group.vo,
        owner=group.owner,
        kind=group.kind,
        good=tally.good,
        bad=tally.bad,
        other=tally.other,
        zero=tally.zero,
        quick=tally.quick,
        started=tally.started,
        mean_queue=tally.queue_seconds / tally.queued if tally.queued else None,
        mean_response=tally.response_seconds / tally.started if tally.started else None,
        mean_run=tally.run_seconds / tally.good if tally.good else None,
    )
