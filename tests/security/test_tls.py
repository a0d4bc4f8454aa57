"""TLS that hands certificates on unjudged: bytes arrive whole. In uvloop: `tests/end_to_end/test_certificates.py`."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gridwms.security.tls import ProxyContext, Wire
from tests.x509 import making

NOW = datetime.now(UTC)
AGES: dict[str, Any] = {
    "begins": NOW - making.NOW - timedelta(hours=1),
    "ends": NOW - making.NOW + timedelta(hours=12),
}
CA = making.authority(**AGES)
ALICE = making.user(CA, **AGES)
PROXY = making.proxy(ALICE, **AGES)
SERVER = making.user(CA, "/CN=localhost", **AGES)
BYTES = bytes(range(256)) * 12_000


class Echo(asyncio.Protocol):
    """Sends back what came."""

    chains: list[int] = []  # noqa: RUF012 (what all connections showed)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        wire = transport.get_extra_info("ssl_object")
        assert isinstance(wire, Wire)
        self.chains.append(len(wire.chain))

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_bytes_and_certificates_arrive(tmp_path: Path, version: ssl.TLSVersion) -> None:
    files = {"s.pem": SERVER.pem, "k.pem": SERVER.key_pem, "p.pem": PROXY.pem + PROXY.key_pem + ALICE.pem, "ca": CA.pem}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    client = ssl.create_default_context(cafile=str(tmp_path / "ca"))
    client.check_hostname = False
    client.minimum_version = client.maximum_version = version
    client.load_cert_chain(str(tmp_path / "p.pem"))
    Echo.chains.clear()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        context = ProxyContext(tmp_path / "s.pem", tmp_path / "k.pem")
        server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        for content in (b"x", BYTES):
            got = await asyncio.to_thread(_echoed, client, port, content)
            assert hashlib.sha256(got).digest() == hashlib.sha256(content).digest()
        server.close()
        await server.wait_closed()

    asyncio.run(serve())
    assert Echo.chains == [2, 2]


def _echoed(client: ssl.SSLContext, port: int, content: bytes) -> bytes:
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw, client.wrap_socket(raw) as wire:
        for at in range(0, len(content), 1 << 16):
            wire.sendall(content[at : at + (1 << 16)])
            while len(got) < min(len(content), at + (1 << 16)):
                got += wire.recv(1 << 16)
    return got


def test_files_that_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "s.pem").write_bytes(SERVER.pem)
    (tmp_path / "k.pem").write_bytes(ALICE.key_pem)
    with pytest.raises(ValueError, match="go together"):
        ProxyContext(tmp_path / "s.pem", tmp_path / "k.pem")
