"""Signals of the site: the payload's whole group ends, its output is sent, the end is told."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.wrapper.conftest import Node, ends

WAITING = "echo started >>out; exec sleep 300"

WORK = "gw-*/work"
"""Where a payload works, below its node's directory."""


def interrupt(node: Node, process: subprocess.Popen[bytes], number: int, whole_group: bool) -> int:
    """Send a signal as soon as the payload has written its first line; the wrapper's exit status."""
    node.service.wait_for(lambda: node.attempt.instance)
    out = next(iter(_poll(lambda: list(node.directory.glob(f"{WORK}/out")))))
    assert _poll(lambda: out.read_text().startswith("started"))
    if whole_group:
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    return node.finish(process)


def _poll(what):  # type: ignore[no-untyped-def]
    import time

    deadline = time.monotonic() + 20
    while not (found := what()):
        assert time.monotonic() < deadline
        os.sched_yield()
    return found


@pytest.mark.parametrize("name", ["TERM", "QUIT", "INT", "XCPU", "HUP"])
@pytest.mark.parametrize("whole_group", [False, True], ids=["alone", "group"])
def test_a_signal_of_the_site(node: Node, name: str, whole_group: bool) -> None:
    process = node.start(node.task(WAITING, outputs=("out", "never")))
    status = interrupt(node, process, signal.Signals[f"SIG{name}"], whole_group)
    assert status == 19, node.log
    finished = node.attempt.finished
    assert finished is not None
    assert (finished["code"], finished["p.signal"]) == ("terminated", name)
    assert "real" in finished
    assert node.attempt.outputs == {b"out": b"started\n"}
    assert node.left() == []


def test_a_payload_that_is_signalled_first(node: Node) -> None:
    """A site goes through the processes of a job: it has not ended by itself, although it is over before our turn."""
    process = node.start(node.task("echo $$ >out; exec sleep 300", outputs=("out",)))
    (out,) = _poll(lambda: list(node.directory.glob(f"{WORK}/out")))
    payload = int(_poll(lambda: out.read_text().endswith("\n") and out.read_text()))
    os.kill(payload, signal.SIGTERM)
    assert ends(payload)
    os.kill(process.pid, signal.SIGTERM)
    assert node.finish(process) == 19, node.log
    finished = node.attempt.finished
    assert finished is not None and finished["code"] == "terminated"


def test_a_payload_that_ends_itself_by_a_signal(node: Node) -> None:
    assert node.run("kill -TERM $$") == 0
    finished = node.attempt.finished
    assert finished is not None and finished["exit_code"] == "143"


def test_a_payload_that_does_not_listen_is_killed_with_its_children(node: Node) -> None:
    node.environment["GRIDWMS_GRACE"] = "1"
    script = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! $$ >../../pids; echo started >out; wait"
    process = node.start(node.task(script, outputs=("out",)))
    assert interrupt(node, process, signal.SIGTERM, whole_group=False) == 19
    pids = [int(word) for word in (node.directory / "pids").read_text().split()]
    assert all(map(ends, pids))


def test_a_payload_may_use_the_grace(node: Node) -> None:
    script = "trap 'echo saved >>out; exit 0' TERM; echo started >out; while :; do sleep 0.02; done"
    process = node.start(node.task(script, outputs=("out",)))
    assert interrupt(node, process, signal.SIGTERM, whole_group=False) == 19
    assert node.attempt.outputs == {b"out": b"started\nsaved\n"}


def test_a_signal_to_the_group_while_files_are_watched(node: Node) -> None:
    node.environment["GRIDWMS_PEEK_PAUSE"] = "20"
    process = node.start(node.task(WAITING, outputs=("out",), peek_seconds=1000))
    assert interrupt(node, process, signal.SIGTERM, whole_group=True) == 19
    assert node.attempt.outputs == {b"out": b"started\n"}
    assert node.left() == []


@pytest.mark.parametrize("name", ["USR1", "USR2"])
def test_warnings_of_batch_systems_are_not_the_end(node: Node, name: str) -> None:
    script = "echo started >out; while [ ! -e ../../go ]; do sleep 0.01; done"
    process = node.start(node.task(script, outputs=("out",)))
    node.service.wait_for(lambda: node.attempt.instance)
    assert _poll(lambda: list(node.directory.glob(f"{WORK}/out")))
    os.killpg(process.pid, signal.Signals[f"SIG{name}"])
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log
    assert node.attempt.outputs == {b"out": b"started\n"}


def test_a_signal_while_inputs_are_fetched(node: Node) -> None:
    node.service.break_down("GET", "/input/0", 503, times=999)
    process = node.start(node.task(WAITING))
    node.service.wait_for(lambda: len(node.service.requests) > 1)
    os.kill(process.pid, signal.SIGTERM)
    assert node.finish(process) == 19
    assert node.attempt.finished is not None
    assert node.attempt.finished["code"] == "terminated"
    assert node.attempt.instance == ""
    assert node.left() == []


def test_a_signal_during_the_prologue(node: Node) -> None:
    node.attempt.inputs[:] = []
    script = "-c 'echo started >out; sleep 300'"
    process = node.start(node.task(prologue="/bin/sh", prologue_arguments=script, outputs=("out",)))
    out = next(iter(_poll(lambda: list(node.directory.glob(f"{WORK}/out")))))
    assert _poll(lambda: out.read_text())
    os.kill(process.pid, signal.SIGTERM)
    assert node.finish(process) == 19
    assert node.attempt.instance == ""


def test_a_second_signal_does_not_spoil_the_end(node: Node) -> None:
    node.service.break_down("PUT", "/output/out", 503, times=3)
    process = node.start(node.task(WAITING, outputs=("out",)))
    node.service.wait_for(lambda: node.attempt.instance)
    out = next(iter(_poll(lambda: list(node.directory.glob(f"{WORK}/out")))))
    assert _poll(lambda: out.read_text())
    os.kill(process.pid, signal.SIGTERM)
    node.service.wait_for(lambda: any(line.startswith("PUT") for line in node.service.requests))
    os.killpg(process.pid, signal.SIGTERM)
    assert node.finish(process) == 19
    assert node.attempt.outputs == {b"out": b"started\n"}
