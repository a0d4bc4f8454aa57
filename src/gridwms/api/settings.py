"""What the HTTP side needs beyond the world of the use cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gridwms import __version__
from gridwms.publication.facts import Endpoint
from gridwms.security.audit import AuditLog
from gridwms.security.authenticate import Gatekeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What information systems are told. `vos`: whose members can come; `issuer`: of the service's certificate."""

    faces: tuple[Endpoint, ...] = ()
    vos: Callable[[], Sequence[str]] = tuple
    issuer: Callable[[], str] = str
    started: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url`: how clients reach the service (no slash at the end). `uploads`: files received at the same time."""

    url: str
    gatekeeper: Gatekeeper
    version: str = __version__
    uploads: int = 64
    audit: AuditLog | None = None
    published: Published = field(default_factory=Published)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service by https."""
        return self.url.startswith("https:")
