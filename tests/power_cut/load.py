"""A life of the service with a bit of everything, the service killed once and stopped once.

Arguments: the directory of its data, its configuration, its port.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from tests.never_lost.rounds import Runner

_NEVER = '[Executable = "/bin/true"; Requirements = other.GlueCEName == "nowhere"; UserTags = [text = "%s"];]'
_OUT = '[Executable = "/bin/echo"; Arguments = "%s"; StdOutput = "out"; OutputSandbox = {"out"};]'
_IN = (
    '[Executable = "/bin/cat"; Arguments = "a b"; InputSandbox = {"a", "b"}; '
    'StdOutput = "out"; OutputSandbox = {"out"};]'
)
_LONG = '[Executable = "/bin/sleep"; Arguments = "4";]'
_FAILS = '[Executable = "/bin/no-such-program"; RetryCount = 1; ShallowRetryCount = 1;]'


def main() -> None:
    directory, config, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    runner = Runner(directory, "--config", config, port=port)
    runner.log = directory.parent / "service.log"
    rng = random.Random(1)
    runner.start()
    _some_of_all(runner, rng)
    _at_once(runner)
    time.sleep(0.5)
    runner.kill()
    runner.start()
    _big(runner, rng)
    _some_of_all(runner, rng)
    runner.stop()
    runner.start()
    _some_of_all(runner, rng)
    wait_until_all_ended(runner)
    runner.stop()


def wait_until_all_ended(runner: Runner) -> None:
    """Until no job moves: each has ended, waits for its files, or for a place that there is not."""
    deadline = time.monotonic() + 60
    while moving := [job for job in runner.all_jobs() if _moves(job)]:
        assert time.monotonic() < deadline, moving
        time.sleep(0.1)


def _moves(job: dict[str, Any]) -> bool:
    if job["state"] == "WAITING":
        return job["reason"] is None
    return job["state"] not in {"SUBMITTED", "DONE", "CLEARED", "ABORTED", "CANCELLED"}


def _submit(runner: Runner, *texts: str) -> list[dict[str, Any]]:
    answer = runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": text} for text in texts]})
    jobs: list[dict[str, Any]] = answer["jobs"]
    assert all(job["key"] for job in jobs), jobs
    return jobs


def _some_of_all(runner: Runner, rng: random.Random) -> None:
    (late, long, _fails, *_rest) = _submit(runner, _NEVER % "x", _LONG, _FAILS, _OUT % "one", _OUT % "two")
    (job,) = _submit(runner, _IN)
    for index in (0, 1):
        _put(runner, job["key"], index, rng.randbytes(3000 * index + 500))
    runner.call("POST", "/api/v1/jobs/start", {"jobs": [job["key"]]})
    runner.call("POST", f"/api/v1/jobs/{late['key']}/cancel")
    time.sleep(0.5)
    runner.call("POST", f"/api/v1/jobs/{long['key']}/cancel")


def _at_once(runner: Runner) -> None:
    """Single submissions that share commits."""
    threads = [threading.Thread(target=_submit, args=(runner, _OUT % n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _big(runner: Runner, rng: random.Random) -> None:
    """More pages than the log holds before it is carried over into the file."""
    for _ in range(3):
        jobs = _submit(runner, *(_NEVER % rng.randbytes(45_000).hex() for _ in range(5)))
        for job in jobs:
            runner.call("POST", f"/api/v1/jobs/{job['key']}/cancel")


def _put(runner: Runner, key: str, index: int, content: bytes) -> None:
    token = (runner.data / "token").read_text().strip()
    answer = httpx.put(
        f"{runner.url}/api/v1/jobs/{key}/input/{index}",
        content=content,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()


if __name__ == "__main__":
    main()
