"""Daemons that a test runs: started in the foreground, waited for, ended by their own process ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path


class Daemons:
    """They write to `<folder>/<name>.log`, and end in the opposite order of their start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._running.append((name, process))
        return process

    def wait_for(self, name: str, what: Callable[[], bool], seconds: float = 60) -> None:
        """Until `what` is true. AssertionError, with the end of its log, when the daemon ended or takes too long."""
        deadline = time.monotonic() + seconds
        process = dict(self._running)[name]
        while not what():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{name} does not run: {(self._folder / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, name: str, sign: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """End one."""
        process = dict(self._running)[name]
        self._running = [(other, one) for other, one in self._running if other != name]
        with suppress(ProcessLookupError):
            process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def pid(self, name: str) -> int:
        """The process of one."""
        return dict(self._running)[name].pid

    def stop_all(self, seconds: float = 20) -> None:
        for name, _ in reversed(list(self._running)):
            self.stop(name, seconds=seconds)


def succeeds(*words: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether a command ends well, within 20 seconds."""
    try:
        done = subprocess.run(
            words, capture_output=True, timeout=20, check=False, env={**os.environ, **(environment or {})}
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def by_environment(line: str) -> list[int]:
    """The processes that were started with this line in their environment."""
    wanted, found = line.encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def ancestors(process: int) -> list[int]:
    """Its parent, the parent of that, and so on, without the first process of all."""
    found: list[int] = []
    while (process := parent(process)) > 1:
        found.append(process)
    return found


def parent(process: int) -> int:
    """0 when it is gone."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def kill_by_environment(line: str) -> None:
    """End what outlives its daemon, told by a line of its environment that is ours alone."""
    for process in by_environment(line):
        if process != os.getpid():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
