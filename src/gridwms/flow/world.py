"""The parts that the use cases join, and the settings they go by."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridwms.channels.outlets import Outlets
from gridwms.classad import Expr
from gridwms.describe.data import KnownStorage
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.flow.bans import Bans
from gridwms.flow.breaker import BreakerSettings
from gridwms.flow.console.consoles import Consoles
from gridwms.flow.data.locator import Locator
from gridwms.flow.find import Descriptions
from gridwms.flow.load import LoadLimiter
from gridwms.flow.pace import Pace
from gridwms.flow.signal import Signal
from gridwms.flow.usage import Usage
from gridwms.flow.watches import Watches
from gridwms.jobs.retry import RetryPolicy
from gridwms.jobs.states import State
from gridwms.market.market import Market
from gridwms.market.sources.push import Terms
from gridwms.match.policies import read_policies
from gridwms.match.shares import Shares
from gridwms.sandbox.area import Area
from gridwms.security.believing import Believing
from gridwms.security.drain import Drain
from gridwms.security.seal import Seal
from gridwms.sites.contract import Site
from gridwms.store.database import Database

Clock = Callable[[], float]
"""Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePolicy:
    """How the service treats a site. `max_jobs`: attempts it may hold at once, waiting ones included; `max_queued`:
    waiting ones, 0 for any number. `max_per_minute`: how many it is given in a minute, 0 for any number. `batch`: how
    many one call hands over. `hooks`: a directory on its worker nodes
    with scripts of the site."""

    max_jobs: int = 5000
    max_queued: int = 0
    max_per_minute: int = 0
    poll_seconds: float = 5.0
    batch: int = 500
    hooks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Limits of subscriptions. `pause_seconds`: of failing, after which one is not tried any more until somebody asks
    for it; `mail_seconds`: between two mails of one subscription."""

    max_per_user: int = 50
    default_seconds: float = 30 * 86400.0
    max_seconds: float = 365 * 86400.0
    pause_seconds: float = 5 * 86400.0
    keep_expired_seconds: float = 30 * 86400.0
    mail_seconds: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a user may have at once: bytes and files of sandboxes, jobs that wait. None: any amount."""

    bytes: int | None = None
    files: int | None = None
    waiting: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSettings:
    """Times in seconds."""

    base_url: str = "http://127.0.0.1:8480"
    job_ids: str = ""
    """What ids of jobs begin with; empty: `base_url`/jobs."""
    authority: str = ""
    """PEM: whom wrappers are to trust for our certificate; empty: the authorities of their nodes."""
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    jdl_defaults: JdlDefaults = field(default_factory=JdlDefaults)
    expiry_seconds: float = 7 * 86400.0
    """How long a job without ExpiryTime may wait for a place."""
    start_seconds: float = 86400.0
    """How long an input sandbox may stay incomplete."""
    deliver_seconds: float = 600.0
    """How long a site may leave a delivery in doubt before the job is tried elsewhere."""
    replan_seconds: float = 0.0
    """How long a job may wait in the queue of a site while another place is free; 0: for ever."""
    replan_learned: bool = True
    """Where enough is known of the queue times of a place, twice what is usual there counts instead."""
    replan_least_seconds: float = 300.0
    """But no less than this."""
    max_replans: int = 5
    """How often a job is moved for that."""
    cancel_seconds: float = 120.0
    """How long a site may leave a cancellation unconfirmed."""
    keep_seconds: Mapping[State, float] = field(default_factory=dict)
    """How long the files of an ended job are kept, by its state; for ever in states that are not named."""
    submit_key_seconds: float = 7 * 86400.0
    """How long the key of a submission is remembered."""
    max_nodes: int = 1_000_000
    """How many nodes one compound may have."""
    max_output_bytes: int = -1
    wall_margin_seconds: float | None = 600.0
    """How much longer than a job demands a site lets an attempt run, for its wrapper; None: sites are not told."""
    ask_memory: bool = True
    """Whether sites are asked for the memory that a job demands of a host."""
    min_peek_seconds: int = 5
    storage: tuple[KnownStorage, ...] = ()
    """Where OutputData may be written."""
    policies: Mapping[str, Expr] = field(default_factory=lambda: read_policies({}))
    """What every match must meet, by name."""
    announce_seconds: float = 3 * 86400.0
    """How long before its files go a job whose output was not fetched says so."""
    quota: Quota = field(default_factory=Quota)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    """Of users who have their own."""
    notify: NotifySettings = field(default_factory=NotifySettings)
    shares: Shares = field(default_factory=Shares)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    """When computing elements are left alone."""
    site_policies: Mapping[str, SitePolicy] = field(default_factory=dict)
    offers: Mapping[str, Terms] = field(default_factory=dict)
    """By information source to which resources may be handed in: on which terms."""

    def quota_of(self, owner: str) -> Quota:
        """The quota of a user."""
        return self.quotas.get(owner, self.quota)

    def policy(self, site: str) -> SitePolicy:
        """The policy of a site; the default one when none was configured."""
        return self.site_policies.get(site, SitePolicy())


