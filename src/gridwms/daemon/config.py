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
from gridwms.jobs.rules import Rule, Step, Then


class BadConfig(Exception):
    """The configuration cannot be used; the text names the file, the key and what is accepted."""


class Service(_Section):
    """Where the service listens. `url`: how clients and worker nodes reach it; made from host and port when empty.

    `lease_seconds`: how long the work of an instance that died is left alone by the others on its database.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8480, ge=0, le=65535)
    url: str = ""
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
        Rule(then=self.then, reasons=frozenset(self.reason), text=self.text)
        return self


class MapRow(_Section):
    """Who a certificate or token is here; see `gridwms.security.mapping.Row`."""

    issuer: str = "*"
    name: str = "*"
    group: str = "*"
    user: str = ""
    vo: str = ""
    refuse: bool = False


class Access(_Section):
    """Who may do more than a user: subjects, or FQANs and names of groups. `map`: who is who, the first row that fits
    counts; `strict`: whom none fits is nobody here. `audit`: which decisions are written down, in the directory
    `audit_directory` (empty: `audit` in the data directory)."""

    operators: tuple[str, ...] = ()
    loggers: tuple[str, ...] = ()
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


class Archive(_Section):
    """Where jobs go that ended long ago; `after_days`: so long after they were purged, -1: only by hand."""

    directory: str = ""
    after_days: float = Field(default=-1.0, ge=-1)


class SiteSection(_Section):
    """What every kind of site has.

    `max_jobs`: attempts it may hold at once, waiting ones included; `max_queued`: waiting ones, 0 for any number.
    `max_per_minute`: how many it is given in a minute, 0 for any. `batch`: how many one call hands over. `hooks`: a
    directory on its worker nodes with scripts of the site (docs/operator/hooks.md).
    """

    max_jobs: int = Field(default=5000, ge=1)
    max_queued: int = Field(default=0, ge=0)
    max_per_minute: int = Field(default=0, ge=0)
    poll_seconds: float = Field(default=5.0, gt=0)
    refresh_seconds: float = Field(default=10.0, gt=0)
    batch: int = Field(default=500, ge=1)
    hooks: str = ""


class LocalSite(SiteSection):
    """This machine. `slots` 0: one a processor."""

    kind: Literal["local"] = "local"
    slots: int = Field(default=0, ge=0)
    grace_seconds: float = Field(default=30.0, ge=0)


Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class SimulatedQueue(_Section):
    """A computing element of an invented site; see `gridwms.sites.simulated.settings.Queue`."""

    name: str = "default"
    slots: int = Field(default=100, ge=0)
    speed: float = Field(default=1.0, gt=0)
    latency: Seconds = 0.0


class SimulatedFaults(_Section):
    """The bad luck of an invented site; see `gridwms.sites.simulated.settings.Faults`."""

    refuse: Chance = 0.0
    late: Chance = 0.0
    late_seconds: Seconds = 30.0
    vanish: Chance = 0.0
    vanish_seconds: Seconds = 60.0
    lose: Chance = 0.0
    die_early: Chance = 0.0
    die_late: Chance = 0.0
    stick: Chance = 0.0
    fail: Chance = 0.0
    hang: Chance = 0.0
    hang_seconds: Seconds = 0.0
    slow: Chance = 0.0
    slow_seconds: Seconds = 0.0


class SimulatedSite(SiteSection):
    """An invented site; see `gridwms.sites.simulated.settings.SimulatedSettings`."""

    kind: Literal["simulated"]
    host: str = "ce.simulated.example"
    seed: int = 1
    run_seconds: Seconds = 0.0
    spread: Chance = 0.0
    prepare_seconds: Seconds = 0.0
    cancel_seconds: Seconds = 0.0
    retry_seconds: float = Field(default=1.0, gt=0)
    leaves_events: bool = True
    queues: tuple[SimulatedQueue, ...] = (SimulatedQueue(),)
    faults: SimulatedFaults = SimulatedFaults()


class SshSection(_Section):
    """How to reach a site's submit host; see `gridwms.sites.shell.SshSettings`."""

    host: str = Field(min_length=1, pattern=r"^[^-\s]\S*$")
    config: str = ""
    options: tuple[str, ...] = ()
    connect_seconds: float = Field(default=20.0, gt=0)


class BatchSection(SiteSection):
    """A batch system by its own commands, here or behind `ssh`; see `gridwms.sites.batch.BatchSettings`.

    `call_seconds`: how long one call of the site may take. `network`: whether its worker nodes reach the service.
    """

    batch: int = Field(default=1000, ge=1)
    refresh_seconds: float = Field(default=30.0, gt=0)
    directory: str = ""
    host: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    array: int = Field(default=1000, ge=1)
    options: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    scratch: str = ""
    unseen_seconds: float = Field(default=120.0, ge=0)
    network: bool = True
    accounting: bool = True
    call_seconds: float = Field(default=60.0, gt=0)
    kind: str
    environment: dict[str, str] = Field(default_factory=dict)
    ssh: SshSection | None = None


class SlurmSite(BatchSection):
    """A Slurm cluster."""

    kind: Literal["slurm"]


class HTCondorSite(BatchSection):
    """An HTCondor pool, seen from a submit host, or with `schedd` and `pool` (its collector) from elsewhere.

    Its worker nodes must reach the service.
    """

    kind: Literal["htcondor"]
    schedd: str = Field(default="", pattern=r"^[A-Za-z0-9._@:-]*$")
    pool: str = Field(default="", pattern=r"^[A-Za-z0-9._:-]*$")
    network: Literal[True] = True


