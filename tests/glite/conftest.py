from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from gridwms.glite import python_session, session
from tests.end_to_end.certificates import AGES, ALICE, NOW, SERVER, proxy_file
from tests.glite.fake import Fake
from tests.services.certificates import Made, certificate
from tests.x509.voms.making import attributes, proxy_with

OF_A_VO = proxy_with(ALICE, attributes(ALICE.certificate, SERVER, begins=NOW, ends=NOW + AGES["ends"]), **AGES)


@dataclass(frozen=True)
class Said:
    """What a command left."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def fakes(tls: Made) -> Iterator[Callable[[], Fake]]:
    made: list[Fake] = []

    def make() -> Fake:
        made.append(Fake(tls))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def fake(fakes: Callable[[], Fake]) -> Fake:
    return fakes()


@pytest.fixture
def proxy(tmp_path: Path) -> Path:
    """Alice's, of the VO testvo."""
    return proxy_file(tmp_path, OF_A_VO, ALICE)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Made, proxy: Path) -> Path:
    """A user with a proxy, in a directory of his own, where nothing is configured."""
    home = tmp_path / "home"
    home.mkdir()
    for name in (
        *("GLITE_WMS_WMPROXY_ENDPOINT", "GLITE_WMSUI_COMMANDS_CONFIG", "GLITE_WMS_CLIENT_CONFIG", "XDG_RUNTIME_DIR"),
        *("GLITE_WMS_COMMANDS_CONFIG", "GLITE_WMS_QUERY_SERVER", "EDG_WL_QUERY_SERVER", "GRIDWMS_SERVICE_ORDER"),
        "LCG_GFAL_INFOSYS",
        *("BEARER_TOKEN", "BEARER_TOKEN_FILE", "GLITE_WMS_QUERY_SERVER_OVERRIDE", "GLITE_WMS_LOG_DESTINATION"),
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "HOME": str(home),
        "EMI_UI_CONF": str(tmp_path / "etc"),
        "X509_USER_PROXY": str(proxy),
        "SSL_CERT_FILE": str(tls.certificate),
        "LOGNAME": "ann",
        "TZ": "UTC",
    }.items():
        monkeypatch.setenv(name, value)
    machine = tmp_path / "etc" / "glite-wms"
    machine.mkdir(parents=True)
    (machine / "glite_wmsui.conf").write_text(f'ErrorStorage = "{home}"')
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def run(user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`run("submit", "-a", "x.jdl", typed="y\\n")`: a command as its console script runs it."""

    def command(name: str, *words: object, typed: str = "") -> Said:
        module = import_module(f"gridwms.glite.{name.replace('-', '_')}")
        made = module.COMMAND
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        call = session.call if isinstance(made, session.Command) else python_session.call
        code = call(made, [str(word) for word in words])  # type: ignore[arg-type]
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command


@pytest.fixture
def configured(user: Path) -> Callable[..., Path]:
    """Writes the VO's configuration of the user."""

    def write(text: str, vo: str = "testvo") -> Path:
        path = user / ".glite" / vo / "glite_wmsui.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[ WmsClient = [ {text} ] ]")
        return path

    return write