@dataclass(slots=True, kw_only=True)
class World:
    """Everything a use case needs. Built by the daemon, or by a test."""

    database: Database
    market: Market
    sandbox: Area
    sites: Mapping[str, Site]
    settings: FlowSettings
    capability: Callable[[str], str]
    """Makes the secret of an attempt from its tag."""
    drain: Drain = field(default_factory=Drain)
    """Whether new work is taken."""
    load: LoadLimiter | None = None
    """Refuses work when there is too much; None: never."""
    outlets: Outlets | None = None
    """Where notifications go out; None: nowhere."""
    instance: str = "alone"
    """The name of this instance among those that share the database."""
    data: Locator = field(default_factory=Locator)
    """Where input data lies."""
    believing: Believing | None = None
    """What is believed of certificates and proxies; None: they are not taken."""
    seal: Seal | None = None
    """Closes and opens secrets of users in the database."""
    token_issuers: frozenset[str] = frozenset()
    """Whose tokens users may delegate, by address."""
    archive: Path | None = None
    """Where jobs go that ended long ago; None: nowhere."""
    clock: Clock = time.time
    rng: random.Random = field(default_factory=random.SystemRandom)
    news: Signal = field(default_factory=Signal)
    """Set at each commit: events were added."""
    waiting: Signal = field(default_factory=Signal)
    """Jobs came to wait, or places became free: matching may find something."""
    logged_at: float = 0.0
    """When events of jobs of other systems came last, by the monotonic clock: their records are to be brought up to
    date."""
    resting: Signal = field(default_factory=Signal)
    """A computing element rests from now on: what waits in its queue is to be taken out."""
    sweeping: Signal = field(default_factory=Signal)
    """Something is to be done to many nodes of a compound."""
    access: Signal = field(default_factory=Signal)
    """Bans or rules changed: who listens may not be permitted to any more."""
    subscribed: Signal = field(default_factory=Signal)
    """Subscriptions were made, changed or removed."""
    errands: dict[str, Signal] = field(default_factory=dict)
    """By site: the outbox or the site has something for its courier."""

    troubles: dict[str, str] = field(default_factory=dict)
    """By site: what it said when it last failed to answer; absent when it answers."""
    held_outputs: dict[str, str] = field(default_factory=dict)
    """By job: why output that it has brought cannot be taken over yet."""
    waits_for: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """By site, at its last look: what its batch system says attempts wait for, by tag."""
    answering: set[str] = field(default_factory=set)
    """The sites that have answered since this service started and since they last failed to."""
    paces: dict[str, Pace] = field(default_factory=dict)
    """By site."""
    descriptions: Descriptions = field(init=False)
    bans: Bans = field(init=False)
    consoles: Consoles = field(init=False)
    """Of interactive jobs; for the event loop alone."""
    usage: Usage = field(init=False)
    watches: Watches = field(default_factory=Watches)

    def __post_init__(self) -> None:
        self.descriptions = Descriptions(self.database)
        self.bans = Bans(self.database, self.clock, self.access.set)
        self.consoles = Consoles(self.clock)
        self.access.subscribe(self.news.set)
        self.data.news = self.waiting.set
        self.usage = Usage(self.database)
        self.sandbox.meter = self.usage.changed
        self.errands = {name: Signal() for name in self.sites}
        self.database.after_commit(self.news.set)
        self.database.on_news_from_others(self.wake_all)

    def has_answered(self, site: str) -> None:
        """A site has answered a question."""
        self.troubles.pop(site, None)
        self.answering.add(site)

    def has_failed(self, site: str, why: str) -> None:
        """A site did not answer, or its adaptor failed."""
        self.troubles[site] = why
        self.answering.discard(site)

    def pace(self, site: str) -> Pace:
        """How fast a site may be given attempts."""
        return self.paces.setdefault(site, Pace(self.settings.policy(site).max_per_minute))

    def wake_all(self) -> None:
        """Let every loop look: something may have come from another instance."""
        self.news.set()
        self.waiting.set()
        self.sweeping.set()
        for errand in self.errands.values():
            errand.set()
