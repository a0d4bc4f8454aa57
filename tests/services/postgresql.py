"""A PostgreSQL server of the tests' own: in a temporary directory, reached by a socket in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_NUMBERS = count()


def binaries() -> Path | None:
    """Where the server's programs are; None when it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


class Server:
    """A running server. `new_database` makes an empty database and gives its URL."""

    def __init__(self, programs: Path, directory: Path, sockets: Path) -> None:
        self.programs, self.directory, self.sockets = programs, directory, sockets

    def new_database(self) -> str:
        name = f"test{next(_NUMBERS)}"
        self.run("createdb", "-h", str(self.sockets), "-U", "postgres", name)
        return f"postgresql:///{name}?host={self.sockets}&user=postgres"

    def run(self, program: str, *words: str) -> None:
        """Run one of the server's programs as the account that owns it: the server refuses to be root."""
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*account, str(self.programs / program), *words], capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr + done.stdout


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    """Start a server below `directory`; durable settings are off, for tests of the engine and not of the disk."""
    programs = binaries()
    assert programs is not None
    sockets = Path("/tmp") / f"gw-pg-{os.getpid()}"  # a socket's path has room for 100 characters
    data = directory / "data"
    for made in (sockets, data):
        made.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(made, "postgres", "postgres")
    for parent in [directory, *directory.parents]:
        if parent.owner() == "root" and os.geteuid() == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    server = Server(programs, data, sockets)
    server.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={sockets} -c fsync=off -c max_connections=50"
    server.run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield server
    finally:
        server.run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(sockets, ignore_errors=True)