class GridEngineSite(BatchSection):
    """A Grid Engine cluster. `parallel`: its parallel environment for jobs of several processors. `memory`: what memory
    is asked for by, of each processor."""

    kind: Literal["gridengine"]
    parallel: str = Field(default="smp", pattern=r"^[A-Za-z0-9._*-]+$")
    memory: str = Field(default="mem_free", pattern=r"^[A-Za-z0-9._-]+$")


class GramSite(BatchSection):
    """A Globus gatekeeper, by its clients on this machine; see `gridwms.sites.gram.GramDialect`."""

    kind: Literal["gram"]
    contact: str = Field(pattern=r"^[A-Za-z0-9._-]+(:[0-9]+)?(/[A-Za-z0-9._-]+)?$")
    slots: int = Field(default=10, ge=1)
    array: Literal[1] = 1
    batch: int = Field(default=20, ge=1)
    max_jobs: int = Field(default=100, ge=1)
    network: Literal[True] = True
    ssh: None = None


class PbsSite(BatchSection):
    """A cluster with Torque, PBS Professional or OpenPBS."""

    kind: Literal["pbs"]


class ArcSite(SiteSection):
    """An ARC computing element; see `gridwms.sites.arc.ArcSettings`. `call_seconds`: how long one request may take."""

    kind: Literal["arc"]
    poll_seconds: float = Field(default=10.0, gt=0)
    refresh_seconds: float = Field(default=60.0, gt=0)
    url: str = Field(pattern=r"^https://[^\s/]+(/\S*)?$")
    proxy: str = ""
    token: str = ""
    authorities: str = "/etc/grid-security/certificates"
    queues: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    bulk: int = Field(default=500, ge=1)
    call_seconds: float = Field(default=120.0, gt=0)
    settle_seconds: float = Field(default=60.0, ge=0)
    unseen_seconds: float = Field(default=120.0, ge=0)
    keep_days: float = Field(default=7.0, gt=0)
    network: bool = True

    @model_validator(mode="after")
    def _one_credential(self) -> ArcSite:
        if bool(self.proxy) == bool(self.token):
            raise ValueError("a proxy or a token is needed, and not both")
        return self


class FileSource(_Section):
    """Resource ads in a file, TOML or ClassAd; relative paths count from the configuration file."""

    kind: Literal["file"] = "file"
    path: str
    seconds: float = Field(default=60.0, gt=0)


class BdiiSource(_Section):
    """An information index over LDAP. `sites`: pattern of ids of computing elements (`*`, `?`) to the site of this
    configuration that leads there."""

    kind: Literal["bdii"] = "bdii"
    url: str = Field(pattern=r"^ldaps?://[^\s/]+/?$")
    seconds: float = Field(default=120.0, gt=0)
    timeout: float = Field(default=60.0, gt=0)
    glue: tuple[Literal[1, 2], ...] = Field(default=(1, 2), min_length=1)
    base1: str = "mds-vo-name=local,o=grid"
    base2: str = "o=glue"
    filter1: str = ""
    without: tuple[str, ...] = ()
    sites: dict[str, str] = Field(default_factory=dict)


class WebSource(_Section):
    """A document in the web or in a file, and how to reach it; see `gridwms.market.sources.web.Access`."""

    url: str = Field(min_length=1)
    timeout: float = Field(default=60.0, gt=0)
    authority: str = ""
    certificate: str = ""
    key: str = ""
    token_file: str = ""


class CricSource(WebSource):
    """A JSON registry: queues in the style of CRIC, or resources in GLUE names. `sites_url`: its document about sites.
    `sites`: as for a BDII. `defaults`: attributes of all resources that do not have them."""

    kind: Literal["cric"]
    seconds: float = Field(default=600.0, gt=0)
    sites_url: str = ""
    sites: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str | bool | int | float | list[str]] = Field(default_factory=dict)


class ArcSource(WebSource):
    """An ARC computing element's own information. `site`: the site of this configuration that leads there."""

    kind: Literal["arc"]
    seconds: float = Field(default=120.0, gt=0)
    site: str = ""


class CondorSource(_Section):
    """The collector of an HTCondor pool; see `gridwms.market.sources.htcondor.source.CondorSource`."""

    kind: Literal["htcondor"]
    pool: str = Field(default="", pattern=r"^[A-Za-z0-9._:\[\]-]*$")
    host: str = Field(default="", pattern=r"^[A-Za-z0-9._:-]*$")
    constraint: str = ""
    site: str = ""
    seconds: float = Field(default=60.0, gt=0)
    timeout: float = Field(default=30.0, gt=0)
    program: str = "condor_status"
    environment: dict[str, str] = Field(default_factory=dict)


class PushSource(_Section):
    """Resources that sites and pilots hand in; see `gridwms.market.sources.push.Terms`. `seconds`: how often to look
    for what other instances took in."""

    kind: Literal["push"]
    seconds: float = Field(default=10.0, gt=0)
    who: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    default_seconds: float = Field(default=600.0, gt=0)
    max_seconds: float = Field(default=86400.0, gt=0)
    max_resources: int = Field(default=10_000, ge=0)


AnySource = Annotated[
    FileSource | BdiiSource | CricSource | ArcSource | CondorSource | PushSource, Field(discriminator="kind")
]
AnySite = Annotated[
    LocalSite | SimulatedSite | SlurmSite | HTCondorSite | GridEngineSite | PbsSite | GramSite | ArcSite,
    Field(discriminator="kind"),
]


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
        findings.append(f"{place}: {one['msg']}")
    return f"The configuration '{path}' has errors: " + "; ".join(findings) + "."
