"""A service as a user starts it, and the commands as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.certificates import PORT, running
from tests.never_lost.rounds import Runner


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.split("\n")[:-1]


@dataclass(frozen=True)
class User:
    """Somebody at a shell prompt in a directory."""

    runner: Runner
    directory: Path

    def __call__(self, *words: str, timeout: float = 60, stdin: str = "") -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "gridwms", *words],
            cwd=self.directory,
            env=os.environ
            | {"GRIDWMS_DATA": str(self.runner.data), "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
            input=stdin.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write(self, name: str, text: str, mode: int = 0o644) -> str:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return name


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    started = Runner(tmp_path_factory.mktemp("service"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A service that takes certificates, for gLite's clients."""
    with running(tmp_path_factory.mktemp("certified"), PORT) as started:
        yield started


@pytest.fixture
def user(runner: Runner, tmp_path: Path) -> User:
    return User(runner, tmp_path)
