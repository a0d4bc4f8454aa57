"""What an operator says about an ARC computing element."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSettings:
    """`url`: of A-REX (`https://ce.example.org/arex`). `proxy`: file with certificate, key and chain; `token`: file
    with a bearer token; one of them. `authorities`: folder of trusted certificates by hash, or one file.

    `queues`: the ones to use; empty: all there are. `environments`: runtime environments that each job gets
    (`ENV/PROXY`). `bulk`: descriptions in one request. `settle_seconds`: how long after a doubtful submission A-REX may
    still be at it; `unseen_seconds`: how long an attempt that it does not show is not given up. `keep_days`: how long
    A-REX keeps what nobody cleans.
    """

    name: str
    url: str
    proxy: str = ""
    token: str = ""
    authorities: str = "/etc/grid-security/certificates"
    queues: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    bulk: int = 500
    call_seconds: float = 120.0
    settle_seconds: float = 60.0
    unseen_seconds: float = 120.0
    keep_days: float = 7.0
    network: bool = True
    """Whether its worker nodes reach the service; else everything travels by the session, which nodes must see."""

    @property
    def host(self) -> str:
        """Of the computing element."""
        return urlsplit(self.url).hostname or ""

    @property
    def door(self) -> str:
        """Host and port, as the ids of its computing elements begin."""
        return f"{self.host}:{urlsplit(self.url).port or 443}"
