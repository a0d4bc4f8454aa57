"""The worker node's end of a console on nodes without python3."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.client import Client
from gridwms.client.console import follow
from gridwms.client.find import Address
from gridwms.client.typist import Typist
from gridwms.jobs.ids import tag_of
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Task
from tests.api.house import House, house
from tests.wrapper.conftest import SHELLS, _path_without

TALK = '[Executable = "/bin/sh"; JobType = "Interactive";]'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def client(served: House) -> Iterator[Client]:
    with Client(address=Address(served.url, served.tokens["ann"])) as made:
        yield made


@pytest.fixture(scope="module")
def without_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("without-python")
    names = {name for place in ("/usr/bin", "/bin") for name in os.listdir(place) if name.startswith("python")}
    return _path_without(folder, {"bash", *names})


def begin(served: House, place: Path, shell: str, path: str, line: str, *, terminal: bool = False) -> tuple[str, Path]:
    """Start a wrapper of an interactive job; the job's key and the wrapper's log."""
    key = served.submit(TALK)
    served.deliver()
    tag = tag_of(key, 1)
    task = Task(
        tag=tag,
        job_id=f"{served.url}/jobs/{key}",
        attempt=1,
        service=served.url,
        capability=served.world.capability(tag),
        vo="dteam",
        executable="/bin/sh",
        arguments=f"-c '{line}'",
        std_output="out",
        interactive=True,
        terminal=terminal,
    )
    (place / "wrapper").write_text(render(task))
    environment = {"PATH": path, "HOME": str(place), "GRIDWMS_PATIENCE": "5", "GRIDWMS_FIRST_PAUSE": "20"}
    with (place / "log").open("wb") as log:
        started = subprocess.Popen(
            [*SHELLS[shell], str(place / "wrapper")],
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    STARTED.append(started)
    return key, place / "log"


STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _sweep() -> Iterator[None]:
    yield
    while STARTED:
        one = STARTED.pop()
        try:
            one.wait(20)
        finally:
            one.kill()
            one.wait()


@pytest.mark.parametrize("shell", list(SHELLS))
def test_by_curl_alone(served: House, tmp_path: Path, without_python: str, client: Client, shell: str) -> None:
    line = "echo begun; echo oh >&2; cat; head -c 300000 /dev/zero; exit 3"
    key, log = begin(served, tmp_path, shell, without_python, line)
    console = client.attach(key)
    typist = Typist(console)
    typist.start()
    said = {"stdout": b"", "stderr": b""}
    typed = False
    for glance in follow(console):
        typist.seen(glance)
        for piece in glance.pieces:
            assert not piece.lost
            said[piece.stream] += piece.data
        if not typed and not glance.waiting:
            typed = True
            typist.write(b"one\ntwo\n")
            typist.end()
    typist.close()
    typist.join()
    assert said["stdout"] == b"begun\none\ntwo\n" + bytes(300_000), log.read_text()
    assert said["stderr"] == b"oh\n"
    assert "console by curl" in log.read_text()
    assert STARTED[-1].wait(20) == 0, log.read_text()
    assert client.job(key).exit_code == 3


@pytest.mark.parametrize("shell", list(SHELLS))
def test_a_signal_by_curl(served: House, tmp_path: Path, without_python: str, client: Client, shell: str) -> None:
    line = 'trap "echo caught; exit 4" TERM; echo ready; while :; do sleep 0.05; done'
    key, log = begin(served, tmp_path, shell, without_python, line)
    console = client.attach(key)
    said, sent = b"", False
    for glance in follow(console):
        said += b"".join(piece.data for piece in glance.pieces)
        if b"ready" in said and not sent:
            sent = True
            console.signal("TERM")
    assert b"caught" in said, log.read_text()
    assert STARTED[-1].wait(20) == 0


def test_a_terminal_needs_python(served: House, tmp_path: Path, without_python: str) -> None:
    """Refused before the payload has started, so that another site is tried."""
    key, log = begin(served, tmp_path, "dash", without_python, "true", terminal=True)
    assert STARTED[-1].wait(20) == 10, log.read_text()
    attempt = served.http().get(f"/api/v1/jobs/{key}").json()["attempts"][0]
    assert attempt["reason"]["code"] == "no_console"
    assert attempt["payload_at"] is None
