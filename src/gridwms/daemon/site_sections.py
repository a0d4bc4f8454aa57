"""`[sites.NAME]` in the configuration: one section a kind of site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue, field_validator, model_validator

from gridwms.classad import ClassAd
from gridwms.daemon.section import Section as _Section

_OWN = ("glueceuniqueid", "gridwmssite")


def ad_of(attributes: Mapping[str, JsonValue]) -> ClassAd:
    """Attributes as the configuration has them. Raises ValueError."""
    return ClassAd.from_values(attributes)  # type: ignore[arg-type]


class SiteSection(_Section):
    """What every kind of site has.

    `max_jobs`: attempts it may hold at once, waiting ones included; `max_queued`: waiting ones, 0 for any number.
    `max_per_minute`: how many it is given in a minute, 0 for any. `batch`: how many one call hands over. `hooks`: a
    directory on its worker nodes with scripts of the site (docs/operator/hooks.md). `attributes`: what its computing
    elements are said to have, beside what the site tells of them or in its place.
    """

    max_jobs: int = Field(default=5000, ge=1)
    max_queued: int = Field(default=0, ge=0)
    max_per_minute: int = Field(default=0, ge=0)
    poll_seconds: float = Field(default=5.0, gt=0)
    refresh_seconds: float = Field(default=10.0, gt=0)
    batch: int = Field(default=500, ge=1)
    hooks: str = ""
    attributes: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("attributes")
    @classmethod
    def _of_all_elements(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name in value:
            if name.lower() in _OWN:
                raise ValueError(f"{name} is the site's own to tell")
        ad_of(value)  # a number may be too large
        return value


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
    """A Slurm cluster. `share_seconds`: how long a task may have run when it takes another attempt of its array."""

    kind: Literal["slurm"]
    share_seconds: float = Field(default=1.0, ge=0, le=60)


class HTCondorSite(BatchSection):
    """An HTCondor pool, seen from a submit host, or with `schedd` and `pool` (its collector) from elsewhere.

    `via`: how it is spoken to; empty: by HTCondor's commands where there are any, else by its Python bindings.
    `share_seconds`: as with Slurm, where worker nodes share the files of the submit host.
    """

    kind: Literal["htcondor"]
    schedd: str = Field(default="", pattern=r"^[A-Za-z0-9._@:-]*$")
    pool: str = Field(default="", pattern=r"^[A-Za-z0-9._:-]*$")
    via: Literal["", "commands", "bindings"] = ""
    share_seconds: float = Field(default=1.0, ge=0, le=60)

    @model_validator(mode="after")
    def _bindings_are_here(self) -> HTCondorSite:
        if self.via == "bindings" and self.ssh is not None:
            raise ValueError(
                "behind ssh there are no bindings: leave out `via`, or name the schedd with `schedd` and `pool`"
            )
        return self


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
    """An ARC computing element; see `gridwms.sites.arc.ArcSettings`. `call_seconds`: how long one request may take.
    `credentials`: whose jobs go with, that of the site or the one that each job carries."""

    kind: Literal["arc"]
    credentials: Literal["site", "job"] = "site"
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


AnySite = Annotated[
    LocalSite | SimulatedSite | SlurmSite | HTCondorSite | GridEngineSite | PbsSite | GramSite | ArcSite,
    Field(discriminator="kind"),
]
