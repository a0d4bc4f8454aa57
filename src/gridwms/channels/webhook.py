"""Posting to a webhook: its address is looked up, checked, and connected to as checked. No redirects, no proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpcore

from gridwms.channels.address import Reach, read_url
from gridwms.channels.errors import BadTarget, Undelivered

CONNECT = 5.0
TOTAL = 20.0
"""Seconds for everything."""
_MOST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`trust`: whom to believe that a target is who it says."""

    reach: Reach = field(default_factory=Reach)
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    total: float = TOTAL

    async def check(self, url: str) -> None:
        """Return when this target could be used now; else raise BadTarget. Nothing is sent."""
        read = read_url(url)
        try:
            with anyio.fail_after(CONNECT):
                await _addresses(self.reach, str(read.hostname), read.port or 443, https=read.scheme == "https")
        except (OSError, TimeoutError) as error:
            raise BadTarget(f"the name {read.hostname} has no address") from error

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Deliver, or raise Undelivered."""
        try:
            read = read_url(url)
            backend = _Checked(self.reach, https=read.scheme == "https")
            with anyio.fail_after(self.total):
                async with httpcore.AsyncConnectionPool(ssl_context=self.trust, network_backend=backend) as pool:
                    extensions = {"timeout": {"connect": CONNECT, "read": self.total, "write": self.total}}
                    request = pool.stream("POST", url, headers=[*headers.items()], content=body, extensions=extensions)
                    async with request as answer:
                        _judge(answer)
        except BadTarget as error:
            raise Undelivered(f"The target may not be used: {error}.") from error
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Undelivered(f"The target did not answer within {self.total:g} s.") from error
        except ssl.SSLError as error:
            raise Undelivered(f"The certificate of the target is not accepted ({error.reason}).") from error
        except (httpcore.NetworkError, OSError) as error:
            raise Undelivered(f"The target cannot be reached ({_cause(error)}).") from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise Undelivered("What answers at the target is no HTTP server.") from error


def _judge(answer: httpcore.Response) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Undelivered(f"The target answered with a redirect (HTTP {status}); those are not followed.")
    found = {name.lower(): value for name, value in answer.headers}
    wait = found.get(b"retry-after", b"")
    seconds = min(float(wait), _MOST_WAIT) if wait.isdigit() and len(wait) < 10 else 0.0
    raise Undelivered(f"The target answered with HTTP {status}.", wait=seconds, gone=status == 410)


async def _addresses(reach: Reach, host: str, port: int, *, https: bool) -> list[str]:
    """The addresses of a host. Raises BadTarget when one of them may not be used: such a name is not to be trusted."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise BadTarget(f"'{host[:80]}' cannot be the name of a host") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        reach.check(address, https=https)
    return addresses


class _Checked(httpcore.AnyIOBackend):
    """Connects to addresses that were checked, and to nothing else; the name stays for TLS and the Host header."""

    def __init__(self, reach: Reach, *, https: bool) -> None:
        self._reach = reach
        self._https = https

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _addresses(self._reach, host, port, https=self._https)
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def _cause(error: BaseException) -> str:
    """The innermost thing that went wrong, without addresses."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    if isinstance(error, ConnectionRefusedError):
        return "the connection is refused"
    return getattr(error, "strerror", "") or type(error).__name__
