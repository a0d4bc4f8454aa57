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


class SitesOut(Out):
    """Where jobs can go."""

    sites: list[SiteOut]


class DrainIn(BaseModel):
    """A wish that a site gets no new jobs: `begins` null: from now on; `ends` null: until it is resumed."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=1000)
    begins: float | None = None
    ends: float | None = None
