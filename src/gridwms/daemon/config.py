"""The configuration file (TOML): one schema, an unknown key is an error, every value has a default."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from gridwms.channels.mail import Security
from gridwms.daemon.catalogues import AnyCatalogue, FileCatalogueSection, StorageSection
from gridwms.daemon.section import Section as _Section
from gridwms.daemon.site_sections import AnySite, LocalSite
from gridwms.daemon.source_sections import AnySource, FileSource, WebSource
from gridwms.jobs.rules import Rule, Step, Then


class BadConfig(Exception):
    """The configuration cannot be used; the text names the file, the key and what is accepted."""


class Service(_Section):
    """Where the service listens. `url`: how clients and worker nodes reach it; made from host and port when empty.
    `also_listen`: further addresses (PORT, or HOST:PORT), such as those that gLite's clients know.
    `job_ids`: the address that ids of jobs begin with; made of `url` when empty.

    `lease_seconds`: how long the work of an instance that died is left alone by the others on its database.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8480, ge=0, le=65535)
    url: str = ""
    also_listen: tuple[str, ...] = ()
    job_ids: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    tls_certificate: str = ""
    tls_key: str = ""
    tls_authority: str = ""
    database: str = ""
    lease_seconds: float = Field(default=15.0, ge=1.0)


class Jobs(_Section):
    """Limits and defaults for jobs. Times in seconds, sizes in bytes (-1: no limit)."""

    vo: str = "local"
    requirements: str = 'other.GlueCEStateStatus == "Production"'
    rank: str = "-other.GlueCEStateEstimatedResponseTime"
    retry_count: int = Field(default=0, ge=0)
    shallow_retry_count: int = Field(default=3, ge=-1)
    max_retry_count: int = Field(default=10, ge=0)
    max_shallow_retry_count: int = Field(default=10, ge=0)
    expiry_seconds: float = Field(default=7 * 86400.0, gt=0)
    start_seconds: float = Field(default=86400.0, gt=0)
    keep_done_days: float = Field(default=60.0, ge=0)
    replan_seconds: float = Field(default=0.0, ge=0)
    replan_learned: bool = True
    replan_least_seconds: float = Field(default=300.0, ge=0)
    max_replans: int = Field(default=5, ge=0)
    keep_cleared_days: float = Field(default=3.0, ge=0)
    keep_aborted_days: float = Field(default=15.0, ge=0)
    keep_cancelled_days: float = Field(default=15.0, ge=0)
    announce_days: float = Field(default=3.0, ge=0)
    submit_key_days: float = Field(default=7.0, gt=0)
    max_output_bytes: int = Field(default=-1, ge=-1)
    wall_margin_seconds: float = Field(default=600.0, ge=-1)
    ask_memory: bool = True
    max_nodes: int = Field(default=1_000_000, ge=1)
    peek_least_seconds: int = Field(default=2, ge=1)
    memory_mb: int = Field(default=2048, ge=1)


class RetryRule(_Section):
    """What a failure of an attempt leads to, before the rules of gridwms.jobs.rules; see `Rule` there."""

    then: Then
    site: str = "*"
    step: tuple[Step, ...] = ()
    reason: tuple[str, ...] = ()
    text: str = ""
    payload: bool | None = None
    factor: float = Field(default=2.0, gt=1)
    most_mb: int = Field(default=16384, ge=1)

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        self.rule()
        for name in sorted({"factor", "most_mb"} & self.model_fields_set):
            if self.then is not Then.MORE_MEMORY:
                raise ValueError(f"{name} goes with then = 'more_memory' only")
        return self

    def rule(self) -> Rule:
        """The same for `jobs/retry.py`. ValueError: it is none."""
        return Rule(
            then=self.then,
            site=self.site,
            steps=frozenset(self.step),
            reasons=frozenset(self.reason),
            text=self.text,
            payload=self.payload,
            factor=self.factor,
            most_mb=self.most_mb,
        )


class MapRow(_Section):
    """Who a certificate or token is here; see `gridwms.rights.file.Row`."""

    issuer: str = "*"
    name: str = "*"
    group: str = "*"
    user: str = ""
    vo: str = ""
    refuse: bool = False


