"""A Slurm cluster of the tests' own on loopback: munge, slurmctld, slurmd, and with accounting slurmdbd and MariaDB.

It needs root and the packages that `tools/system-packages` installs. Partition `main`: a node that says it has 64
processors, so that slots do not limit a thousand short jobs; `small`: a node with two, to see jobs wait.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Daemons, free_port, kill_by_environment, succeeds

_PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel", "sinfo")
_ACCOUNTING = ("slurmdbd", "mariadbd", "mariadb-install-db", "mariadb")
_PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")


def missing(*, accounting: bool = False) -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "Slurm is not run: not root"
    wanted = _PROGRAMS + (_ACCOUNTING if accounting else ())
    absent = [name for name in wanted if shutil.which(name, path=_PATH) is None]
    return f"Slurm is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class Slurm:
    """A running cluster. `environment`: what its commands need; `changes`: other values in its configuration."""

    def __init__(
        self,
        folder: Path,
        *,
        accounting: bool,
        keep_seconds: int,
        changes: Mapping[str, str],
        partition: str,
        cgroups: str,
    ) -> None:
        self.folder = folder
        self.accounting = accounting
        self.conf = folder / "slurm.conf"
        self.environment = {"SLURM_CONF": str(self.conf), "PATH": _PATH}
        self.daemons = Daemons(folder)
        self._keep = keep_seconds
        self._changes, self._partition, self._cgroups = changes, partition, cgroups
        self._ports = {name: free_port() for name in ("ctld", "dbd", "sql", "n1", "n2")}

    def start(self) -> None:
        self._configure()
        daemons = self.daemons
        self.start_munge()
        if self.accounting:
            self._start_accounting()
        self.start_controller()
        for node in ("n1", "n2"):
            self.start_node(node)
        for node in ("n1", "n2"):
            daemons.wait_for(node, lambda node=node: self._is_up(node))  # type: ignore[misc]

    def start_controller(self, *, cold: bool = False) -> None:
        """`cold`: it forgets all jobs that it had."""
        self._start("slurmctld", "-D", *(["-c"] if cold else []), name="slurmctld")
        self.daemons.wait_for("slurmctld", lambda: succeeds("scontrol", "ping", environment=self.environment))

    def start_node(self, node: str) -> None:
        self._start("slurmd", "-D", "-N", node, name=node)

    def start_munge(self) -> None:
        folder, sock = self.folder, self.folder / "munge/sock"
        sock.unlink(missing_ok=True)
        munge = ["--foreground", f"--key-file={folder}/munge/key", f"--socket={sock}", f"--pid-file={folder}/munge/pid"]
        munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge/seed", "--num-threads=2", "--force"]
        self.daemons.start("munged", shutil.which("munged", path=_PATH) or "munged", *munge)
        self.daemons.wait_for("munged", lambda: succeeds("munge", "-n", "-S", str(sock)))

    def stop_controller(self) -> None:
        self.daemons.stop("slurmctld")

    def say(self, *words: str) -> str:
        """What a command of Slurm answers."""
        done = subprocess.run(
            words, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, **self.environment}
        )
        return done.stdout

    def stop(self) -> None:
        for state in ("PENDING", "RUNNING"):
            succeeds("scancel", "-Q", f"--state={state}", "-p", "main,small", environment=self.environment)
        self.daemons.stop_all()
        kill_by_environment(f"SLURM_CONF={self.conf}")

    def _start(self, program: str, *words: str, name: str) -> None:
        path = shutil.which(program, path=_PATH) or program
        self.daemons.start(name, path, *words, environment=self.environment)

    def _is_up(self, node: str) -> bool:
        try:
            return self.say("sinfo", "-h", "-N", "-n", node, "-o", "%t").split()[:1] == ["idle"]
        except subprocess.CalledProcessError:
            return False

    def _configure(self) -> None:
        folder = self.folder
        for name in ("munge", "state", "n1", "n2"):
            (folder / name).mkdir(mode=0o755)
        private(folder / "munge/key", secrets.token_bytes(128))
        host = os.uname().nodename
        store = "accounting_storage/none"
        more = ""
        if self.accounting:
            store = "accounting_storage/slurmdbd"
            more = f"""\
