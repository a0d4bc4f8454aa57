"""An ARC computing element of the tests' own on loopback: A-REX with its REST interface, jobs forked on this machine.

Version 6 is that of the packages of `tools/system-packages`, version 7 what `tools/fetch-arc7` has unpacked (it takes
what is not its own, Perl's modules for example, from the packages of 6). It needs root; users have accounts that every
Debian has. What REST tells of jobs is what the information providers wrote last, and A-REX itself runs them once a
minute: here they run every second.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.services.ca import Authority, Credential, gridmap, proxy
from tests.services.processes import Daemons, free_port, kill_by_environment, succeeds
from tests.services.token_issuer import Issuer, over_https

_WANTED = {
    "nordugrid-arc-arex": Path("/usr/share/arc/arc-arex-ws-start"),
    "nordugrid-arc-plugins-needed": Path("/usr/share/doc/nordugrid-arc-plugins-needed"),
}
_TRUSTED = Path("/etc/grid-security/certificates")
"""Where A-REX looks for the authority of an issuer of tokens, whatever it was told of authorities."""
_ALONE = ("unshare", "--mount", "--propagation", "private")
_ROUNDS = "for i in $(seq 900); do began=$SECONDS; {}; sleep $(({} + 2 * (SECONDS - began))); done"
"""Where the machine is busy, or the jobs are many, a round that takes long is followed by a longer pause."""
_UNPACKED = Path(os.environ.get("GRIDWMS_TEST_CACHE", "/var/tmp/gridwms-tests")) / "arc7-trixie"
ACCOUNTS = {"alice": "nobody", "carol": "games"}
"""Who is mapped, and to which account."""


def missing(version: int = 6) -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return f"ARC {version} is not run: not root"
    absent = [name for name, file in _WANTED.items() if not file.exists()]
    if absent:
        return f"ARC {version} is not run: {', '.join(absent)} not installed (tools/system-packages)"
    fetched = version == 6 or (_UNPACKED / "ready").exists()
    return "" if fetched else "ARC 7 is not run: it was not fetched (tools/fetch-arc7)"


class Arex:
    """A running one. `url`: as clients name it; `proxies`: of alice and carol, who are mapped, and bob, who is not.
    `issuer`: of tokens that it takes; None where it cannot be made to trust ours."""

    def __init__(
        self,
        folder: Path,
        version: int,
        *,
        slots: int,
        queues: tuple[str, ...],
        refresh_seconds: int,
        sessions: Path | None,
    ) -> None:
        self.folder, self.version, self.slots, self.queues = folder, version, slots, queues
        self._refresh, self._sessions = refresh_seconds, sessions or folder / "session"
        self._usr = Path("/usr") if version == 6 else _UNPACKED / "root/usr"
        self._share = self._usr / "share/arc"
        self.issuer: Issuer | None = None
        self._open = ExitStack()
        self.port = free_port()
        self.url = f"https://localhost:{self.port}/arex"
        self.ce = f"localhost:{self.port}/nordugrid-fork-{queues[0]}"
        self.authority = Authority(folder / "ca")
        self.host = self.authority.host()
        self.users: dict[str, Credential] = {name: self.authority.user(name) for name in ("alice", "bob", "carol")}
        self.proxies = {name: proxy(user, folder / f"{name}.proxy") for name, user in self.users.items()}
        self.daemons = Daemons(folder)
        self.conf = folder / "arc.conf"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment: Mapping[str, str] = {
            **kept,
            "ARC_LOCATION": str(folder / "arc"),
            "ARC_CONFIG": str(self.conf),
            "X509_CERT_DIR": str(self.authority.certificates),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": str(self._usr / "lib/python3/dist-packages"),
        }

    def start(self) -> None:
        for name in ("control", "session", "rte", "tmp", "run", "log"):
            (self.folder / name).mkdir(mode=0o755)
        for name in ("tmp", "log"):
            (self.folder / name).chmod(0o1777)
        self._lay_programs()
        if _TRUSTED.is_dir() and succeeds(*_ALONE, "true"):
            shown = (self.host.certificate, self.host.key)
            self.issuer, _ = self._open.enter_context(over_https(self.folder, shown))
        self._configure()
        # A-REX makes Diffie-Hellman parameters when there are none, which takes minutes
        parameters = self.folder / "control/dhparam.pem"
        words = ["openssl", "dhparam", "-dsaparam", "-out", str(parameters), "2048"]
        subprocess.run(words, check=True, capture_output=True)
        parameters.chmod(0o600)
        self.start_arex()
        self.start_door()

    def start_arex(self) -> None:
        """What runs the jobs."""
        self._spawn("arex", "arc-arex-start")
        self.daemons.wait_for("arex", (self.folder / "control/accepting").exists)

    def start_door(self) -> None:
        """What speaks REST."""
        self._spawn("door", "arc-arex-ws-start")
        self.daemons.wait_for("door", self._answers)

    def kill_door(self) -> None:
        """As a crash does, in the middle of whatever it was doing."""
        self.daemons.stop("door", signal.SIGKILL)

    def stop(self) -> None:
        self._open.close()
        self.daemons.stop_all(1)  # it would wait for what it has begun
        kill_by_environment(f"ARC_CONFIG={self.conf}")
        kill_by_environment(
            f"ARC_LOCATION={self.folder / 'arc'}"
        )  # jobs: its fork back-end ends only their first process

    def _spawn(self, name: str, script: str) -> None:
        line = f"cd /; exec /bin/bash {self._share / script} -f"
        if self.issuer is not None:
            line = f"mount --bind {self.authority.certificates} {_TRUSTED} && {line}"
        keep = [f"{key}={value}" for key, value in self.environment.items()]
        alone = _ALONE if self.issuer is not None else ()
        self.daemons.start(name, *alone, "/usr/bin/env", "-i", *keep, "/bin/sh", "-c", line)

    def _answers(self) -> bool:
        context = ssl.create_default_context(cafile=str(self.authority.file))
        context.load_cert_chain(self.proxies["alice"])
        try:
            with urllib.request.urlopen(f"{self.url}/rest/1.0/info", timeout=5, context=context) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _lay_programs(self) -> None:
        """ARC's own, but that it listens on loopback alone, and looks for ended jobs each second, not each ten."""
        arc = self.folder / "arc"
        (arc / "share/arc").mkdir(parents=True)
        (arc / "sbin").mkdir()
        for name in ("bin", "lib", "libexec"):
            (arc / name).symlink_to(self._usr / name)
        (arc / "sbin/arcctl").symlink_to(self._usr / "sbin/arcctl")
        for program in self._share.iterdir():
            (arc / "share/arc" / program.name).symlink_to(program)
        scan = arc / "share/arc/scan-fork-job"
        scan.unlink()
        once = arc / "share/arc/scan-fork-once"
        text = (self._share / "scan-fork-job").read_text()
        once.write_text("\n".join(line for line in text.splitlines() if not line.startswith("sleep ")) + "\n")
        _program(scan, f"#!/bin/bash\n{_ROUNDS.format(f'{once} $1', 1)}\n".replace("$1", '"$@"'))
        once.chmod(0o755)
        here = "s,<tcp:Listen><tcp:Port>,<tcp:Listen><tcp:Interface>127.0.0.1</tcp:Interface><tcp:Port>,"
        _program(
            arc / "sbin/arched",
            f'#!/bin/sh\nlast=\nfor a; do [ "$last" != -c ] || sed -i \'{here}\' "$a"; last=$a; done\n'
            f'exec {self._usr}/sbin/arched "$@"\n',
        )
        if self._refresh:
            told = self.folder / "control/info.xml"
            provider = f"{self._share}/CEinfo.pl --splitjobs --config {self.folder}/run/arex.cfg"
            round_ = f"{provider} >{told}.new && mv {told}.new {told}"
            _program(self.folder / "refresh", f"#!/bin/bash\n{_ROUNDS.format(round_, self._refresh)} 2>/dev/null\n")

    def _configure(self) -> None:
        folder, ca = self.folder, self.authority
        mapped = gridmap(folder / "gridmap", {self.users[name].subject: one for name, one in ACCOUNTS.items()})
        queues = "".join(f"[queue:{name}]\ncomment=test\ntotalcpus={self.slots}\n" for name in self.queues)
        bearers, by_token, allowed = "", "", ""
        if self.issuer is not None:
            bearers = f"[authgroup:bearers]\nauthtokens=* {self.issuer.url} * * *\n"
            by_token = f"map_to_user=bearers {ACCOUNTS['alice']}:nogroup\n[authtokens]\n"
            allowed = "allowaccess=bearers\n"
        helper = f"helper=. {folder}/refresh" if self._refresh else ""
        self.conf.write_text(f"""\
[common]
hostname=localhost
x509_host_key={self.host.key}
x509_host_cert={self.host.certificate}
x509_cert_dir={ca.certificates}
{"x509_cert_policy=grid" if self.version > 6 else ""}
[authgroup:mapped]
file={mapped}
{bearers}[mapping]
map_with_file=mapped {mapped}
{by_token}[lrms]
lrms=fork {self.queues[0]}
gnu_time=/usr/bin/time
nodename=/bin/hostname
[arex]
loglevel=3
logfile={folder}/log/arex.log
joblog={folder}/log/joblog
controldir={folder}/control
sessiondir={self._sessions}
runtimedir={folder}/rte
tmpdir={folder}/tmp
pidfile={folder}/run/arex.pid
wakeupperiod=1
maxjobs=-1 {self.slots} -1 -1 -1
helperlog={folder}/log/helper.log
{helper}
[arex/data-staging]
logfile={folder}/log/staging.log
[arex/ws]
wsurl={self.url}
logfile={folder}/log/door.log
pidfile={folder}/run/door.pid
[arex/ws/jobs]
allowaccess=mapped
{allowed}[infosys]
logfile={folder}/log/infosys.log
[infosys/glue2]
admindomain_name=TEST
[infosys/cluster]
alias=Test
architecture=x86_64
nodememory=4096
defaultmemory=512
totalcpus={self.slots}
opsys=Debian 12
{queues}""")


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def running(
    version: int = 6,
    *,
    slots: int = 4,
    queues: tuple[str, ...] = ("main", "other"),
    refresh_seconds: int = 1,
    sessions: Path | None = None,
) -> Iterator[Arex]:
    """`sessions`: where the folders of jobs lie, instead of its own folder."""
    folder = Path(tempfile.mkdtemp(prefix="gw-arex-"))
    folder.chmod(0o755)
    made = Arex(folder, version, slots=slots, queues=queues, refresh_seconds=refresh_seconds, sessions=sessions)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
