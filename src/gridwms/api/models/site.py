"""Sites. Times are seconds since the epoch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gridwms.api.models.problem import Out


class ClosureOut(Out):
    """A drain, or a downtime. `ends` null: until the site is resumed."""

    begins: float
    ends: float | None
    reason: str
    by: str


class SiteOut(Out):
    """A site of this service. `accepts`: it is given new jobs; `why`: what is in the way, or what its trouble is.

    `trouble`: what it said when it last failed to answer; empty when it answers. `breaker`: "closed", "open" (it
    failed most of what it was given, and rests) or "trial". `running`, `queued`: attempts there. `max_queued` 0: any.
    """

    name: str
    accepts: bool
    why: str
    trouble: str
    breaker: str
    running: int
    queued: int
    max_jobs: int
    max_queued: int
    max_per_minute: int
    closures: list[ClosureOut]
    resources: list[str]


class MeasuredOut(Out):
    """What became of attempts of one class of jobs at a computing element in the last day.

    `kind`: the type of the jobs. `good`: the wrapper came to its end; of these `zero` had payloads with exit code 0,
    `quick` payloads that failed at once. `bad`: failed by the site's fault; `other`: failed otherwise. Means are in
    seconds, null where nothing is known: in the queue, from submission until it ran, and of the payload.
    """

    vo: str
    owner: str
    kind: str
    good: int
    bad: int
    other: int
    zero: int
    quick: int
    started: int
    mean_queue: float | None
    mean_response: float | None
    mean_run: float | None


class ElementOut(Out):
    """A computing element of a site. `breaker`: "closed", "open" (it rests until `rests_until`) or "trial" (it gets a
    few jobs at a time). `spared`: it would rest if that were not more than the configured share of the market."""

    ce: str
    breaker: str
    rests_until: float | None
    why: str
    spared: bool
    measured: list[MeasuredOut]


class SiteDetailsOut(SiteOut):
    """A site with its computing elements."""

    elements: list[ElementOut]


class ReleaseIn(BaseModel):
    """What is to be believed again: a computing element, or a site and all of its computing elements."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=1000)


class ReleasedOut(Out):
    """Of how many computing elements failures were forgotten."""

    released: int


class SitesOut(Out):
    """Where jobs can go."""

    sites: list[SiteOut]


class DrainIn(BaseModel):
    """A wish that a site gets no new jobs: `begins` null: from now on; `ends` null: until it is resumed."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=1000)
    begins: float | None = None
    ends: float | None = None
