"""TLS as the configuration wants it: the service's own certificate, and what is asked of clients."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gridwms.daemon.config import BadConfig, Config
from gridwms.security.believing import Believing
from gridwms.security.listen import Tls
from gridwms.security.renewed import ServerContext
from gridwms.security.tls import ProxyContext
from gridwms.x509.chain import Rules
from gridwms.x509.errors import BadCredential
from gridwms.x509.trust import Trust
from gridwms.x509.voms.trust import VomsDirectory


def tls_of(config: Config) -> Tls | None:
    """The certificate that the service shows; None for plain HTTP. Raises BadConfig."""
    certificate, key = config.service.tls_certificate, config.service.tls_key
    if bool(certificate) != bool(key):
        raise BadConfig("[service] tls_certificate and tls_key go together: give both, or neither.")
    return Tls(certificate=Path(certificate), key=Path(key)) if certificate else None


def believing_of(config: Config) -> Believing | None:
    """What is believed of certificates, when the configuration names authorities. Raises BadConfig."""
    section = config.certificates
    if not section.authorities:
        return None
    if tls_of(config) is None:
        raise BadConfig("[certificates] needs TLS: give tls_certificate and tls_key under [service] too.")
    try:
        trust = Trust(Path(section.authorities))
    except BadCredential as error:
        raise BadConfig(f"[certificates] {error.sentence} {error.advice}") from error
    rules = Rules(
        legacy_proxies=section.legacy_proxies, proxy_depth=section.proxy_depth, require_crl=section.require_crl
    )
    hosts = {urlsplit(config.service.url).hostname or "", config.service.host, socket.getfqdn()} - {""}
    directory = VomsDirectory(Path(section.vomsdir))
    return Believing(lambda: trust.anchors, directory.believed, rules, sorted(hosts))


def listening_with(tls: Tls | None, *, ask: bool) -> dict[str, Any]:
    """What uvicorn needs; `ask`: clients are asked for their certificates. Raises BadConfig."""
    if tls is None:
        return {}
    try:
        context = (ProxyContext if ask else ServerContext)(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        raise BadConfig(f"[service] tls_certificate and tls_key cannot be used: {error}.") from error
    return {"ssl_context_factory": lambda *_: context}