AccountingStorageHost=127.0.0.1
AccountingStoragePort={self._ports["dbd"]}
AccountingStoragePass={folder}/munge/sock
AccountingStoreFlags=job_comment
"""
        written = f"""\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={self._ports["ctld"]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/sock,ttl=300
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmctldDebug=info
SlurmdDebug=error
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
PropagateResourceLimits=NONE
MailProg=/bin/true
SlurmctldTimeout=120
SlurmdTimeout=300
InactiveLimit=0
KillWait=3
MinJobAge={self._keep}
Waittime=0
ReturnToService=2
TCPTimeout=5
MessageTimeout=20
MaxJobCount=50000
MaxArraySize=10001
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=2,default_queue_depth=1000,\
partition_job_depth=0,max_rpc_cnt=0,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PriorityType=priority/basic
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
AccountingStorageType={store}
{more}NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={self._ports["n1"]} CPUs=64 RealMemory=1000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={self._ports["n2"]} CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=n1 Default=YES MaxTime=INFINITE State=UP
PartitionName=small Nodes=n2 MaxTime=60 State=UP
"""
        for name, value in self._changes.items():
            written, count = re.subn(rf"^{name}=.*$", f"{name}={value}", written, flags=re.MULTILINE)
            written += "" if count else f"{name}={value}\n"
        self.conf.write_text(f"{written}PartitionName={self._partition}\n" if self._partition else written)
        (folder / "cgroup.conf").write_text(self._cgroups)

    def _start_accounting(self) -> None:
        folder, word = self.folder, secrets.token_hex(16)
        db = folder / "db"
        db.mkdir()
        private(
            folder / "slurmdbd.conf",
            f"""\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={self._ports["dbd"]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/sock
CommitDelay=1
DebugLevel=error
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={self._ports["sql"]}
StorageUser=slurm
StoragePass={word}
StorageLoc=slurm_acct
""".encode(),
        )
        setup = ["--no-defaults", "--user=root", f"--datadir={db}/data"]
        assert succeeds("mariadb-install-db", *setup, "--auth-root-authentication-method=socket", "--skip-test-db")
        run = [*setup, f"--socket={db}/sock", "--bind-address=127.0.0.1", f"--port={self._ports['sql']}"]
        run += [f"--pid-file={db}/pid", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=0"]
        run += ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=64M"]
        self.daemons.start("mariadb", shutil.which("mariadbd", path=_PATH) or "mariadbd", *run)
        sql = ["mariadb", "--no-defaults", f"--socket={db}/sock", "-u", "root", "-e"]
        self.daemons.wait_for("mariadb", lambda: succeeds(*sql, "select 1"))
        make = f"create database slurm_acct; create user slurm@'127.0.0.1' identified by '{word}';"
        assert succeeds(*sql, f"{make} grant all on slurm_acct.* to slurm@'127.0.0.1'")
        self._start("slurmdbd", "-D", name="slurmdbd")
        self.daemons.wait_for(
            "slurmdbd", lambda: succeeds("sacctmgr", "-nP", "show", "cluster", environment=self.environment)
        )
        for words in (("cluster", "test"), ("account", "main"), ("user", "root", "Account=main")):
            self.say("sacctmgr", "-i", "add", *words)


def private(path: Path, content: bytes) -> None:
    """A file for the owner alone."""
    path.touch(mode=0o600)
    path.write_bytes(content)


@contextmanager
def running(
    *,
    accounting: bool = False,
    keep_seconds: int = 60,
    changes: Mapping[str, str] | None = None,
    partition: str = "",
    cgroups: str = "",
) -> Iterator[Slurm]:
    """Start a cluster. `partition`: one more; `cgroups`: what its `cgroup.conf` says.

    Short path: a socket lies in it; open to others: jobs of other accounts may run."""
    folder = Path(tempfile.mkdtemp(prefix="gw-slurm-"))
    folder.chmod(0o755)
    cluster = Slurm(
        folder,
        accounting=accounting,
        keep_seconds=keep_seconds,
        changes=changes or {},
        partition=partition,
        cgroups=cgroups,
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
