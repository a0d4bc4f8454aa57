"""A service that takes certificates, its authority, a user and a VOMS server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.never_lost.rounds import Runner, free_port
from tests.services.certificates import certificate
from tests.x509 import making
from tests.x509.making import Made

NOW = datetime.now(UTC)
AGES: dict[str, Any] = {
    "begins": NOW - making.NOW - timedelta(hours=1),
    "ends": NOW - making.NOW + timedelta(hours=12),
}
PORT = free_port()
"""Where the service of the tests on gLite's clients listens too."""
CA = making.authority(**AGES)
ALICE = making.user(CA, **AGES)
SERVER = making.user(CA, "/DC=org/O=Hosts/CN=voms.example.org", **AGES)


@contextlib.contextmanager
def running(directory: Path, *also_listen: int) -> Iterator[Runner]:
    """The service, with `certificate.pem` beside its log for clients to trust."""
    (directory / "authorities").mkdir()
    (directory / "authorities" / "1a2b3c4d.0").write_bytes(CA.pem)
    (directory / "vomsdir" / "testvo").mkdir(parents=True)
    lsc = "/DC=org/O=Hosts/CN=voms.example.org\n/DC=org/CN=Test CA\n"
    (directory / "vomsdir" / "testvo" / "voms.example.org.lsc").write_text(lsc)
    made, key = certificate(directory)
    config = directory / "gridwms.toml"
    config.write_text(
        f'[service]\ntls_certificate = "{made}"\ntls_key = "{key}"\n'
        f"also_listen = {[str(one) for one in also_listen]}\n"
        + "".join(f'job_ids = "https://127.0.0.1:{one}"\n' for one in also_listen[:1])
        + f'[certificates]\nauthorities = "{directory}/authorities"\nvomsdir = "{directory}/vomsdir"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made))
        started = Runner(directory, "--config", str(config))
        started.url = started.url.replace("http:", "https:")
        started.start()
        yield started
        started.stop()


def proxy_file(directory: Path, *shown: Made) -> Path:
    """A proxy as its file: certificate, key, chain."""
    file = directory / "proxy.pem"
    file.write_bytes(b"".join([shown[0].pem, shown[0].key_pem, *(one.pem for one in shown[1:])]))
    file.chmod(0o600)
    return file