class Access(_Section):
    """Who may do more than a user: subjects, or FQANs and names of groups. `policy`: the file of rules, empty:
    `policy.toml` in the data directory, if it is there; `gacl`, `lb_policy`: files of gLite that are read with it.
    `map`: who is who, the first row that fits counts; `strict`: whom none fits is nobody here. `audit`: which decisions
    are written down, in the directory `audit_directory` (empty: `audit` in the data directory)."""

    operators: tuple[str, ...] = ()
    loggers: tuple[str, ...] = ()
    policy: str = ""
    gacl: str = ""
    lb_policy: str = ""
    map: tuple[MapRow, ...] = ()
    strict: bool = False
    audit: Literal["off", "changes", "all"] = "changes"
    audit_directory: str = ""


class TokenIssuer(_Section):
    """An issuer of tokens that is trusted; see `gridwms.security.tokens.claims.Rules`.

    `audiences`: what its tokens call this service, its address when empty. `authority`: PEM of whom to trust for its
    certificate, empty: whom this machine trusts.
    """

    url: str = Field(pattern=r"^https://[^\s]+$")
    vo: str = ""
    audiences: tuple[str, ...] = ()
    profiles: tuple[Literal["wlcg", "scitokens", "plain"], ...] = Field(default=("wlcg", "scitokens"), min_length=1)
    any_audience: bool = True
    max_seconds: float = Field(default=86400.0, ge=0)
    authority: str = ""


class Certificates(_Section):
    """Users with certificates and proxies; needs TLS. `authorities`: the directory of those that are trusted, empty:
    certificates are not asked for. `vomsdir`: which VOMS servers speak for which VO."""

    authorities: str = ""
    vomsdir: str = "/etc/grid-security/vomsdir"
    legacy_proxies: bool = False
    proxy_depth: int = Field(default=6, ge=0)
    require_crl: bool = False


class Renewal(_Section):
    """How delegated credentials are renewed. `certificate`, `key`: what the service shows MyProxy servers; empty: those
    of [service]. `vomses`: a file, or a directory of such, that tells which VOMS servers speak for a VO."""

    certificate: str = ""
    key: str = ""
    vomses: str = "/etc/vomses"
    timeout_seconds: float = Field(default=120.0, gt=0)


class Archive(_Section):
    """Where jobs go that ended long ago; `after_days`: so long after they were purged, -1: only by hand."""

    directory: str = ""
    after_days: float = Field(default=-1.0, ge=-1)


class Quarantine(_Section):
    """When computing elements are left alone for a while; see `gridwms.flow.breaker.BreakerSettings`."""

    share: float = Field(default=0.5, ge=0, le=1)
    least: int = Field(default=10, ge=1, le=20)
    failing: float = Field(default=0.8, gt=0, le=1)
    pause_seconds: float = Field(default=300.0, gt=0)
    longest_pause_seconds: float = Field(default=3600.0, gt=0)
    silent_seconds: float = Field(default=60.0, ge=0)


class UserQuota(_Section):
    """What a user may have at once; -1: any amount."""

    max_bytes: int = Field(default=-1, ge=-1)
    max_files: int = Field(default=-1, ge=-1)
    max_waiting_jobs: int = Field(default=-1, ge=-1)


class Quotas(UserQuota):
    """What each user may have at once, and users who have a quota of their own."""

    users: dict[str, UserQuota] = Field(default_factory=dict)


Count = Annotated[int, Field(ge=0)]


class SiteLimit(_Section):
    """How many jobs may be at a site at once; see `gridwms.match.shares.Limits`."""

    max_running: Count | None = None
    max_queued: Count | None = None


class PartyShare(SiteLimit):
    """The share of a VO, a group or a user among its siblings, and its limits: in all, and by site."""

    share: float = Field(default=1.0, gt=0)
    sites: dict[str, SiteLimit] = Field(default_factory=dict)


class Share(_Section):
    """Fair share: what VOs, groups and users are entitled to. `each_...`: of those that are not named.

    `on` false: whoever waits longest goes first; limits hold all the same.
    """

    on: bool = True
    half_life_days: float = Field(default=7.0, gt=0)
    each_vo: PartyShare = PartyShare()
    each_group: PartyShare = PartyShare()
    each_user: PartyShare = PartyShare()
    vos: dict[str, PartyShare] = Field(default_factory=dict)
    groups: dict[str, PartyShare] = Field(default_factory=dict)
    users: dict[str, PartyShare] = Field(default_factory=dict)


Percent = Annotated[float, Field(ge=0, le=100)]


