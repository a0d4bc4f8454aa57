"""Information sources for operators: how they are; ask them now, or for a test."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.source import EntryOut, OneSourceOut, SourceOut, SourcesOut, TrialOut
from gridwms.flow import sources
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/sources", tags=["market"], responses=ERRORS)


@router.get("")
def list_sources(at: AtDesk) -> SourcesOut:
    """Who tells about resources, and how that is."""
    at.may(Action.LOOK_AT_MARKET)
    return SourcesOut(sources=[SourceOut.model_validate(one) for one in at.world.market.health()])


@router.get("/{source}")
def show_source(at: AtDesk, source: str) -> OneSourceOut:
    """One source with all entries of it that are kept."""
    at.may(Action.LOOK_AT_MARKET)
    return _out(at, source)


@router.post("/{source}/refresh")
def refresh_source(at: AtDesk, source: str) -> OneSourceOut:
    """Ask a source now, whatever its pace."""
    at.may(Action.OPERATE)
    sources.refresh(at.world, source)
    return _out(at, source)


@router.post("/{source}/test")
def test_source(at: AtDesk, source: str) -> TrialOut:
    """Ask a source, and tell what its answer would change; nothing is changed."""
    at.may(Action.OPERATE)
    return TrialOut.model_validate(sources.test(at.world, source))


def _out(at: AtDesk, source: str) -> OneSourceOut:
    told = SourceOut.model_validate(sources.health(at.world, source))
    entries = [EntryOut.model_validate(one) for one in sources.entries(at.world, source)]
    return OneSourceOut(**told.model_dump(), entries=entries)
