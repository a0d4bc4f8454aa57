"""Submission over HTTP, durable at the answer: single requests of 1, 16 and 64 clients, and many jobs in a request.

Arguments: jobs a request, several numbers (1000 100000). The real service on SQLite; the jobs match nothing. `bulk`:
as many descriptions as jobs in one request; `parametric`: one description that stands for all. The floor of a single
client is what the disk takes for a commit (`fsync`).
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench._house import NEVER, tell
from tests.never_lost.rounds import Runner

SECONDS = 4.0
PARAMETRIC = (
    '[JobType = "Parametric"; Executable = "/bin/true"; Arguments = "_PARAM_"; Parameters = %d; ParameterStart = 0; '
    'ParameterStep = 1; Requirements = other.GlueCEName == "nowhere";]'
)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000]
    with tempfile.TemporaryDirectory() as directory:
        tell("submission.fsync", fsyncs(Path(directory)), "syncs/s", 1)
        runner = Runner(Path(directory))
        runner.start()
        try:
            for clients in (1, 16, 64):
                tell("submission.single", singles(runner, clients), "jobs/s", clients)
            for size in sizes:
                bulk = json.dumps({"jobs": [{"jdl": NEVER.decode()}] * size}).encode()
                _timed("submission.bulk", runner, bulk, "application/json", size)
                _timed("submission.parametric", runner, (PARAMETRIC % size).encode(), "text/plain", size)
        finally:
            runner.stop()


def fsyncs(directory: Path) -> float:
    """How often a second this disk takes a page of a growing file."""
    path, page, count, began = directory / "page", os.urandom(4096), 0, time.perf_counter()
    with path.open("wb", buffering=0) as file:
        while time.perf_counter() - began < 1:
            file.write(page)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / (time.perf_counter() - began)


def singles(runner: Runner, clients: int) -> float:
    """Jobs a second that so many clients hand in one by one, each on a connection that it keeps."""
    token = (runner.data / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    counts, end = [0] * clients, time.perf_counter() + SECONDS

    def one(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", runner.port, timeout=60)
        while time.perf_counter() < end:
            line.request("POST", "/api/v1/jobs", NEVER, headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 201, answer.status
            counts[number] += 1
        line.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _timed(name: str, runner: Runner, body: bytes, kind: str, size: int) -> None:
    token = (runner.data / "token").read_text().strip()
    line = http.client.HTTPConnection("127.0.0.1", runner.port, timeout=600)
    began = time.perf_counter()
    line.request("POST", "/api/v1/jobs", body, {"Authorization": f"Bearer {token}", "Content-Type": kind})
    answer = line.getresponse()
    told = answer.read()
    seconds = time.perf_counter() - began
    line.close()
    if answer.status != 201:
        print(f"{name} of {size}: {told[:300]!r}", file=sys.stderr)
        return
    tell(f"{name}.time", seconds, "s", size)
    tell(f"{name}.rate", size / seconds, "jobs/s", size)


if __name__ == "__main__":
    main()
