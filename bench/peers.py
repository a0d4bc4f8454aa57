"""The same work at peers: /bin/true as so many jobs, from submission to the last end, and the ratio of our rate to it.

Arguments: jobs (1000), then names of peers (all that can be had: hyperqueue dask parsl slurm htcondor). Those from PyPI
come into an environment of their own in the user's cache; Slurm and HTCondor are used where the tests find them. Each
has room for four jobs at once, Slurm and HTCondor for as many as they say they have. Only ours and the batch systems
keep a durable record of every job; ours also makes it a sandbox of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench._house import tell

_PACKAGES = ("hyperqueue", "dask", "distributed", "parsl")
_HERE = Path(__file__).parent


class Absent(Exception):
    """This peer cannot be had here; the text says why."""


def main() -> None:
    words = sys.argv[1:]
    count = int(words.pop(0)) if words and words[0].isdecimal() else 1000
    ours = _ours(count)
    tell("peers.gridwms", ours, "jobs/s", count)
    for name in [word for word in words if word in _PEERS] if words else list(_PEERS):
        try:
            rate = count / _PEERS[name](count)
        except Absent as why:
            print(f"{name}: {why}", file=sys.stderr)
            continue
        tell(f"peers.{name}", rate, "jobs/s", count)
        tell(f"peers.{name}.ratio", ours / rate, "x", count)


def _ours(count: int) -> float:
    """The whole service over HTTP at its local site, with four slots."""
    ran = subprocess.run(
        [sys.executable, _HERE / "local.py", str(count), "4"], capture_output=True, text=True, check=True
    )
    figures = {one["name"]: one["value"] for one in map(json.loads, ran.stdout.splitlines())}
    rate: float = figures["local.plain.done"]
    return rate


def _environment() -> Path:
    """The environment of the peers from PyPI, made at the first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gridwms-bench" / "peers"
    if not (cache / "ready").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True, capture_output=True)
            subprocess.run([cache / "bin/pip", "install", "-q", *_PACKAGES], check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            raise Absent(f"it cannot be installed: {str(error.stderr)[-300:]}") from error
        (cache / "ready").touch()
    return cache


def _from_pypi(name: str) -> Callable[[int], float]:
    def seconds(count: int) -> float:
        programs = _environment() / "bin"
        with tempfile.TemporaryDirectory() as directory:
            ran = subprocess.run(
                [programs / "python", _HERE / f"_peer_{name}.py", str(count)],
                cwd=directory,
                env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
        if ran.returncode:
            raise Absent(f"it failed: {ran.stderr[-300:]}")
        return float(ran.stdout.split()[-1])

    return seconds


def _slurm(count: int) -> float:
    services = _service("slurm")
    if why := services.missing():
        raise Absent(why)
    with services.running() as cluster:
        cluster.say("sbatch", "-W", "-o", "/dev/null", "--wrap", "true")
        began = time.perf_counter()
        cluster.say("sbatch", "-p", "main", "-o", "/dev/null", f"--array=1-{count}", "--wrap", "/bin/true")
        while cluster.say("squeue", "-h", "-r", "-t", "PENDING,RUNNING,COMPLETING"):
            time.sleep(0.2)
        return time.perf_counter() - began


def _htcondor(count: int) -> float:
    services = _service("htcondor")
    if why := services.missing():
        raise Absent(why)
    with services.running() as pool, tempfile.TemporaryDirectory() as directory:
        described = Path(directory) / "true.sub"
        described.write_text(f"executable = /bin/true\ntransfer_executable = false\nqueue {count}\n")
        began = time.perf_counter()
        pool.say("condor_submit", str(described))
        while pool.say("condor_q", "-all", "-af", "ClusterId").strip():
            time.sleep(0.2)
        return time.perf_counter() - began


def _service(name: str) -> Any:
    try:
        return importlib.import_module(f"tests.services.{name}")
    except ImportError as error:
        raise Absent("the tests have no such service") from error


_PEERS: dict[str, Callable[[int], float]] = {
    "hyperqueue": _from_pypi("hyperqueue"),
    "dask": _from_pypi("dask"),
    "parsl": _from_pypi("parsl"),
    "slurm": _slurm,
    "htcondor": _htcondor,
}


if __name__ == "__main__":
    main()