class Load(_Section):
    """The load limiter: thresholds beyond which submissions are refused; 0: none. `load1` to `load15`: load averages;
    `free_files`: the least number of files that can still be opened; `writer_queue`: writes that wait for the
    database; `waiting_jobs`: jobs that wait for a place."""

    load1: float = Field(default=0.0, ge=0)
    load5: float = Field(default=0.0, ge=0)
    load15: float = Field(default=0.0, ge=0)
    memory_percent: Percent = 0.0
    swap_percent: Percent = 0.0
    disk_percent: Percent = 99.0
    free_files: Count = 32
    writer_queue: Count = 2000
    waiting_jobs: Count = 0


class Notify(_Section):
    """Subscriptions: webhooks and mail. `networks`: not public ones that webhooks may go to, by http too. `authority`:
    PEM of whom to trust for the certificates of webhooks; empty: whom this machine trusts."""

    max_per_user: int = Field(default=50, ge=0)
    default_days: float = Field(default=30.0, gt=0)
    max_days: float = Field(default=365.0, gt=0)
    pause_days: float = Field(default=5.0, gt=0)
    keep_expired_days: float = Field(default=30.0, ge=0)
    networks: tuple[str, ...] = ()
    authority: str = ""


class Mail(_Section):
    """The mail server that the service hands mail to; empty `host`: no mail is sent. `domains`: whose addresses may be
    written to, all when empty. `interval_seconds`: between two mails of one subscription."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    sender: str = ""
    user: str = ""
    password_file: str = ""
    domains: tuple[str, ...] = ()
    interval_seconds: float = Field(default=900.0, ge=0)
    authority: str = ""


class Config(_Section):
    """Everything that can be configured."""

    service: Service = Service()
    jobs: Jobs = Jobs()
    retry: tuple[RetryRule, ...] = ()
    access: Access = Access()
    tokens: dict[str, TokenIssuer] = Field(default_factory=dict)
    certificates: Certificates = Certificates()
    renewal: Renewal = Field(default_factory=Renewal)
    archive: Archive = Archive()
    policies: dict[str, str] = Field(default_factory=dict)
    quarantine: Quarantine = Quarantine()
    quotas: Quotas = Quotas()
    share: Share = Share()
    load: Load = Load()
    notify: Notify = Notify()
    mail: Mail = Mail()
    sites: dict[str, AnySite] = Field(default={"local": LocalSite()})
    sources: dict[str, AnySource] = Field(default_factory=dict)
    catalogues: dict[str, AnyCatalogue] = Field(default_factory=dict)
    storage: dict[str, StorageSection] = Field(default_factory=dict)


def read_config(path: Path | None) -> Config:
    """The configuration in a file, or the defaults without one. Raises BadConfig."""
    if path is None:
        return Config()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"The configuration '{path}' cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"The configuration '{path}' is not TOML: {error}.") from error
    for name, site in data.get("sites", {}).items():
        if isinstance(site, dict):
            site.setdefault("kind", "local" if name == "local" else None)
    for source in data.get("sources", {}).values():
        if isinstance(source, dict):
            source.setdefault("kind", "file")
    for catalogue in data.get("catalogues", {}).values():
        if isinstance(catalogue, dict):
            catalogue.setdefault("kind", "file")
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise BadConfig(_sentence(path, error)) from error
    rooted: dict[str, object] = {
        "sources": {name: _rooted(one, path) for name, one in config.sources.items()},
        "catalogues": {name: _rooted(one, path) for name, one in config.catalogues.items()},
    }
    return config.model_copy(update=rooted)


_PATHS = ("path", "authority", "certificate", "key", "token_file")
_URLS = ("url", "sites_url")


def _rooted(source: AnySource | AnyCatalogue, config: Path) -> AnySource | AnyCatalogue:
    """The same with paths that count from the configuration file."""
    names: tuple[str, ...] = ()
    if isinstance(source, FileSource | FileCatalogueSection):
        names = ("path",)
    elif isinstance(source, WebSource):
        names = _PATHS + tuple(name for name in _URLS if "://" not in getattr(source, name, ""))
    paths = {name: str(found) for name in names if (found := getattr(source, name, ""))}
    return source.model_copy(update={name: os.path.normpath(config.parent / path) for name, path in paths.items()})


def _sentence(path: Path, error: ValidationError) -> str:
    findings = []
    for one in error.errors():
        place = ".".join(str(part) for part in one["loc"])
        what = one["msg"].removeprefix("Value error, ").replace("valid tuple", "list, in square brackets")
        findings.append(f"{place}: {what}")
    return f"The configuration '{path}' has errors: " + "; ".join(findings) + "."
