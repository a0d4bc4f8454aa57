"""A Rucio server of the tests' own, over SQLite, from the packages of a virtual environment (`tools/fetch-rucio`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Daemons, free_port

PLACE = Path(os.environ.get("GRIDWMS_TEST_CACHE", "/var/tmp/gridwms-tests")) / "rucio"

_CONFIGURATION = """
[common]
logdir = {home}
loglevel = WARNING
[alembic]
cfg = {home}/etc/alembic.ini
[database]
default = sqlite:///{home}/rucio.db
pool_reset_on_return = rollback
[bootstrap]
userpass_identity = test
userpass_pwd = secret
userpass_email = test@localhost
[policy]
permission = generic
schema = generic
lfn2pfn_algorithm_default = identity
"""
_ALEMBIC = """
[alembic]
script_location = {scripts}
sqlalchemy.url = sqlite:///{home}/rucio.db
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARN
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""
_FIRST = """
import os, pathlib, sys
import rucio.db.sqla as tables
from rucio.db.sqla.util import build_database, create_base_vo, create_root_account
scripts = pathlib.Path(tables.__file__).parent / "migrate_repo"
ini = pathlib.Path(os.environ["RUCIO_HOME"]) / "etc" / "alembic.ini"
ini.write_text(ini.read_text().replace("{scripts}", str(scripts)))
build_database(); create_base_vo(); create_root_account()
"""
_DOMAINS = {
    "lan": {"read": 1, "write": 1, "delete": 1},
    "wan": {"read": 1, "write": 1, "delete": 1, "third_party_copy_read": 1, "third_party_copy_write": 1},
}


def missing() -> str:
    """What is not installed, "" when all is there."""
    return "" if (PLACE / "ready").exists() else "Rucio is not there (tools/fetch-rucio)"


@contextmanager
def running() -> Iterator[str]:
    """Start a server with an account `root` (user `test`, password `secret`); its URL."""
    home = Path(tempfile.mkdtemp(prefix="gw-rucio-"))
    (home / "etc").mkdir()
    (home / "etc" / "rucio.cfg").write_text(_CONFIGURATION.format(home=home))
    (home / "etc" / "alembic.ini").write_text(_ALEMBIC.format(home=home, scripts="{scripts}"))
    environment = {"RUCIO_HOME": str(home)}
    done = subprocess.run(
        [str(PLACE / "bin" / "python"), "-c", _FIRST],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    daemons = Daemons(home)
    url = f"http://127.0.0.1:{free_port()}"
    words = ("-b", url.removeprefix("http://"), "-w", "1", "--no-control-socket")
    program = "rucio.web.rest.flaskapi.v1.main:application"
    daemons.start("rucio", str(PLACE / "bin" / "gunicorn"), *words, program, environment=environment)
    try:
        daemons.wait_for("rucio", lambda: _answers(url))
        yield url
    finally:
        daemons.stop_all()
        shutil.rmtree(home)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=5):
            return True
    except OSError:
        return False


class Keeper:
    """Fills a server: what its operators do with Rucio's own client."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = ""
        self._token = self._send("GET", "/auth/userpass").headers["X-Rucio-Auth-Token"]

    def post(self, path: str, body: object = None) -> None:
        self._send("POST", path, json.dumps(body).encode() if body is not None else b"")

    def element(self, rse: str, host: str) -> None:
        """A storage element with a protocol."""
        self.post(f"/rses/{rse}", {"deterministic": True})
        kind = {"hostname": host, "port": 443, "prefix": "/dav/", "impl": "rucio.rse.protocols.gfal.Default"}
        self.post(f"/rses/{rse}/protocols/davs", kind | {"domains": _DOMAINS})

    def _send(self, method: str, path: str, body: bytes | None = None) -> urllib.request.addinfourl:  # type: ignore[name-defined]
        headers = {"X-Rucio-Account": "root", "Content-Type": "application/json", "X-Rucio-Auth-Token": self._token}
        if not self._token:
            headers |= {"X-Rucio-Username": "test", "X-Rucio-Password": "secret"}
        request = urllib.request.Request(self._url + path, data=body, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return answer
