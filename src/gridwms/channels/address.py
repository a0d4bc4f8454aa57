"""Where webhooks may go: to the public internet, and to networks that the operator names. Nowhere else.

A subscriber chooses the target, and the service stands where the subscriber does not: without this a webhook would be
a way to its neighbours (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gridwms.channels.errors import BadTarget

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_URL = 2000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_PORTS = (80, 443)


@dataclass(frozen=True, slots=True)
class Reach:
    """`networks`: beyond the public internet; there http may be spoken too."""

    networks: Sequence[Network] = ()

    def named(self, address: Address) -> bool:
        """Whether the operator allowed it by name."""
        return any(address in network for network in self.networks)

    def check(self, text: str, *, https: bool) -> None:
        """Return when this numeric address may be connected to; else raise BadTarget."""
        address = ipaddress.ip_address(text.split("%", 1)[0])
        inner = _inner(address)
        if self.named(address) or self.named(inner):
            return
        if not (inner.is_global and address.is_global) or inner.is_multicast:
            raise BadTarget(f"the address {text} is not a public one, and the operator has not allowed it")
        if not https:
            raise BadTarget("http is not spoken to public addresses: use https")


def read_url(text: str) -> SplitResult:
    """The URL of a webhook. Raises BadTarget."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise BadTarget(f"the URL is not understood: {error}") from error
    if len(text) > MAX_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise BadTarget(f"a URL has at most {MAX_URL} printable ASCII characters")
    if url.scheme not in ("https", "http") or not url.hostname:
        raise BadTarget("the URL begins with https:// and names a host")
    if url.username is not None or url.fragment:
        raise BadTarget("the URL may have no user name and no fragment")
    if port is not None and port not in _LOW_PORTS and port < 1024:
        raise BadTarget(f"port {port} is not one that webhooks may go to: 80, 443, and from 1024 on")
    return url


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks as written. Raises ValueError."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def _inner(address: Address) -> Address:
    """The IPv4 address in an IPv6 one that only carries it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and address.teredo is not None:
        carried = address.teredo[1]
    if carried is None and address in _NAT64:
        carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address
