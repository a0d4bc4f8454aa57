"""The service itself: its sites, limits and notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gridwms.client.answers.json import Json
from gridwms.client.answers.policy import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of what. `health`: active, failing, paused or expired; `error`: why the last try failed.

    `cursor`: told up to there. `secret`: of a webhook, only in the answer that made it.
    """

    key: str
    owner: str
    kind: str
    target: str
    filter: Mapping[str, Sequence[str]]
    health: str
    every: float
    made_at: float
    expires_at: float
    cursor: str
    delivered_at: float | None = None
    failures: int = 0
    failing_since: float | None = None
    next_at: float | None = None
    error: str = ""
    paused_at: float | None = None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, told: Json) -> Subscription:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a user has at the service, and may have (None: any amount). `waiting`: jobs."""

    owner: str
    bytes: int
    files: int
    waiting: int
    max_bytes: int | None
    max_files: int | None
    max_waiting: int | None

    @classmethod
    def read(cls, told: Json) -> Quota:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as the service knows it. `groups`: FQANs or names, the primary one first.

    `ends`: when the proxy or token runs out. `remarks`: on what was shown and counts for nothing there. `name`: what
    the issuer calls them. `scopes`: what the token is good for, None when it says nothing of that. `banned`: why they
    may do nothing for now.
    """

    subject: str
    vo: str
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    issuer: str
    ends: float | None
    limited: bool
    remarks: tuple[str, ...]
    name: str
    scopes: tuple[str, ...] | None
    banned: str
    rights: tuple[Ruling, ...]

    @classmethod
    def read(cls, told: Json) -> Caller:
        lists = ("groups", "roles", "remarks")
        plain: dict[str, Any] = {name: told[name] for name in cls.__slots__ if name not in lists}
        plain.update({name: tuple(told[name]) for name in lists})
        plain["scopes"] = None if told["scopes"] is None else tuple(told["scopes"])
        plain["rights"] = tuple(map(Ruling.read, told["rights"]))
        return cls(**plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A credential with which the service may act. `ends` None: it was begun and not completed.

    `kind`: proxy or token. `source`: from where it is renewed, "" from nowhere; `renew_at`: when it is tried next;
    `tried_at`, `tries`, `trouble`: the last try, how many failed one after the other, and how.
    """

    name: str
    kind: str
    owner: str
    vo: str
    fqans: tuple[str, ...]
    begins: float | None
    ends: float | None
    attributes_end: float | None
    source: str
    renew_at: float | None
    renewed_at: float | None
    tried_at: float | None
    tries: int
    trouble: str

    @classmethod
    def read(cls, told: Json) -> Delegation:
        plain: dict[str, Any] = {name: told[name] for name in cls.__slots__}
        plain["fqans"] = tuple(told["fqans"])
        return cls(**plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """Somebody who may do nothing for now. `kind`: user, vo or group. `ends` None: until it is lifted."""

    kind: str
    name: str
    reason: str
    by: str
    since: float
    ends: float | None = None

    @classmethod
    def read(cls, told: Json) -> Ban:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How a VO, group or user stands among its siblings.

    `share`: its part of what they are entitled to; `had`: its part of what they have had; `priority`: the first over
    the second, None for whoever has had nothing. `slots`: used on average lately; `hours`: slot hours, faded.
    """

    level: str
    vo: str
    group: str
    user: str
    share: float
    had: float
    priority: float | None
    slots: float
    hours: float
    running: int
    queued: int
    waiting: int
    max_running: int | None = None
    max_queued: int | None = None
    limits: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Share:
        given = {name: told[name] for name in cls.__slots__ if name in told}
        return cls(**{**given, "limits": tuple(told.get("limits", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service that answers."""

    name: str
    version: str
    url: str
    you: str
    healthy: bool
    troubles: tuple[str, ...] = ()
    accepts: bool = True
    """Submissions are not refused for its load."""

    @classmethod
    def read(cls, told: Json) -> Service:
        plain = {name: told[name] for name in cls.__slots__ if name in told and name != "troubles"}
        return cls(**plain, troubles=tuple(told["troubles"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A drain or a downtime of a site. `ends` None: until it is resumed."""

    begins: float
    ends: float | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What became of attempts of one class of jobs at a computing element in the last day; means in seconds.

    `good`: the wrapper came to its end; of these `zero` had payloads with exit code 0, `quick` payloads that failed at
    once. `bad`: failed by the site's fault; `other`: failed otherwise.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A computing element of a site. `breaker`: "closed", "open" (it rests until `rests_until`) or "trial" (it gets a
    few jobs at a time). `spared`: it would rest if that were not more than a configured share of the market."""

    ce: str
    breaker: str
    rests_until: float | None
    why: str
    spared: bool
    measured: tuple[Measured, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Element:
        measured = tuple(Measured(**{name: one[name] for name in Measured.__slots__}) for one in told["measured"])
        plain = {name: told[name] for name in cls.__slots__ if name != "measured"}
        return cls(**plain, measured=measured)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site. `accepts`: it is given new jobs; `why`: what is in the way. `trouble`: what it said instead of an answer.

    `breaker`: "open" when all of its computing elements rest, else "trial" or "closed". `max_queued` 0: any number.
    `elements`: its computing elements, where one site was asked about.
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
    max_per_minute: int = 0
    closures: tuple[Closure, ...] = ()
    resources: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Site:
        given = {name: told[name] for name in cls.__slots__ if name in told}
        given["closures"] = tuple(
            Closure(begins=one["begins"], ends=one["ends"], reason=one["reason"], by=one["by"])
            for one in told["closures"]
        )
        given["elements"] = tuple(Element.read(one) for one in told.get("elements", ()))
        return cls(**{**given, "resources": tuple(told["resources"])})
