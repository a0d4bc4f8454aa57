"""Subscriptions. Times are seconds since the epoch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gridwms.api.models.filter import FilterIn
from gridwms.api.models.problem import Out
from gridwms.jobs.interest import NAMES
from gridwms.store.subscriptions import Subscription


class SubscriptionIn(BaseModel):
    """What to tell, and where.

    `target`: a URL, or a mail address (`mailto:…`). `days`: how long it lasts; 0: as long as usual. `every`: seconds
    between two deliveries at least. `after`: a cursor; empty: events from now on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str
    filter: FilterIn = FilterIn()
    days: float = Field(default=0, ge=0)
    every: float = Field(default=0, ge=0, le=30 * 86400)
    after: str = ""


class ExtendIn(BaseModel):
    """`days` from now; 0: as many as usual."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: float = Field(default=0, ge=0)


class ResumeIn(BaseModel):
    """`skip`: what has happened so far is not told any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    skip: bool = False


class SubscriptionOut(Out):
    """`health`: active, failing, paused or expired. `error`: why the last try failed. `cursor`: told up to there."""

    key: str
    owner: str
    kind: str
    target: str
    filter: dict[str, list[str]]
    health: str
    every: float
    made_at: float
    expires_at: float
    cursor: str
    delivered_at: float | None
    failures: int
    failing_since: float | None
    next_at: float | None
    error: str
    paused_at: float | None

    @classmethod
    def of(cls, one: Subscription, now: float) -> SubscriptionOut:
        plain = {name: getattr(one, name) for name in one.__slots__ if name in cls.model_fields}
        return cls.model_validate(
            plain | {"filter": filter_out(one), "health": health(one, now), "cursor": str(one.cursor)}
        )


class MadeOut(SubscriptionOut):
    """`secret`: signs what a webhook gets. It is told now and never again; null for mail."""

    secret: str | None


class SubscriptionsOut(Out):
    """The oldest first."""

    subscriptions: list[SubscriptionOut]


class TestedOut(Out):
    """`delivered` false: `error` says why."""

    delivered: bool
    error: str


def filter_out(one: Subscription) -> dict[str, list[str]]:
    """The filter as it is given: names with values."""
    found: dict[str, list[str]] = {}
    for name, value in one.interest.pairs():
        found.setdefault(name, []).extend([value] if name == "tag" else value.split(","))
    found = {name: found[name] for name in NAMES if name in found}
    whose = one.interest.owner
    if whose is None and not (one.interest.jobs or one.interest.parents):
        return found | {"owner": ["*"]}
    return found if whose in (None, one.owner) else found | {"owner": [str(whose)]}


def health(one: Subscription, now: float) -> str:
    """How it is, in a word."""
    if one.expires_at <= now:
        return "expired"
    if one.paused_at is not None:
        return "paused"
    return "failing" if one.failures else "active"
