"""A cluster with slots and a queue. Programs named as those of a batch system ask it over a socket.

Bad days are ordered by `faults`: by program, what happens at its next calls.
"""

from __future__ import annotations

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

_PROGRAM = """\
#!{python} -SE
import json, os, socket, sys
def ask():
    with socket.socket(socket.AF_UNIX) as link:
        link.connect({socket!r})
        with link.makefile("rw") as stream:
            stream.write(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], os.getcwd()]) + "\\n")
            stream.flush()
            return json.loads(stream.readline())
for turn in range(3):
    try:
        status, out, err = ask()
        break
    except (BrokenPipeError, ConnectionResetError):  # hung up before it was heard
        if turn == 2:
            raise
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(status)
"""

Answer = tuple[int, str, str]


@dataclass
class Task:
    """One element of an array; `state` in the words of the cluster that is played."""

    batch: int
    index: int
    state: str = "queued"
    start: float = 0.0
    end: float = 0.0
    code: int | None = None
    process: subprocess.Popen[bytes] | None = None
    place: str = ""
    """Where it works, when that is not the directory of its batch."""


@dataclass
class Batch:
    """What one submission made."""

    number: int
    name: str
    folder: str
    script: str
    queue: str
    cpus: int = 1
    array: bool = True
    tasks: dict[int, Task] = field(default_factory=dict)


@dataclass
class Fault:
    """`before`, `after`: seconds that the program hangs before or after it did its work. `says`: it only says this."""

    before: float = 0.0
    after: float = 0.0
    says: str = ""
    status: int = 1


class FakeCluster:
    """The part that all batch systems share. A subclass plays the programs: a method a name."""

    programs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Path, slots: int = 2) -> None:
        self.slots = slots
        self.lock = threading.RLock()
        self.batches: dict[int, Batch] = {}
        self.waiting: list[Task] = []
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Fault]] = {}
        self.hold = False
        """Takes jobs and never runs them."""
        self.busy = 0
        self._numbers = 100
        self.closing = threading.Event()
        folder.mkdir(parents=True)
        self.bin = folder / "bin"
        self.bin.mkdir()
        socket = str(folder / "s")
        for name in self.programs:
            path = self.bin / name
            path.write_text(_PROGRAM.format(python=sys.executable, socket=socket))
            path.chmod(0o755)
        cluster = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                name, words, cwd = json.loads(self.rfile.readline())
                answer = cluster.call(name, words, cwd)
                with suppress(OSError):
                    self.wfile.write(json.dumps(answer).encode() + b"\n")

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 100

        self._server = Server(socket, Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def call(self, name: str, words: list[str], cwd: str) -> Answer:
        """One call of a program, with the fault that was ordered for it."""
        with self.lock:
            self.calls[name] += 1
            fault = self.faults[name].pop(0) if self.faults.get(name) else Fault()
        # as the real ones do it: what is submitted is read at once, however long the rest takes
        script = self.read(name, words, cwd)
        self.closing.wait(fault.before)
        if fault.says:
            return fault.status, "", fault.says + "\n"
        with self.lock:
            play: Callable[[list[str], str, str], Answer] = getattr(self, name)
            answer = play(words, cwd, script)
            self.start_more()
        self.closing.wait(fault.after)
        return answer

    def read(self, name: str, words: list[str], cwd: str) -> str:
        """The script that is submitted by this call; empty when it is no submission."""
        raise NotImplementedError

    def take(self, batch: Batch, indices: list[int]) -> int:
        """Queue a batch; its number."""
        self._numbers += 1
        batch.number = self._numbers
        batch.tasks = {index: Task(batch.number, index) for index in indices}
        self.batches[batch.number] = batch
        self.waiting += batch.tasks.values()
        return batch.number

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        """How a task is started: the command, its directory, and what the cluster tells it."""
        raise NotImplementedError

    def ended(self, batch: Batch, task: Task) -> None:
        """What the cluster does when a task has ended."""

    def start_more(self) -> None:
        """Start what there is room for, in order."""
        while self.waiting and not self.hold and not self.closing.is_set():
            task = self.waiting[0]
            batch = self.batches[task.batch]
            if self.busy + batch.cpus > self.slots:
                return
            self.waiting.pop(0)
            self.busy += batch.cpus
            task.state, task.start = "running", time.time()
            words, folder, environment = self.launch(batch, task)
            task.process = subprocess.Popen(
                words,
                cwd=folder if os.path.isdir(folder) else "/",
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            threading.Thread(target=self._wait, args=(task, task.process, batch), daemon=True).start()

    def _wait(self, task: Task, process: subprocess.Popen[bytes], batch: Batch) -> None:
        code = process.wait()
        with self.lock:
            self.busy -= batch.cpus
            task.code, task.end = code, time.time()
            if task.state == "running":
                task.state = "done"
            self.ended(batch, task)
            self.start_more()

    def end(self, task: Task, state: str, *, force: bool = False) -> None:
        """Somebody ends a task: TERM, or KILL, to all its processes."""
        if task.state == "running" and task.process is not None:
            task.state = state
            with suppress(ProcessLookupError):
                os.killpg(task.process.pid, signal.SIGKILL if force else signal.SIGTERM)
        elif task.state == "queued":
            self.waiting.remove(task)
            task.state, task.end = state, time.time()

    def all_tasks(self) -> list[tuple[Batch, Task]]:
        return [(batch, task) for batch in self.batches.values() for task in batch.tasks.values()]

    def close(self) -> None:
        """End everything."""
        self.closing.set()
        with self.lock:
            running = [task.process for _, task in self.all_tasks() if task.process and task.process.poll() is None]
            self.waiting.clear()
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._server.shutdown()
        self._server.server_close()


def options(words: list[str]) -> dict[str, Any]:
    """`--name=value`, `--flag` and `-x value` as a table; the rest under ""."""
    found: dict[str, Any] = {"": []}
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            found[name] = value
        elif word.startswith("-") and len(word) == 2 and word[1] in "ojuStnPp":
            found[word[1]] = next(rest) if word[1] in "ojuSt" else ""
        elif word.startswith("-"):
            found[word[1:]] = ""
        else:
            found[""].append(word)
    return found
