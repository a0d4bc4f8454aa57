"""A PostgreSQL server of the tests' own: in a temporary directory, reached by a socket in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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

    def __init__(self, programs: Path, sockets: Path) -> None:
        self.programs, self.sockets = programs, sockets
        self.data = sockets / "data"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.sockets / ".s.PGSQL.5432"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.sockets} -c fsync=off -c max_connections=50"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.sockets / "log"), "-o", options, "start")

    def crash(self) -> None:
        """Let it die at once, with all its connections."""
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

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
def running() -> Iterator[Server]:
    """Start a server; its durable settings are off, for these are tests of the engine and not of the disk.

    Not below pytest's own directory: that is closed to the server's account. Short, for a socket's path has room for
    a hundred characters.
    """
    programs = binaries()
    assert programs is not None
    home = Path(tempfile.mkdtemp(prefix="gw-pg-"))
    data = home / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
        shutil.chown(data, "postgres", "postgres")
    server = Server(programs, home)
    server.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    server.start()
    try:
        yield server
    finally:
        server.crash()
        shutil.rmtree(home, ignore_errors=True)
