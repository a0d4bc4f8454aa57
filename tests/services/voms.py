"""A VOMS server of the tests' own on loopback, with a MariaDB of its own. Root, and its packages.

The server has no setting for where it listens: it does on every address of the machine.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.ca import Authority
from tests.services.processes import Daemons, free_port, kill_by_environment, succeeds

VO = "testvo"
_PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
_PROGRAMS = ("voms", "mariadbd", "mariadb-install-db", "mariadb")
_SCHEMA = Path("/usr/share/voms/voms-mysql.data")
_PLUGIN = Path("/usr/lib/voms/libvomsmysql.so")


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "VOMS is not run: not root"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
    absent += [path.name for path in (_SCHEMA, _PLUGIN) if not path.exists()]
    return f"VOMS is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class Voms:
    """A running one for the VO `testvo`. `vomses`: the line that clients know it by; `vomsdir`: what believers need."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder, self.authority = folder, authority
        self.port = free_port()
        self.host = authority.host()
        self.vomses = folder / "vomses"
        self.vomses.write_text(f'"{VO}" "localhost" "{self.port}" "{self.host.subject}" "{VO}"\n')
        self.vomsdir = folder / "vomsdir"
        (self.vomsdir / VO).mkdir(parents=True)
        (self.vomsdir / VO / "localhost.lsc").write_text(f"{self.host.subject}\n{authority.name}\n")
        self.daemons = Daemons(folder)
        self._sql = ["mariadb", "--no-defaults", f"--socket={folder}/db/sock", "-u", "root"]

    def start(self, members: dict[str, Sequence[str]]) -> None:
        """`members`: FQANs by the names of certificates."""
        db, secret = self.folder / "db", self.folder / "voms.pass"
        db.mkdir()
        setup = ["--no-defaults", "--user=root", f"--datadir={db}/data", "--auth-root-authentication-method=socket"]
        assert succeeds("mariadb-install-db", *setup, "--skip-test-db")
        run = ["--no-defaults", "--user=root", f"--datadir={db}/data", f"--socket={db}/sock", "--skip-networking"]
        run += [f"--pid-file={db}/pid", "--skip-log-bin", "--performance-schema=0", "--innodb-log-file-size=16M"]
        run += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
        self.daemons.start("mariadb", shutil.which("mariadbd", path=_PATH) or "mariadbd", *run)
        self.daemons.wait_for("mariadb", lambda: succeeds(*self._sql, "-e", "select 1"))
        db.chmod(0o755)
        (db / "sock").chmod(0o777)
        self._run("create database voms")
        self._run(_SCHEMA.read_text(), "voms")
        self._run(_content(self.authority.name, members), "voms")
        self._run("create user voms@localhost identified by 'x'; grant select, lock tables on voms.* to voms@localhost")
        secret.touch(mode=0o640)
        secret.write_text("x\n")
        shutil.chown(secret, "root", "voms")
        logs, mine = self.folder / "log", self.folder / "mine"
        for place in (logs, mine):
            place.mkdir(mode=0o755)
            shutil.chown(place, "voms", "voms")
        for name, source in (("cert", self.host.certificate), ("key", self.host.key)):
            shutil.copy(source, mine / name)
            shutil.chown(mine / name, "voms", "voms")
        (mine / "key").chmod(0o400)
        settings = {
            "vo": VO, "dbname": "voms", "port": self.port, "username": "voms", "passfile": secret,
            "mysql-socket": f"{db}/sock", "sqlloc": _PLUGIN, "logfile": f"{logs}/server.log", "loglevel": 4,
            "logtype": 7, "socktimeout": 20, "timeout": 86400, "uri": f"localhost:{self.port}",
            "x509_user_cert": f"{mine}/cert", "x509_user_key": f"{mine}/key",
            "x509_cert_dir": self.authority.certificates,
        }  # fmt: skip
        words = [*(f"--{name}={value}" for name, value in settings.items()), "--newformat", "--skipcacheck"]
        config = self.folder / "voms.conf"
        config.write_text("".join(f"{word}\n" for word in words))
        # it goes to the background whatever one says
        done = subprocess.run(
            ["setpriv", "--reuid=voms", "--regid=voms", "--clear-groups", "voms", "-conf", str(config)],
            env={
                **os.environ,
                "PATH": _PATH,
                "GRIDWMS_VOMS": str(self.folder),
                "X509_CERT_DIR": str(self.authority.certificates),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"voms does not start: status {done.returncode}"
        self._wait()

    def stop(self) -> None:
        kill_by_environment(f"GRIDWMS_VOMS={self.folder}")
        self.daemons.stop_all()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
                continue
            return
        raise AssertionError("voms does not listen")

    def _run(self, text: str, *words: str) -> None:
        subprocess.run([*self._sql, *words], input=text.encode(), check=True, capture_output=True, timeout=60)


def _content(authority: str, members: dict[str, Sequence[str]]) -> str:
    """The VO as SQL, in the tables of VOMS."""
    lines = [
        f"insert into ca values (1,'/O=VOMS/CN=Dummy','dummy'),(6,'{authority}','test');",
        "insert into admins values (1,'/O=VOMS/CN=Local Database Administrator','',1);",
        "insert into seqnumber values ('00');",
        "insert into version (version) values (2);",
    ]
    groups = list(
        dict.fromkeys([f"/{VO}", *(fqan.partition("/Role=")[0] for some in members.values() for fqan in some)])
    )
    roles = list(
        dict.fromkeys(role for some in members.values() for fqan in some if (role := fqan.partition("/Role=")[2]))
    )
    lines += [f"insert into `groups` values ({number},'{name}',1,1);" for number, name in enumerate(groups, 1)]
    lines += [f"insert into roles values ({number},'{name}');" for number, name in enumerate(roles, 1)]
    for number, (subject, fqans) in enumerate(members.items(), 1):
        name = subject.rpartition("/CN=")[2]
        lines.append(f"insert into usr values ({number},'{subject}',6,'{name}','u{number}@localhost',null);")
        for fqan in fqans:
            group, _, role = fqan.partition("/Role=")
            role_number = str(roles.index(role) + 1) if role else "null"
            values = f"{number},{groups.index(group) + 1},{role_number},null"
            lines.append(f"insert ignore into m (userid,gid,rid,cid) values ({values});")
    return "\n".join(lines)


@contextmanager
def running(authority: Authority, members: dict[str, Sequence[str]]) -> Iterator[Voms]:
    folder = Path(tempfile.mkdtemp(prefix="gw-voms-"))
    folder.chmod(0o755)
    server = Voms(folder, authority)
    try:
        server.start(members)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
