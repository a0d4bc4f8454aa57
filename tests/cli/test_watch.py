"""`gridwms watch`: everything once, in order, whatever happens to the service meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from gridwms.client import Client
from tests.cli.conftest import Command
from tests.client.running import Running, environment, running
from tests.client.test_synchronous import ECHO


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Running]:
    """A service of the test's own, to be killed."""
    with running(tmp_path) as made:
        yield made


def start(service: Running, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gridwms", "watch", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment(service.data), **pipes)  # type: ignore[call-overload]


def until(lines: IO[str], state: str) -> list[dict[str, str]]:
    found = []
    for line in lines:
        found.append(json.loads(line))
        if found[-1]["state"] == state:
            break
    return found


def test_nothing_is_missed_and_nothing_twice(mortal: Running) -> None:
    with Client(address=mortal.address) as client, start(mortal, "--json", "--after", "0") as watching:
        assert watching.stdout is not None
        keys, seen = [], []
        for how in (signal.SIGKILL, signal.SIGTERM):
            [job] = client.submit([ECHO])
            keys.append(job.key)
            seen += until(watching.stdout, "DONE")
            mortal.stop(how)
            mortal.start()
        [job] = client.submit([ECHO])
        seen += until(watching.stdout, "DONE")
        history = [event.cursor for key in (*keys, job.key) for event in client.history(key)]
        told = [event["cursor"] for event in seen]
        assert told == sorted(told, key=int) == sorted(history, key=int)[: len(told)]
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130
        assert watching.stderr is not None
        assert watching.stderr.read().count("Waiting for it to come back") in (1, 2)  # the second may be too short


def test_for_people(gridwms: Command, service: Running) -> None:
    job = gridwms("submit", "--json", "-", input=ECHO).json["jobs"][0]["key"]
    with start(service, job, "--state", "ENDED", "--after", "0") as watching:
        assert watching.stdout is not None
        line = watching.stdout.readline()
        watching.kill()
        watching.stderr.read()  # type: ignore[union-attr]
    assert line.split()[1:5] == [job, "Finished", "DONE", "(OK)"]


def test_a_filter_that_is_not_understood(gridwms: Command) -> None:
    wrong = gridwms("watch", "--state", "HAPPY")
    assert (wrong.code, "not the state of a job" in wrong.err) == (3, True)
    assert gridwms("watch", "--tag", "spring").code == 2
    assert gridwms("watch", "0" * 22).code == 4
