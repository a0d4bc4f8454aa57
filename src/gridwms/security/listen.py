"""Where the service may listen: beyond this machine only with TLS, because tokens travel in the clear otherwise."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwms.security.errors import ListenRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate chain and the key that the service shows, both PEM."""

    certificate: Path
    key: Path


def resolve(host: str) -> list[str]:
    """All addresses of a host name, numeric. OSError when there are none."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})


def check_listen(host: str, tls: Tls | None, resolve: Callable[[str], Sequence[str]] = resolve) -> None:
    """Return when the service may listen on `host`; otherwise raise ListenRefused.

    Without TLS every address of the host must be a loopback address: `0.0.0.0`, `::` and the empty host mean
    all interfaces and are not.
    """
    if tls is not None:
        return
    try:
        addresses = [host] if _is_address(host) else list(resolve(host)) if host else []
    except OSError as error:
        raise ListenRefused(
            f"The name '{host}' has no address here: {error.strerror or error}.",
            "Give --host an address or a name of this machine.",
        ) from error
    exposed = [address for address in addresses if not _is_loopback(address)]
    if exposed or not addresses:
        meaning = f" ({exposed[0]})" if exposed and exposed[0] != host else ""
        raise ListenRefused(
            f"The service does not listen on '{host}'{meaning}: others could reach it, and without TLS they could "
            "read tokens and jobs on the way.",
            "Listen on 127.0.0.1, or configure tls_certificate and tls_key under [service].",
        )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    plain = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(plain, ipaddress.IPv6Address) and plain.ipv4_mapped is not None:
        plain = plain.ipv4_mapped
    return plain.is_loopback
