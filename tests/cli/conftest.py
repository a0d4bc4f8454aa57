from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.client.running import Running, environment, running


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("service")) as made:
        yield made


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def gridwms(service: Running, tmp_path: Path) -> Command:
    """Runs `gridwms ARGUMENTS…` in a directory of the test, as a user whose service is `service`."""

    return command(service, tmp_path)


def command(service: Running, place: Path) -> Command:
    """The same for any service and directory."""

    def run(*arguments: object, input: str | bytes = "", **more: str) -> Result:  # noqa: A002
        done = subprocess.run(
            [sys.executable, "-m", "gridwms", *map(str, arguments)],
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            timeout=60,
            cwd=place,
            env=environment(service.data) | more,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
