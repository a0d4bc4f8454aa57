"""An HTCondor pool of the tests' own on loopback: collector, negotiator, schedd and startd, by the file system's word.

The schedd takes no jobs of root: as root they are those of the account `nobody`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.services.processes import Daemons, free_port, kill_by_environment

SCHEDD = "tests@"
"""The name of the schedd."""
_TOOL = Path(__file__).parents[2] / "tools/fetch-htcondor"
_CACHE = Path(os.environ.get("GRIDWMS_TEST_CACHE", "/var/tmp/gridwms-tests"))


@cache
def programs() -> Path | None:
    """The folder that has bin/ and sbin/; None: there is none here."""
    if found := shutil.which("condor_master", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return Path(found).resolve().parents[1]
    if not (_CACHE / "htcondor-trixie/ready").exists():
        return None
    done = subprocess.run([_TOOL], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    return "" if programs() else "HTCondor is not run: it is not installed (tools/fetch-htcondor)"


class Pool:
    """A running pool. `environment`: what its commands need; `account`: whose jobs it takes. `separable`: its jobs may
    ask to be cut off from the network (no_network.py), which costs all of them a start of Python."""

    def __init__(self, folder: Path, slots: int, *, separable: bool = False) -> None:
        found = programs()
        assert found is not None
        self.usr, self.folder, self.slots, self.separable = found, folder, slots, separable
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        path = f"{found}/bin:{found}/sbin:{os.environ.get('PATH', '/usr/bin:/bin')}"
        self.environment = {"CONDOR_CONFIG": str(folder / "condor_config"), "PATH": path}
        self._port = free_port()
        self.daemons = Daemons(folder)

    def start(self) -> None:
        folder, daemon = self.folder, "nobody" if os.geteuid() == 0 else self.account.pw_name
        for name in ("spool", "execute", "lock", "log", "run", "etc"):
            (folder / name).mkdir(mode=0o755)
            if os.geteuid() == 0:
                os.chown(folder / name, self.account.pw_uid, self.account.pw_gid)
        (folder / "passwords").mkdir(mode=0o700)
        (folder / "passwords/POOL").touch(mode=0o600)
        (folder / "passwords/POOL").write_bytes(secrets.token_bytes(64))
        wrapper = folder / "job-wrapper"
        wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/python3 {folder}/no_network.py "$@"\n')
        wrapper.chmod(0o755)
        shutil.copy(Path(__file__).with_name("no_network.py"), folder)
        ids = f"CONDOR_IDS = {self.account.pw_uid}.{self.account.pw_gid}" if os.geteuid() == 0 else ""
        (folder / "condor_config").write_text(f"""\
RELEASE_DIR = {self.usr}
LOCAL_DIR = {folder}
LOCAL_CONFIG_DIR =
LOCAL_CONFIG_FILE =
BIN = $(RELEASE_DIR)/bin
SBIN = $(RELEASE_DIR)/sbin
LIB = $(RELEASE_DIR)/lib/condor
LIBEXEC = $(RELEASE_DIR)/libexec/condor
ETC = {folder}/etc
LOG = {folder}/log
SPOOL = {folder}/spool
EXECUTE = {folder}/execute
LOCK = {folder}/lock
RUN = {folder}/run
DAEMON_SOCKET_DIR = auto
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD STARTD
{ids}
CONDOR_ADMIN =
MAIL = /bin/true
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:{self._port}
USE_SHARED_PORT = True
SHARED_PORT_PORT = {self._port}
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
UID_DOMAIN = pool.test
FILESYSTEM_DOMAIN = pool.test
TRUST_UID_DOMAIN = True
SOFT_UID_DOMAIN = True
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_PASSWORD_DIRECTORY = {folder}/passwords
SEC_TOKEN_POOL_SIGNING_KEY_FILE = {folder}/passwords/POOL
TRUST_DOMAIN = pool.test
SEC_DEFAULT_INTEGRITY = OPTIONAL
SEC_DEFAULT_ENCRYPTION = OPTIONAL
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = root@pool.test, {daemon}@pool.test, condor@pool.test
ALLOW_NEGOTIATOR = $(ALLOW_DAEMON)
ALLOW_ADMINISTRATOR = $(ALLOW_DAEMON)
NUM_CPUS = {self.slots}
MEMORY = {self.slots * 512}
NUM_SLOTS_TYPE_1 = {self.slots}
SLOT_TYPE_1 = cpus=1,memory=512,disk=auto,swap=auto
SLOT_TYPE_1_PARTITIONABLE = False
BASE_CGROUP =
MOUNT_UNDER_SCRATCH =
CREATE_CGROUP_WITHOUT_ROOT = False
PROCD_ADDRESS = {folder}/lock/procd_pipe
ENABLE_KERNEL_TUNING = False
DISCARD_SESSION_KEYRING_ON_STARTUP = False
RUNBENCHMARKS = 0
DOCKER =
SINGULARITY =
START = True
SUSPEND = False
PREEMPT = False
KILL = False
STARTER_ALLOW_RUNAS_OWNER = True
{f"USER_JOB_WRAPPER = {wrapper}" if self.separable else ""}
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 2
SCHEDD_NAME = {SCHEDD}
SCHEDD_MIN_INTERVAL = 1
JOB_START_DELAY = 0
JOB_START_COUNT = 100
UPDATE_INTERVAL = 10
POLLING_INTERVAL = 5
PERIODIC_EXPR_INTERVAL = 5
CONDOR_FSYNC = False
JOB_DEFAULT_REQUESTMEMORY = 32
JOB_DEFAULT_REQUESTDISK = 1024
MAX_HISTORY_LOG = 100000000
SHUTDOWN_FAST_TIMEOUT = 5
SHUTDOWN_GRACEFUL_TIMEOUT = 5
""")
        master = f"{self.usr}/sbin/condor_master"
        self.daemons.start("master", master, "-f", "-t", environment=self.environment)
        self.daemons.wait_for("master", lambda: bool(self.say("condor_status", "-af", "Name")))
        self.daemons.wait_for("master", lambda: bool(self.say("condor_status", "-schedd", "-af", "Name")))

    @property
    def collector(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self._port}"

    def remote(self, account: str) -> dict[str, str]:
        """The environment of somebody elsewhere who has nothing but a token of this account."""
        folder = self.folder / f"tokens-{account}"
        folder.mkdir(mode=0o700, exist_ok=True)
        token = folder / "token"
        token.touch(mode=0o600)
        token.write_text(self.say("condor_token_create", "-identity", f"{account}@pool.test"))
        assert token.read_text().startswith("ey")
        return {
            **self.environment,
            "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": "IDTOKENS",
            "_CONDOR_SEC_TOKEN_DIRECTORY": str(folder),
            "_CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE": "/dev/null",
            "_CONDOR_SEC_PASSWORD_DIRECTORY": str(folder),
        }

    def say(self, *words: str) -> str:
        """What a command answers, or nothing when it fails."""
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **self.environment}
        )
        return done.stdout if done.returncode == 0 else ""

    def stop(self) -> None:
        self.daemons.stop_all()
        kill_by_environment(f"CONDOR_CONFIG={self.environment['CONDOR_CONFIG']}")


@contextmanager
def running(slots: int = 4, *, separable: bool = False) -> Iterator[Pool]:
    folder = Path(tempfile.mkdtemp(prefix="gw-condor-"))
    folder.chmod(0o755)
    pool = Pool(folder, slots, separable=separable)
    try:
        pool.start()
        yield pool
    finally:
        pool.stop()
        shutil.rmtree(folder, ignore_errors=True)
