"""Whom a service asks to renew delegated credentials, as the configuration says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from gridwms.daemon.config import BadConfig, Config
from gridwms.flow.credentials.renew import Sources
from gridwms.flow.world import World
from gridwms.renewal.errors import RenewalFailed
from gridwms.renewal.myproxy import MyProxy
from gridwms.renewal.tokens import Issuers
from gridwms.renewal.voms import Voms, read_vomses
from gridwms.x509.chain import Chain, verify
from gridwms.x509.credential import Credential, read_credential
from gridwms.x509.errors import X509Error


def sources_of(config: Config, world: World) -> Sources:
    """MyProxy and VOMS servers, when the service takes proxies at all. Raises BadConfig."""
    section, believing = config.renewal, world.believing
    if bool(section.certificate) != bool(section.key):
        raise BadConfig("[renewal] certificate and key go together: give both, or neither.")
    certificate = Path(section.certificate or config.service.tls_certificate)
    key = Path(section.key or config.service.tls_key)
    trusted = {one.url: Path(one.authority) if one.authority else None for one in config.tokens.values()}
    tokens = Issuers(authorities=trusted, timeout=section.timeout_seconds)
    if believing is None:
        return Sources(tokens=tokens)
    believes = believing

    def judge(shown: tuple[x509.Certificate, ...]) -> Chain:
        now = datetime.fromtimestamp(world.clock(), UTC)
        return verify(shown, believes.anchors(), now, believes.rules)

    timeout, vomses = section.timeout_seconds, Path(section.vomses)
    return Sources(
        proxies=MyProxy(shown=lambda: _own(certificate, key), judge=judge, timeout=timeout),
        attributes=Voms(servers=lambda: read_vomses(vomses), judge=judge, timeout=timeout),
        tokens=tokens,
    )


def _own(certificate: Path, key: Path) -> Credential:
    """Read each time: host certificates are renewed, too."""
    try:
        return read_credential(certificate.read_bytes() + b"\n" + key.read_bytes(), str(certificate))
    except OSError as error:
        raise RenewalFailed(
            f"The service's own certificate for MyProxy cannot be read ({certificate}, {key}): {error.strerror}."
        ) from error
    except X509Error as error:
        raise RenewalFailed(error.sentence) from error
