"""Interactive jobs for real: a service, the local site, real terminals at both ends, and connections that break."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.running import Running, environment, running

MEGA = 1_000_000
SHELL = '[ Executable = "/bin/sh"; Environment = {"PS1=at> ", "ENV="}; Arguments = "-i"; JobType = "Interactive"; %s ]'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("console")) as made:
        yield made


def command(service: Running, *words: str) -> list[str]:
    return [sys.executable, "-m", "gridwms", *words]


def gridwms(service: Running, *words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(service, *words), env=environment(service.data), capture_output=True, timeout=60, check=False, **more
    )


def submit(service: Running, place: Path, line: str, more: str = "") -> str:
    """An interactive job of one line of shell; its id."""
    (place / "line.sh").write_text(f"#!/bin/sh\n{line}\n")
    text = f'[ Executable = "line.sh"; InputSandbox = {{"line.sh"}}; JobType = "Interactive"; RetryCount = 0; {more} ]'
    (place / "job.jdl").write_text(text)
    said = gridwms(service, "submit", "job.jdl", cwd=place)
    assert said.returncode == 0, said.stderr.decode()
    return said.stdout.decode().strip()


class Terminal:
    """A command at a terminal of its own, and somebody who types and reads."""

    def __init__(self, service: Running, *words: str, cwd: Path) -> None:
        self.seen = b""
        pid, self.keys = pty.fork()
        if pid == 0:
            os.chdir(cwd)
            os.execve(sys.executable, command(service, *words), environment(service.data) | {"TERM": "xterm"})
        self.pid = pid

    def size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.keys, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.keys, text.encode())

    def until(self, pattern: str, seconds: float = 20) -> str:
        """Read until the pattern comes; what came, and forget it."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern.encode(), self.seen)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.keys], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} did not come; this did: {self.seen!r}")
            try:
                self.seen += os.read(self.keys, 65536)
            except OSError as error:
                raise AssertionError(f"{pattern!r} did not come before the end; this did: {self.seen!r}") from error
        told, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return told.decode()

    def end(self) -> int:
        """Wait for the command; its exit status."""
        with contextlib.suppress(OSError):
            while data := os.read(self.keys, 65536):
                self.seen += data
        os.close(self.keys)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Attached:
    """`gridwms attach` with pipes."""

    def __init__(self, service: Running, job: str, *words: str, stdin: Any = subprocess.PIPE) -> None:
        self.process: Any = subprocess.Popen(
            command(service, "attach", *words, job),
            env=environment(service.data),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Attached:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def type(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def feed(self, data: bytes) -> None:
        """Type this and nothing more."""
        self.type(data)
        self.process.stdin.close()

    def line(self) -> bytes:
        return bytes(self.process.stdout.readline())

    def read(self, count: int) -> bytes:
        return bytes(self.process.stdout.read(count))

    def errors(self) -> bytes:
        return bytes(self.process.stderr.read())

    def wait(self, seconds: float) -> int:
        return int(self.process.wait(seconds))


def test_a_shell_at_a_terminal(service: Running, tmp_path: Path) -> None:
    (tmp_path / "shell.jdl").write_text(SHELL % "")
    at = Terminal(service, "submit", "--interactive", "shell.jdl", cwd=tmp_path)
    at.size(33, 101)
    at.until("at> ")
    at.type("stty size; tty\r")
    assert "33 101" in at.until(r"/dev/pts/\d+\r\n.*at> ")
    at.size(44, 122)
    at.type("trap 'stty size' WINCH; sleep 0.1; stty size\r")
    at.until("44 122\r\n(.|\r\n)*at> ")
    at.type("sleep 1000\r")
    at.until("sleep 1000")
    at.type("\x03")
    at.until("at> ")
    at.type("echo still $((40 + 2))\r")
    at.until("still 42")
    at.type("cat >typed\r")
    at.type("a line\r\x04")
    at.type("cat typed; exit 5\r")
    at.until("cat typed; exit 5\r\n(.|\r\n)*a line")
    assert at.end() == 10
    assert b"exit code 5" in at.seen


def test_leaving_and_coming_back(service: Running, tmp_path: Path) -> None:
    (tmp_path / "shell.jdl").write_text(SHELL % "InteractiveTerminal = true;")
    job = gridwms(service, "submit", str(tmp_path / "shell.jdl")).stdout.decode().strip()
    at = Terminal(service, "attach", job, cwd=tmp_path)
    at.until("at> ")
    at.type("echo $((1000 + 1))\r")
    at.until("1001\r\n")
    at.type("\r~.")
    at.until("Left; the job goes on")
    assert at.end() == 0
    again = Terminal(service, "attach", job, cwd=tmp_path)
    again.until("1001\r\n")
    again.type("X=7\r")
    again.until("X=7")
    os.kill(again.pid, signal.SIGKILL)
    again.end()
    third = Terminal(service, "attach", job, cwd=tmp_path)
    third.until("X=7")
    third.type("echo has $X; exit\r")
    third.until("has 7")
    assert third.end() == 0


def test_pipes_keep_both_outputs_apart(service: Running, tmp_path: Path) -> None:
    more = 'StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err"};'
    job = submit(service, tmp_path, "echo begun; echo oh >&2; cat; echo done; exit 3", more)
    said = gridwms(service, "attach", job, input=b"one\ntwo\n")
    assert said.returncode == 10
    assert said.stdout == b"begun\none\ntwo\ndone\n"
    assert said.stderr == b"oh\nThe job has ended: DONE, exit code 3.\n"
    assert gridwms(service, "output", "--dir", str(tmp_path / "o"), job).returncode == 0
    assert (tmp_path / "o" / "out").read_bytes() == said.stdout
    assert (tmp_path / "o" / "err").read_bytes() == b"oh\n"


def test_ten_megabytes_each_way(service: Running, tmp_path: Path) -> None:
    data = random.Random(1).randbytes(10 * MEGA)
    said = gridwms(service, "attach", submit(service, tmp_path, "cat"), input=data)
    assert said.returncode == 0, said.stderr
    assert hashlib.sha256(said.stdout).digest() == hashlib.sha256(data).digest()


def test_a_signal_to_a_job_without_a_terminal(service: Running, tmp_path: Path) -> None:
    job = submit(service, tmp_path, "trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.1; done")
    with Attached(service, job) as at:
        assert at.line() == b"ready\n"
        at.process.send_signal(signal.SIGINT)
        assert at.line() == b"caught\n"
        assert at.wait(30) == 10


def test_a_client_is_killed_and_the_next_goes_on(service: Running, tmp_path: Path) -> None:
    """All of the input arrives, once and in order, whoever sent it."""
    data = random.Random(2).randbytes(3 * MEGA)
    (tmp_path / "data").write_bytes(data)
    job = submit(service, tmp_path, "head -c 1000000 | wc -c; sha256sum; wc -c")
    with (tmp_path / "data").open("rb") as file, Attached(service, job, stdin=file) as first:
        assert first.line() == b"1000000\n"
    with (tmp_path / "data").open("rb") as file:
        said = gridwms(service, "attach", "--resume", job, stdin=file)
    expected = ["1000000", hashlib.sha256(data[MEGA:]).hexdigest(), "-", "0"]
    assert said.stdout.decode().split() == expected, said.stderr


def test_the_service_is_killed_in_the_middle(tmp_path: Path) -> None:
    data = random.Random(3).randbytes(4 * MEGA)
    with running(tmp_path) as service:
        job = submit(service, tmp_path, "cat")
        with Attached(service, job) as at:
            writer = threading.Thread(target=at.type, args=(data[: 2 * MEGA],))
            writer.start()
            got = [at.read(MEGA)]
            service.stop(signal.SIGKILL)
            reader = threading.Thread(target=lambda: got.append(at.read(-1)))
            reader.start()
            assert any(b"Waiting for it to come back" in line for line in at.process.stderr)
            service.start()
            writer.join()
            at.feed(data[2 * MEGA :])
            reader.join()
            assert at.wait(30) == 0
            assert hashlib.sha256(b"".join(got)).digest() == hashlib.sha256(data).digest()


def test_one_types_and_another_watches(service: Running, tmp_path: Path) -> None:
    job = submit(service, tmp_path, "while read line; do echo got $line; done")
    with Attached(service, job) as one, Attached(service, job, "--watch") as two:
        one.type(b"a\n")
        assert one.line() == two.line() == b"got a\n"
        with Attached(service, job) as three, Attached(service, job, "--take") as four:
            assert three.line() == four.line() == b"got a\n", "what came before is shown"
            four.type(b"b\n")
            assert [each.line() for each in (one, two, three, four)] == [b"got b\n"] * 4
            four.feed(b"")
            assert [each.wait(30) for each in (one, two, three, four)] == [0] * 4
            assert b"Somebody else types now" in one.errors()
            assert b"Somebody else types to this job" in three.errors()


def test_cancelling_ends_it(service: Running, tmp_path: Path) -> None:
    job = submit(service, tmp_path, "echo begun; cat")
    with Attached(service, job) as at:
        assert at.line() == b"begun\n"
        assert gridwms(service, "cancel", job).returncode == 0
        assert at.wait(30) == 12
