"""A MyProxy server of the tests' own on loopback. Root, and its packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.ca import Authority, Credential
from tests.services.processes import Daemons, free_port, kill_by_environment

_PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
_PROGRAMS = ("myproxy-server", "myproxy-init", "myproxy-info", "grid-proxy-info")
_CONFIG = """\
accepted_credentials "*"
authorized_retrievers "*"
default_retrievers "*"
authorized_renewers "*/O=Hosts/CN=*"
default_renewers "*"
default_key_retrievers "none"
trusted_retrievers "none"
max_proxy_lifetime 240
"""


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "MyProxy is not run: not root"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"MyProxy is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class MyProxy:
    """A running one. `server`: its host and port."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder, self.authority = folder, authority
        self.port = free_port()
        self.server = f"localhost:{self.port}"
        self.host = authority.host()
        self.daemons = Daemons(folder)
        self._mine = {
            "PATH": _PATH,
            "X509_CERT_DIR": str(authority.certificates),
            "MYPROXY_SERVER_DN": self.host.subject,
            "GT_PROXY_MODE": "rfc",
            "GRIDWMS_MYPROXY": str(folder),
        }

    def start(self) -> None:
        store = self.folder / "store"
        store.mkdir(mode=0o700)
        config = self.folder / "server.config"
        config.write_text(_CONFIG)
        shown = {"X509_USER_CERT": str(self.host.certificate), "X509_USER_KEY": str(self.host.key)}
        words = ["-c", str(config), "-s", str(store), "-l", "127.0.0.1", "-p", str(self.port)]
        # with "-d" it would end after one client; so it goes to the background, and is found by its file
        done = subprocess.run(
            ["myproxy-server", *words, "-P", str(self.folder / "pid")],
            env={**os.environ, **self._mine, **shown},
            capture_output=True,
            timeout=30,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"myproxy-server does not start: {done.stderr.decode()}")
        user = self.authority.user("prober")
        ask = {"X509_USER_CERT": str(user.certificate), "X509_USER_KEY": str(user.key)}
        for _ in range(100):
            done = subprocess.run(
                ["myproxy-info", "-s", "localhost", "-p", str(self.port), "-l", "nobody"],
                env={**os.environ, **self._mine, **ask},
                capture_output=True,
                timeout=20,
                check=False,
            )
            said = (done.stdout + done.stderr).lower()
            if b"no credentials" in said or b"not exist" in said or b"username: nobody" in said:
                return
        raise AssertionError(f"myproxy-server does not answer: {said.decode()}")

    def store(self, user: Credential, *, hours: int = 168, passphrase: str = "", name: str = "") -> None:
        """Keep a proxy of a user: for renewal under the user's DN, or with a pass phrase under `name`."""
        words = ["myproxy-init", "-s", "localhost", "-p", str(self.port), "-c", str(hours)]
        words += ["-l", name, "-S"] if passphrase else ["-d", "-n"]
        shown = {"X509_USER_CERT": str(user.certificate), "X509_USER_KEY": str(user.key)}
        done = subprocess.run(
            words,
            env={**os.environ, **self._mine, **shown},
            input=f"{passphrase}\n".encode() if passphrase else b"",
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"myproxy-init failed: {(done.stdout + done.stderr).decode()}")

    def stop(self) -> None:
        kill_by_environment(f"GRIDWMS_MYPROXY={self.folder}")


@contextmanager
def running(authority: Authority) -> Iterator[MyProxy]:
    folder = Path(tempfile.mkdtemp(prefix="gw-myproxy-"))
    folder.chmod(0o755)
    server = MyProxy(folder, authority)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
