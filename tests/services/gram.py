"""A Globus gatekeeper (GRAM5) of the tests' own on loopback, with the fork job manager. Root, and its packages."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.services.ca import Authority, gridmap, proxy
from tests.services.processes import Daemons, free_port, kill_by_environment, succeeds

_PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
_PROGRAMS = ("globus-gatekeeper", "globus-job-manager", "globusrun", "globus-gass-server", "globus-gass-cache")


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "GRAM is not run: not root"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"GRAM is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class Gatekeeper:
    """A running one. `contact`: what clients call it; `environment`: what they need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "ca")
        self.port = free_port()
        self.contact = f"localhost:{self.port}/jobmanager-fork"
        user = self.authority.user("alice")
        self.environment = {
            "X509_CERT_DIR": str(self.authority.certificates),
            "X509_USER_PROXY": str(proxy(user, folder / "proxy.pem")),
            "GLOBUS_HOSTNAME": "localhost",
            "PATH": _PATH,
        }
        self._map = gridmap(folder / "gridmap", {user.subject: getpass.getuser()})
        self.daemons = Daemons(folder)

    def start(self) -> None:
        folder, host = self.folder, self.authority.host()
        for name in ("services", "state", "log"):
            (folder / name).mkdir()
        for name in ("state", "log"):
            (folder / name).chmod(0o1777)
        (folder / "manager.conf").write_text(f"""\
-globus-toolkit-version 6.2
-globus-gatekeeper-host localhost
-globus-gatekeeper-port {self.port}
-globus-gatekeeper-subject "{host.subject}"
-log-pattern {folder}/log/gram_$(LOGNAME).log
-log-levels ERROR|WARN|FATAL|INFO
-state-file-dir {folder}/state
-globus-location /usr
-x509-cert-dir {self.authority.certificates}
""")
        line = f"stderr_log,local_cred - /usr/sbin/globus-job-manager globus-job-manager -conf {folder}/manager.conf"
        for name in ("jobmanager-fork", "jobmanager"):
            (folder / "services" / name).write_text(f"{line} -type fork\n")
        words = ["-f", "-p", str(self.port), "-l", f"{folder}/gatekeeper.log"]
        words += ["-grid_services", f"{folder}/services", "-gridmap", str(self._map)]
        words += ["-x509_cert_dir", str(self.authority.certificates), "-x509_user_cert", str(host.certificate)]
        words += ["-x509_user_key", str(host.key), "-pidfile", f"{folder}/pid"]
        mine = {"GLOBUS_HOSTNAME": "localhost", "GLOBUS_LOCATION": "/usr", "GRIDWMS_GRAM": str(folder)}
        mine["X509_CERT_DIR"] = str(self.authority.certificates)
        self.daemons.start("gatekeeper", "/usr/sbin/globus-gatekeeper", *words, environment=mine)
        ask = ("globusrun", "-a", "-r", self.contact)
        self.daemons.wait_for("gatekeeper", lambda: succeeds(*ask, environment=self.environment))

    def stop(self) -> None:
        self.daemons.stop_all()
        kill_by_environment(f"GRIDWMS_GRAM={self.folder}")
        # job managers make an environment of their own
        found = subprocess.run(
            ["pgrep", "-f", f"globus-job-manager -conf {self.folder}/manager.conf"],
            capture_output=True,
            text=True,
            check=False,
        )
        for number in found.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(number), 15)


@contextmanager
def running() -> Iterator[Gatekeeper]:
    folder = Path(tempfile.mkdtemp(prefix="gw-gram-"))
    folder.chmod(0o755)
    keeper = Gatekeeper(folder)
    try:
        keeper.start()
        yield keeper
    finally:
        keeper.stop()
        shutil.rmtree(folder, ignore_errors=True)
