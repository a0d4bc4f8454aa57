"""`[sources.NAME]` in the configuration: one section a kind of information source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gridwms.daemon.section import Section as _Section


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
