"""A Grid Engine of the tests' own on loopback: qmaster and execd, one queue `all.q`. It needs root and its packages."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Daemons, free_port, kill_by_environment, succeeds

_LIBRARY = Path("/usr/lib/gridengine")
_SHARE = Path("/usr/share/gridengine")
_PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
_PROGRAMS = ("sge_qmaster", "sge_execd", "qsub", "qconf")


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "Grid Engine is not run: not root"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"Grid Engine is not run: {', '.join(absent)} not installed (tools/system-packages)" if absent else ""


class GridEngine:
    """A running cell. `environment`: what its commands need."""

    def __init__(self, folder: Path, slots: int) -> None:
        self.folder, self.slots = folder, slots
        self._root = folder / "root"
        self._common = self._root / "default/common"
        self.environment = {
            "SGE_ROOT": str(self._root),
            "SGE_CELL": "default",
            "SGE_QMASTER_PORT": str(free_port()),
            "SGE_EXECD_PORT": str(free_port()),
            "PATH": _PATH,
        }
        self.daemons = Daemons(folder)

    def start(self) -> None:
        self._lay_out()
        self._spool()
        self.start_master()
        self._configure()
        self.start_node()
        self.daemons.wait_for("sge_execd", self._is_up)

    def start_master(self) -> None:
        self._start("sge_qmaster")
        self.daemons.wait_for("sge_qmaster", lambda: succeeds("qconf", "-sconf", environment=self.environment))

    def start_node(self) -> None:
        self._start("sge_execd")

    def say(self, *words: str) -> str:
        """What a command of Grid Engine answers."""
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **self.environment}
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def stop(self) -> None:
        succeeds("qdel", "-u", "*", environment=self.environment)
        self.daemons.stop_all(1)  # nothing that it would still write is wanted
        kill_by_environment(f"SGE_ROOT={self._root}")

    def _start(self, name: str) -> None:
        path = shutil.which(name, path=_PATH) or name
        environment = {**self.environment, "SGE_ND": "1", "LD_LIBRARY_PATH": str(_LIBRARY)}
        self.daemons.start(name, path, environment=environment)

    def _lay_out(self) -> None:
        """The folders that its programs look for below their root; here all of them are one folder of the system."""
        kind = subprocess.run([_SHARE / "util/arch"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("bin", "lib", "utilbin"):
            (self._root / name).mkdir(parents=True)
            (self._root / name / kind).symlink_to(_LIBRARY)
        (self._root / "util").symlink_to(_SHARE / "util")
        self._common.mkdir(parents=True)
        for name in ("qmaster", "execd", "db"):
            (self.folder / "spool" / name).mkdir(parents=True)

    def _spool(self) -> None:
        spool = self.folder / "spool"
        (self._common / "cluster_name").write_text("test\n")
        (self._common / "act_qmaster").write_text("localhost\n")
        # one name for this machine, whatever its address resolves to
        (self._common / "host_aliases").write_text(f"localhost {socket.gethostname()}\n")
        settings = {
            "admin_user": "root",
            "default_domain": "none",
            "ignore_fqdn": "true",
            "spooling_method": "berkeleydb",
            "spooling_lib": "libspoolb",
            "spooling_params": f"{spool}/db",
            "binary_path": "/usr/sbin",
            "qmaster_spool_dir": f"{spool}/qmaster",
            "security_mode": "none",
            "listener_threads": "2",
            "worker_threads": "2",
            "scheduler_threads": "1",
        }
        (self._common / "bootstrap").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        text = (_SHARE / "default-configuration").read_text()
        for name, value in {
            "execd_spool_dir": f"{spool}/execd",
            "mailer": "/bin/true",
            "min_uid": "0",
            "min_gid": "0",
            "load_report_time": "00:00:05",
            "max_aj_instances": "2000",
            "max_aj_tasks": "100000",
            "finished_jobs": "0",
            "gid_range": "65400-65530",
        }.items():
            text = re.sub(rf"^{name}\b.*$", f"{name} {value}", text, flags=re.MULTILINE)
        text = text.replace("flush_time=00:00:15", "flush_time=00:00:01")
        (self.folder / "configuration").write_text(text)
        self._tool("spoolinit", "berkeleydb", "libspoolb", str(spool / "db"), "init")
        self._tool("spooldefaults", "configuration", str(self.folder / "configuration"))
        for kind, place in (("complexes", "centry"), ("usersets", "usersets")):
            self._tool("spooldefaults", kind, str(_SHARE / "util/resources" / place))
        self._tool("spooldefaults", "managers", "root")

    def _tool(self, name: str, *words: str) -> None:
        self.say(str(_LIBRARY / name), *words)

    def _configure(self) -> None:
        succeeds("qconf", "-ah", "localhost", environment=self.environment)
        succeeds("qconf", "-as", "localhost", environment=self.environment)
        self._add("-Ahgrp", "group_name @allhosts\nhostlist localhost\n")
        self._add("-Ap", _PARALLEL)
        queue = {
            "qname": "all.q",
            "hostlist": "@allhosts",
            "slots": str(self.slots),
            "load_thresholds": "NONE",
            "shell": "/bin/sh",
            "pe_list": "smp",
            "notify": "00:00:05",
        }
        self._add("-Aq", _with(self.say("qconf", "-sq"), queue))
        soon = {
            "schedule_interval": "0:0:1",
            "flush_submit_sec": "1",
            "flush_finish_sec": "1",
            "schedd_job_info": "false",
            "job_load_adjustments": "NONE",
            "load_adjustment_decay_time": "0:0:0",
        }
        self._add("-Msconf", _with(self.say("qconf", "-ssconf"), soon))

    def _add(self, option: str, text: str) -> None:
        path = self.folder / f"qconf{option}"
        path.write_text(text)
        self.say("qconf", option, str(path))

    def _is_up(self) -> bool:
        rows = [line.split() for line in self.say("qstat", "-f").splitlines() if line.startswith("all.q@")]
        return bool(rows) and len(rows[0]) == 5


def _with(text: str, changes: dict[str, str]) -> str:
    for name, value in changes.items():
        text = re.sub(rf"^{name}\b.*$", f"{name} {value}", text, flags=re.MULTILINE)
    return text


_PARALLEL = """\
pe_name smp
slots 9999
user_lists NONE
xuser_lists NONE
start_proc_args /bin/true
stop_proc_args /bin/true
allocation_rule $pe_slots
control_slaves FALSE
job_is_first_task TRUE
urgency_slots min
accounting_summary TRUE
qsort_args NONE
"""


@contextmanager
def running(slots: int = 4) -> Iterator[GridEngine]:
    folder = Path(tempfile.mkdtemp(prefix="gw-sge-"))
    folder.chmod(0o755)
    cell = GridEngine(folder, slots)
    try:
        cell.start()
        yield cell
    finally:
        cell.stop()
        shutil.rmtree(folder, ignore_errors=True)
