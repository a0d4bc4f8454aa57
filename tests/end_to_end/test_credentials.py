"""A job with a delegated proxy, from its delegation to its end: it works, and the key lies nowhere about."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.certificates import AGES, ALICE, proxy_file, running
from tests.never_lost.rounds import Runner
from tests.x509 import making

_FOR_ALL = stat.S_IRGRP | stat.S_IROTH
SCRIPT = """\
stat -c %a "$X509_USER_PROXY"
openssl x509 -noout -subject -in "$X509_USER_PROXY"
cp "$X509_USER_PROXY" "{copy}"
while [ ! -e "{go}" ]; do sleep 0.05; done
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with running(tmp_path_factory.mktemp("credentials")) as started:
        yield started


def test_the_key_of_a_jobs_proxy_lies_nowhere_about(service: Runner, tmp_path: Path) -> None:
    copy, go, said = tmp_path / "copy", tmp_path / "go", tmp_path / "said"
    (tmp_path / "run.sh").write_text(SCRIPT.format(copy=copy, go=go))
    (tmp_path / "a.jdl").write_text(
        'Executable = "/bin/sh"; Arguments = "run.sh"; InputSandbox = "run.sh"; '
        'StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err", "*"};'
    )
    environment = {
        **os.environ,
        "X509_USER_PROXY": str(proxy_file(tmp_path, making.proxy(ALICE, **AGES), ALICE)),
        "GRIDWMS_DATA": str(tmp_path),
        "GRIDWMS_SERVICE": service.url,
    }

    def gridwms(*words: str) -> str:
        command = [sys.executable, "-m", "gridwms", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        with said.open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    lines: set[bytes] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.add(place.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        gridwms("delegation", "create")
        job = gridwms("submit", str(tmp_path / "a.jdl"))
        _wait_for(copy, lambda: gridwms("log", job))
        status = gridwms("status", job)
        go.touch()
        gridwms("wait", job)
        gridwms("log", "--json", job)
        gridwms("output", "--dir", str(tmp_path / "got"), job)
    finally:
        ended.set()
        watcher.join()
    out = next((tmp_path / "got").rglob("out")).read_text()
    assert out.startswith("600\n")
    assert "CN = Alice" in out
    assert "credential" in status
    key = _secret_of(copy.read_bytes())
    copy.unlink()
    assert not any(key in line for line in lines)
    for place in (service.log.parent, tmp_path):
        holders = [path for path in place.rglob("*") if path.is_file() and key in path.read_bytes()]
        assert not holders
    everybodys = [path for path in service.data.rglob("*") if path.is_file() and path.stat().st_mode & _FOR_ALL]
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in everybodys)


def _wait_for(file: Path, story: Callable[[], str]) -> None:
    for _ in range(300):
        if file.exists() and b"PRIVATE KEY" in file.read_bytes():
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"the payload did not begin: {story()}")


def _secret_of(proxy: bytes) -> bytes:
    """A line out of the key."""
    lines = proxy.split(b"PRIVATE KEY-----")[1].splitlines()
    assert len(lines[3]) == 64
    return lines[3]
