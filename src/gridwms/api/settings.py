"""What the HTTP side needs beyond the world of the use cases."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms import __version__
from gridwms.security.audit import AuditLog
from gridwms.security.authenticate import Gatekeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url`: how clients reach the service (no slash at the end). `uploads`: files received at the same time."""

    url: str
    gatekeeper: Gatekeeper
    version: str = __version__
    uploads: int = 64
    audit: AuditLog | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service by https."""
        return self.url.startswith("https:")
