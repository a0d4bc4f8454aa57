"""Matching, resources and sites."""

from __future__ import annotations

from typing import Any

from gridwms.api.models.problem import Out, ProblemOut, ReasonOut


class ClauseOut(Out):
    """A part of Requirements. `passing` of `considered` resources pass it when it stands alone."""

    text: str
    passing: int
    considered: int


class MatchedOut(Out):
    """A resource that matches, with the value of Rank there."""

    ce: str
    site: str
    rank: float | None


class MatchOut(Out):
    """Where a description could run now, best first. `reason`: why nowhere."""

    resources: list[MatchedOut]
    considered: int
    clauses: list[ClauseOut]
    reason: ReasonOut | None
    problems: list[ProblemOut]


class VerdictOut(Out):
    """What scheduling said of the job at a time."""

    time: float
    reason: ReasonOut


class WhyOut(Out):
    """Why a job is where it is."""

    key: str
    id: str
    state: str
    sentence: str
    advice: str
    since: float
    clauses: list[ClauseOut]
    history: list[VerdictOut]


class ResourceOut(Out):
    """What is known of a computing element: its ad, attribute by attribute, as ClassAd text."""

    ce: str
    site: str
    attributes: dict[str, str]


class ResourcesOut(Out):
    """All resources of the market."""

    resources: list[ResourceOut]


class SiteOut(Out):
    """A site of this service. `trouble`: what it said when it last failed to answer, empty when it answers."""

    name: str
    kind: str
    trouble: str
    resources: list[str]


class SitesOut(Out):
    """All sites of this service."""

    sites: list[SiteOut]


class ServiceOut(Out):
    """The service. `you`: who you are to it. `healthy`: it can take and deliver jobs; else `troubles` say why not."""

    name: str
    version: str
    url: str
    you: str
    healthy: bool
    troubles: dict[str, Any]
