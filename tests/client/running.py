"""A whole service in a process of its own, as a user starts it, for tests of clients and commands."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gridwms.client.find import Address, find

ROOT = Path(__file__).resolve().parents[2]
START = """
import os, sys
from pathlib import Path
from gridwms.daemon import serve

tell = serve._tell
def told(*arguments):
    tell(*arguments)
    print("started", flush=True)
serve._tell = told
config = Path(sys.argv[3]) if sys.argv[3] else None
serve.serve(Path(sys.argv[1]), config_file=config, port=int(sys.argv[2]))
"""


@dataclass
class Running:
    """A service with its data in `data`; `stop` and `start` it as often as you like, it keeps its port."""

    data: Path
    process: subprocess.Popen[str] | None = None
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    config: str = ""
    """What stands in its configuration."""

    def start(self) -> None:
        config = ""
        if self.config:
            config = str(self.data.parent / "gridwms.toml")
            Path(config).write_text(self.config)
        with (self.data.parent / "service.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, str(self.data), str(self.port), config],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(self.data),
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "started\n":
                break
        else:
            raise AssertionError((self.data.parent / "service.log").read_text())
        self.port = int(self.address.url.rsplit(":", 1)[1])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    @property
    def address(self) -> Address:
        return find(environment={"GRIDWMS_DATA": str(self.data)})


def environment(data: Path) -> dict[str, str]:
    """For a command that is to find the service with its data there, and nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRIDWMS_")}
    return kept | {"GRIDWMS_DATA": str(data), "PYTHONPATH": str(ROOT / "src"), "TZ": "UTC", "NO_COLOR": "1"}


@contextlib.contextmanager
def running(place: Path, config: str = "") -> Iterator[Running]:
    made = Running(place / "data", config=config)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None:
            made.stop()
