"""The service's certificate: a new one counts for the next connection, a broken one changes nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gridwms.security import renewed
from gridwms.security.renewed import Renewed, ServerContext
from gridwms.security.tls import ProxyContext
from tests.x509 import making

NOW = datetime.now(UTC)
AGES: dict[str, Any] = {
    "begins": NOW - making.NOW - timedelta(hours=1),
    "ends": NOW - making.NOW + timedelta(hours=12),
}
CA = making.authority(**AGES)
OLD, NEW = making.user(CA, "/CN=old", **AGES), making.user(CA, "/CN=new", **AGES)


def test_what_is_of_no_use_is_passed_over(tmp_path: Path) -> None:
    file, now = tmp_path / "number", [0.0]
    file.write_text("1")
    one = Renewed([file], lambda: int(file.read_text()), lambda: now[0])
    file.write_text("22")
    assert one.now == 1, "looked at a moment ago"
    seen = []
    for text in ("22", "x", None, "333"):
        now[0] += 1.0
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text)
        seen.append(one.now)
    assert seen == [22, 22, 22, 333]


@pytest.mark.parametrize("kind", [ServerContext, ProxyContext])
def test_a_new_certificate_counts_for_the_next_connection(
    tmp_path: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewed, "_LOOK", 0.0)
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"

    def put(shown: making.Made, with_key: making.Made) -> None:
        certificate.write_bytes(shown.pem)
        key.write_bytes(with_key.key_pem)

    async def serve() -> list[str]:
        put(OLD, OLD)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=kind(certificate, key))
        port = server.sockets[0].getsockname()[1]
        names = [await asyncio.to_thread(_shown, port)]
        put(NEW, OLD)
        names.append(await asyncio.to_thread(_shown, port))
        put(NEW, NEW)
        names.append(await asyncio.to_thread(_shown, port))
        server.close()
        await server.wait_closed()
        return names

    assert asyncio.run(serve()) == ["old", "old", "new"], "not while they do not go together"
    put(OLD, NEW)
    with pytest.raises((ValueError, OSError)):
        kind(certificate, key)


def _shown(port: int) -> str:
    context = ssl.create_default_context(cadata=CA.pem.decode())
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, context.wrap_socket(raw) as wire:
        found = wire.getpeercert() or {}
        subject: Any = found["subject"]
        return str(dict(pair for part in subject for pair in part)["commonName"])
