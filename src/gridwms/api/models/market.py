"""Matching, resources, sources and sites. Times are seconds since the epoch."""

from __future__ import annotations

from pydantic import Field

from gridwms.api.models.policy import RulingOut
from gridwms.api.models.problem import Out, ProblemOut, ReasonOut
from gridwms.jobs.states import State


class ClauseOut(Out):
    """A condition. It `rejects` so many resources; `alone` of them are rejected by nothing else.

    `side`: "job" for the job's Requirements, "resource" for the resources' own, "policy" for the service's. `relaxed`:
    the clause with another value, and how many resources that would open. `text` says all of it in words.
    """

    side: str
    clause: str
    rejects: int
    alone: int
    false: int
    undefined: int
    error: int
    text: str
    relaxed: tuple[tuple[str, int], ...] = ()


class MatchedOut(Out):
    """A resource that matches. `site` null: no configured site leads to it. `rank` null: Rank is no number there."""

    ce: str
    site: str | None
    rank: float | None


class MissOut(Out):
    """A resource that nearly matches. `fails`: the few conditions that reject it. `has`: the attributes that these read
    and what it publishes for each, null for nothing."""

    resource: str
    fails: tuple[str, ...]
    has: tuple[tuple[str, str | None], ...]


class PlacesOut(Out):
    """Where a job could run now, best first. `reason`: why nowhere. `best`: the single change that would open the most
    resources more. `misses`: some of those that the fewest conditions reject."""

    resources: list[MatchedOut]
    considered: int
    summary: str
    clauses: list[ClauseOut]
    best: str
    misses: list[MissOut]
    reason: ReasonOut | None


class NodesOut(PlacesOut):
    """The same for so many `nodes` of a compound that matching cannot tell apart; `name`: of the first of them."""

    name: str
    nodes: int


class MatchOut(PlacesOut):
    """Where a description could run now.

    Of a compound: `kinds` has what is said of its nodes, `resources` the computing elements that take each of those;
    `together`: all must go to one of these.
    """

    problems: list[ProblemOut]
    kinds: list[NodesOut] = Field(default_factory=list)
    together: bool = False


class VerdictOut(Out):
    """What matching said of the job since a time. `reason` null: it found a place. `changes`: what differs from the
    verdict before."""

    since: float
    reason: ReasonOut | None
    summary: str
    changes: tuple[str, ...]


class WhyOut(Out):
    """Why a job is where it is. `retries`: why earlier attempts failed. `best`: the single change of a waiting job that
    would open the most resources; `misses`: resources that nearly match. `changes`: what differs now from the last
    verdict that was recorded."""

    key: str
    id: str
    state: State
    sentence: str
    advice: str
    since: float
    reason: ReasonOut | None
    clauses: list[ClauseOut]
    best: str
    misses: list[MissOut]
    changes: tuple[str, ...]
    verdicts: list[VerdictOut]
    retries: list[ReasonOut]
    warnings: tuple[str, ...]
    """What its owner should know before it harms the job: a credential that runs out."""


class ResourceOut(Out):
    """What is known of a computing element. `attributes`: its ad, each value as ClassAd text."""

    ce: str
    site: str | None
    source: str
    updated_at: float
    expires_at: float
    attributes: dict[str, str]


class ResourcesOut(Out):
    """The market at one moment."""

    taken_at: float
    resources: list[ResourceOut]


class CallerOut(Out):
    """Who the caller is to the service. `ends`: when what was shown runs out, seconds since the epoch.

    `limited`: a proxy that says so of itself. `remarks`: on what was shown and counts for nothing here. `name`: what
    the issuer calls them. `scopes`: what their token is good for, null when it says nothing. `banned`: why they may do
    nothing for now.
    """

    subject: str
    vo: str
    groups: list[str]
    roles: list[str]
    issuer: str
    ends: float | None
    limited: bool
    remarks: list[str]
    name: str
    scopes: list[str] | None
    banned: str
    rights: list[RulingOut]


class VitalOut(Out):
    """A vital sign of the service and its threshold; `over`: submissions are refused for it."""

    name: str
    value: float
    limit: float | None
    over: bool


class ServiceOut(Out):
    """The service that answers. `you`: who you are to it. `healthy`: all its sites and sources answer, and its load is
    below the thresholds. `accepts`: submissions are taken, as far as load goes."""

    name: str
    version: str
    url: str
    you: str
    healthy: bool
    troubles: list[str]
    accepts: bool
    load: list[VitalOut]
