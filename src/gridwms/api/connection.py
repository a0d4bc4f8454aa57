"""One connection of a client: what TLS says about it goes with each of its requests."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gridwms.security.tls import Wire

_CHAIN = "client_certificates"


class Connection(HttpToolsProtocol):
    """uvicorn's, for requests and for the WebSockets that begin as one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        wire = transport.get_extra_info("ssl_object")
        if isinstance(wire, Wire):
            self.app_state = {**self.app_state, _CHAIN: wire.chain}


def chain_of(request: HTTPConnection) -> tuple[bytes, ...]:
    """The certificates that the client of a request showed, DER, its own first."""
    found: tuple[bytes, ...] = request.scope.get("state", {}).get(_CHAIN, ())
    return found
