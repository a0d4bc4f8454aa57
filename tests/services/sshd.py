"""An sshd of the tests' own on loopback, that lets in whoever runs the tests, by key."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Daemons, free_port, succeeds

_SSHD = "/usr/sbin/sshd"
_SEPARATION = Path("/run/sshd")


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    absent = [name for name in (_SSHD, "ssh", "ssh-keygen") if shutil.which(name) is None]
    return f"sshd is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class Sshd:
    """A running server. `config`: an ssh configuration in which it is called `batch`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.port = free_port()
        self._daemons = Daemons(folder)

    def start(self) -> None:
        folder = self.folder
        for name in ("host_key", "id"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        self.know(folder / "host_key.pub")
        (folder / "sshd_config").write_text(f"""\
ListenAddress 127.0.0.1
Port {self.port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/id.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
UseDNS no
MaxSessions 50
LogLevel INFO
""")
        self.config.write_text(f"""\
Host batch
    HostName 127.0.0.1
    Port {self.port}
    User {getpass.getuser()}
    IdentityFile {folder}/id
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    StrictHostKeyChecking yes
""")
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.listen()

    def listen(self) -> None:
        self.pid = self._daemons.start("sshd", _SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")).pid
        words = ("ssh", "-F", str(self.config), "-o", "BatchMode=yes", "batch", "true")
        self._daemons.wait_for("sshd", lambda: succeeds(*words))

    def know(self, key: Path) -> None:
        """Clients take this for the key of the host."""
        words = key.read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {' '.join(words)}\n")

    def stop(self) -> None:
        self._daemons.stop_all(1)


@contextmanager
def running() -> Iterator[Sshd]:
    folder = Path(tempfile.mkdtemp(prefix="gw-sshd-"))
    server = Sshd(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
