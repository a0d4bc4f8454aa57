"""An LDAP server of the tests' own with the GLUE schemas: OpenLDAP in a directory that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SLAPD = Path("/usr/sbin/slapd")
SCHEMAS = Path("/etc/ldap/schema")
_NAMES = ("core", "cosine", "nis", "Glue-CORE", "Glue-CE", "Glue-CESEBind", "Glue-SE", "GLUE20", "Glue-MDS")


def missing() -> str:
    """What is not installed, "" when all is there."""
    if not SLAPD.exists():
        return "slapd"
    return "" if all((SCHEMAS / f"{name}.schema").exists() for name in _NAMES) else "glue-schema"


@contextmanager
def running(
    ldif1: str = "", ldif2: str = "", size_limit: str = "unlimited", port: int = 0, *, strict: bool = False
) -> Iterator[str]:
    """Start a server with these entries below o=grid and o=glue; its URL. `strict`: everything is checked."""
    home = Path(tempfile.mkdtemp(prefix="gw-ldap-"))
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    (home / "slapd.conf").write_text(_configuration(home, size_limit))
    for base in ("grid", "glue"):
        (home / base).mkdir()
    for base, text in (("grid", ldif1), ("glue", ldif2)):
        (home / f"{base}.ldif").write_text(f"dn: o={base}\nobjectClass: organization\no: {base}\n\n{text}")
        load = [
            "/usr/sbin/slapadd",
            *([] if strict else ["-q"]),
            "-f",
            str(home / "slapd.conf"),
            "-b",
            f"o={base}",
            "-l",
        ]
        done = subprocess.run([*load, str(home / f"{base}.ldif")], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    url = f"ldap://127.0.0.1:{port}"
    command = [str(SLAPD), "-d", "0", "-f", str(home / "slapd.conf"), "-h", url]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield url
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(home)


def _configuration(home: Path, size_limit: str) -> str:
    lines = [f"include {SCHEMAS / name}.schema" for name in _NAMES]
    lines += ["modulepath /usr/lib/ldap", "moduleload back_mdb", f"pidfile {home}/pid", f"sizelimit {size_limit}"]
    for base in ("grid", "glue"):
        lines += ["database mdb", f'suffix "o={base}"', f"directory {home}/{base}", "maxsize 1073741824", "dbnosync"]
    return "\n".join(lines) + "\n"


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert server.poll() is None, f"slapd ended with {server.returncode} (pid {os.getpid()})"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("slapd does not answer")
