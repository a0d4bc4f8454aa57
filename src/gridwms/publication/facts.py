"""What is told of a service, whatever the schema."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class Kind(StrEnum):
    """The faces of a service, by the names that information systems know them by."""

    WMPROXY = "org.glite.wms.WMProxy"
    LB = "org.glite.lb.Server"
    REST = "org.gridwms.rest"


class Health(StrEnum):
    """How it is; the words of GLUE 2."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


class Serving(StrEnum):
    """Whether it takes new work; the words of GLUE 2."""

    PRODUCTION = "production"
    DRAINING = "draining"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where one of the faces is."""

    kind: Kind
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`info`: a sentence on the health. `started`: seconds since the epoch, None when it is not known. `access`: who
    may submit, as rules: `VO:x`, `VOMS:/x/Role=y`, `ALL`. `vos`: the VOs among them. `issuer`: who signed its
    certificate."""

    version: str
    endpoints: tuple[Endpoint, ...]
    health: Health = Health.OK
    info: str = ""
    serving: Serving = Serving.PRODUCTION
    started: float | None = None
    access: tuple[str, ...] = ()
    vos: tuple[str, ...] = ()
    issuer: str = ""


def ident(endpoint: Endpoint) -> str:
    """The id of the service behind an endpoint, the same from one publication to the next."""
    return f"{urlsplit(endpoint.url).hostname}_{endpoint.kind}"


def silent(url: str, why: str) -> Facts:
    """Of a service that does not answer."""
    secure = url.startswith("https:")
    kinds = (Kind.WMPROXY, Kind.LB, Kind.REST) if secure else (Kind.REST,)
    endpoints = tuple(Endpoint(kind=kind, url=address(url, kind)) for kind in kinds)
    return Facts(version="", endpoints=endpoints, health=Health.CRITICAL, info=why, serving=Serving.CLOSED)


def address(url: str, kind: Kind) -> str:
    """Where a face is on a service at `url`."""
    paths = {Kind.WMPROXY: "/glite_wms_wmproxy_server", Kind.LB: "/", Kind.REST: "/api/v1"}
    return url.rstrip("/") + paths[kind]
