"""Kills the service with SIGKILL at random moments while jobs pass through the local site, and looks what is left.

Each payload appends its job's id to a file: a line twice is a payload that ran twice, a line missing one that was lost.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gridwms.daemon import maintenance

_FINAL = {"DONE", "CLEARED", "ABORTED", "CANCELLED"}


@dataclass
class Findings:
    """What is wrong, as sentences; empty when nothing was lost and nothing ran twice."""

    jobs: int = 0
    kills: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Runner:
    """A service of its own on a free port, killed and started as often as wanted."""

    def __init__(self, directory: Path, *options: str, port: int | None = None) -> None:
        self.options = options
        self.data = directory / "data"
        self.ran = directory / "ran"
        self.log = directory / "service.log"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            where = ["--data", str(self.data), "--port", str(self.port)]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gridwms", "serve", *where, *self.options],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.call("GET", "/api/v1/service"):
                    return
            except (httpx.TransportError, FileNotFoundError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise AssertionError(f"the service did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        token = (self.data / "token").read_text().strip()
        answer = httpx.request(
            method, self.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def jdl(self) -> str:
        line = f"-c 'echo $GRIDWMS_JOB_ID >> {self.ran}; echo done'"
        return f'[Executable = "/bin/sh"; Arguments = "{line}"; StdOutput = "out"; OutputSandbox = {{"out"}}; ' + (
            "ShallowRetryCount = 10; RetryCount = 0;]"
        )

    def all_jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.call("GET", f"/api/v1/jobs?limit=1000{after}")
            jobs += page["jobs"]
            if page["next"] is None:
                return jobs
            after = f"&after={page['next']}"


def run(directory: Path, *, jobs: int, kills: int, seed: int, patience: float = 300.0) -> Findings:
    """Submit `jobs` in small lots while killing the service `kills` times; then wait for the end and compare."""
    rng = random.Random(seed)
    runner = Runner(directory)
    findings = Findings()
    began = time.monotonic()
    accepted: list[str] = []
    runner.start()
    for kill in range(kills):
        lot = jobs * (kill + 1) // kills - jobs * kill // kills
        answer = runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": runner.jdl()}] * lot})
        accepted += [one["id"] for one in answer["jobs"]]
        time.sleep(rng.random() * 0.6)
        runner.kill()
        findings.kills += 1
        runner.start()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        known = runner.all_jobs()
        if all(job["state"] in _FINAL for job in known):
            break
        time.sleep(0.2)
    runner.stop()
    findings.jobs = len(known)
    findings.seconds = time.monotonic() - began
    findings.wrong = _compare(runner, accepted, known)
    return findings


def _compare(runner: Runner, accepted: list[str], known: list[dict[str, Any]]) -> list[str]:
    wrong = []
    states = {job["id"]: (job["state"], job["done_code"]) for job in known}
    for job in accepted:
        if job not in states:
            wrong.append(f"{job} was accepted and is not known any more")
    for job, state in states.items():
        if state != ("DONE", "OK"):
            wrong.append(f"{job} ended as {state}")
    lines = Counter(runner.ran.read_text().split())
    for job in states:
        if lines[job] != 1:
            wrong.append(f"the payload of {job} ran {lines[job]} times")
    wrong += maintenance.check(runner.data, None)
    return wrong


def main() -> None:
    """`python -m tests.never_lost.rounds DIRECTORY JOBS KILLS SEED`: prints the findings as JSON."""
    directory, jobs, kills, seed = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    directory.mkdir(parents=True, exist_ok=True)
    print(json.dumps(run(directory, jobs=jobs, kills=kills, seed=seed).__dict__))


if __name__ == "__main__":
    main()
