"""What the service tells information systems of itself, as far as the configuration says it."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from gridwms.api.settings import Published
from gridwms.daemon.config import Config
from gridwms.publication.facts import Endpoint, Kind, address
from gridwms.security.listen import Tls
from gridwms.x509.names import slashed

_PORTS = {Kind.WMPROXY: 7443, Kind.LB: 9000}
"""Where gLite has them; they are published there when the service listens there too."""


def published(config: Config, url: str, ports: list[int], tls: Tls | None, now: float) -> Published:
    """`ports`: all that the service listens at."""
    kinds = (Kind.WMPROXY, Kind.LB, Kind.REST) if url.startswith("https:") else (Kind.REST,)
    faces = tuple(Endpoint(kind=kind, url=address(_base(url, _PORTS.get(kind, 0), ports), kind)) for kind in kinds)
    return Published(faces=faces, vos=partial(_vos, config), issuer=partial(_issuer, tls), started=now)


def _base(url: str, port: int, ports: list[int]) -> str:
    host = urlsplit(url).hostname or ""
    return f"https://{f'[{host}]' if ':' in host else host}:{port}" if port in ports else url


def _vos(config: Config) -> list[str]:
    """The VOs whose members can come: by their VOMS servers, by the issuers of their tokens, by the table of
    identities."""
    found = {one.vo for one in config.tokens.values()} | {row.vo for row in config.access.map}
    if config.certificates.authorities:
        with suppress(OSError):
            found |= {path.name for path in Path(config.certificates.vomsdir).iterdir() if path.is_dir()}
    return sorted(found - {""})


def _issuer(tls: Tls | None) -> str:
    if tls is None:
        return ""
    with suppress(OSError, ValueError):
        return slashed(x509.load_pem_x509_certificates(tls.certificate.read_bytes())[0].issuer)
    return ""
