from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509

from gridwms.security.believing import Believing
from gridwms.x509.chain import Chain, Rules, verify
from gridwms.x509.credential import Credential, read_credential
from gridwms.x509.trust import Trust
from gridwms.x509.voms.trust import VomsDirectory
from tests.flow.conftest import stage
from tests.services import ca
from tests.services import myproxy as real_myproxy
from tests.services import voms as real_voms
from tests.services.myproxy import MyProxy
from tests.services.voms import Voms

__all__ = ["stage"]
FQANS = ("/testvo", "/testvo/prod", "/testvo/Role=production", "/testvo/prod/Role=manager")


@dataclass
class Grid:
    """An authority with a host and a user, and who believes it."""

    authority: ca.Authority
    folder: Path

    def __post_init__(self) -> None:
        self.host = self.authority.host()
        self.alice, self.bob = self.authority.user("alice"), self.authority.user("bob")
        self.trust = Trust(self.authority.certificates)

    def judge(self, shown: tuple[x509.Certificate, ...]) -> Chain:
        return verify(shown, self.trust.anchors, datetime.now(UTC), Rules())

    def believing(self, vomsdir: Path) -> Believing:
        return Believing(lambda: self.trust.anchors, VomsDirectory(vomsdir).believed, Rules())

    def of(self, made: ca.Credential) -> Credential:
        return read_credential(made.certificate.read_bytes() + made.key.read_bytes(), "it")

    def proxy(self, made: ca.Credential, name: str = "proxy.pem") -> Credential:
        return read_credential(ca.proxy(made, self.folder / name).read_bytes(), "the proxy")


@pytest.fixture(scope="session")
def grid() -> Iterator[Grid]:
    with TemporaryDirectory(prefix="gw-grid-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # servers read it as accounts of their own
        yield Grid(ca.Authority(folder / "ca"), folder)


@pytest.fixture(scope="session")
def myproxy(grid: Grid) -> Iterator[MyProxy]:
    """A real one, in which alice keeps a proxy for renewal and another with a pass phrase."""
    if why := real_myproxy.missing():
        pytest.skip(why)
    with real_myproxy.running(grid.authority) as server:
        server.store(grid.alice)
        server.store(grid.alice, passphrase="open sesame", name="ann")
        yield server


@pytest.fixture(scope="session")
def voms(grid: Grid) -> Iterator[Voms]:
    """A real one, of which alice is a member."""
    if why := real_voms.missing():
        pytest.skip(why)
    with real_voms.running(grid.authority, {grid.alice.subject: FQANS}) as server:
        yield server
