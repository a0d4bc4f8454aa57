"""A whole life of a wrapper, under every shell and with every transport."""

from __future__ import annotations

import time

from gridwms.wrapper.task import Input
from tests.wrapper.conftest import Node, ends


def routes(node: Node) -> list[str]:
    """What was asked of the service, in order: the last part of each path."""
    return [line.split("?")[0].rsplit("/", 1)[-1] for line in node.service.requests]


def test_input_payload_outputs_and_report(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport)
    status = node.run(
        'echo out $#; echo "[$1] [$2]"; echo err >&2; exit 7',
        arguments='"a  b" c',
        std_output="std.out",
        std_error="std.err",
        outputs=("std.out", "std.err"),
    )
    assert status == 0, node.log
    assert node.attempt.outputs == {b"std.out": b"out 2\n[a  b] [c]\n", b"std.err": b"err\n"}
    finished = node.attempt.finished
    assert finished is not None
    assert finished["exit_code"] == "7"
    assert "code" not in finished
    assert float(finished["real"]) >= 0
    assert [event["type"] for event in node.attempt.events.values()] == ["Running", "Finished"]
    assert node.left() == []
    assert routes(node) == ["0", "token", "std.out", "std.err", "events"]


def test_a_program_of_the_node_needs_two_calls(node: Node) -> None:
    assert node.run() == 0, node.log
    assert routes(node) == ["token", "events"]
    assert node.attempt.finished is not None
    assert node.attempt.finished["exit_code"] == "0"
    running = node.attempt.of_type("Running")[0]
    assert running["node"]
    assert running["id"] == f"worker-1-1-{node.attempt.instance}"
    assert node.attempt.finished["id"] == f"worker-1-2-{node.attempt.instance}"


def test_times_are_those_of_the_clock(node: Node) -> None:
    before = time.time()
    assert node.run("sleep 0.05") == 0
    after = time.time()
    node.environment["GRIDWMS_BOOT_TIME"] = str(int((time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)) * 100))
    running, finished = (float(event["time"]) for event in node.attempt.events.values())
    assert before - 0.05 <= running <= finished - 0.04
    assert finished <= after + 0.05
    node.attempt.events.clear()
    node.attempt.instance = ""
    assert node.run() == 0
    assert node.attempt.finished is not None
    assert after - 0.05 <= float(node.attempt.finished["time"]) <= time.time() + 0.05


def test_processor_time_is_reported(node: Node) -> None:
    script = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done"
    assert node.run(script) == 0
    finished = node.attempt.finished
    assert finished is not None
    assert 0.05 < float(finished["user"]) + float(finished["system"]) < 30
    assert float(finished["real"]) >= 0.05


def test_both_streams_in_one_file_in_order(node: Node) -> None:
    node.run("echo 1; echo 2 >&2; echo 3", std_output="all", std_error="all", outputs=("all",))
    assert node.attempt.outputs == {b"all": b"1\n2\n3\n"}


def test_standard_input_from_the_sandbox(node: Node) -> None:
    task = node.task("cat; echo $#", std_input="-in put", std_output="out", outputs=("out",))
    node.attempt.inputs.append(b"\x00\xff text\n")
    task = type(task)(**{**_fields(task), "inputs": (*task.inputs, Input(index=1, name="-in put"))})
    assert node.finish(node.start(task)) == 0, node.log
    assert node.attempt.outputs == {b"out": b"\x00\xff text\n0\n"}


def _fields(task: object) -> dict[str, object]:
    return {name: getattr(task, name) for name in type(task).__dataclass_fields__}  # type: ignore[attr-defined]


def test_streams_that_are_not_named_are_empty(node: Node) -> None:
    script = "cat | wc -c >seen; readlink /proc/self/fd/1 /proc/$$/fd/2 >>seen; echo lost; echo lost >&2"
    node.run(script, outputs=("seen",))
    assert node.attempt.outputs[b"seen"].startswith(b"0\n")
    assert b"lost" not in node.log.encode()


def test_death_by_signal_is_128_and_the_signal(node: Node) -> None:
    assert node.run("kill -9 $$") == 0
    assert node.attempt.finished is not None
    assert node.attempt.finished["exit_code"] == "137"


def test_a_path_with_a_variable_is_the_nodes(node: Node) -> None:
    node.environment["TOOLS"] = "/bin"
    assert node.run(executable="$TOOLS/echo", arguments="$TOOLS", std_output="o", outputs=("o",)) == 0
    assert node.attempt.outputs == {b"o": b"/bin\n"}


def test_arguments_are_what_the_shell_sees(node: Node) -> None:
    node.run(
        'for a; do echo "<$a>"; done',
        arguments="a* '*' \"$HOME\" $((1+2)) `echo x y` \\$ é '' >out; echo more >>out",
        environment=(("HOME", "/home of user"),),
        outputs=("out",),
    )
    expected = "<a*>\n<*>\n</home of user>\n<3>\n<x>\n<y>\n<$>\n<é>\n<>\nmore\n"
    assert node.attempt.outputs[b"out"].decode() == expected


def test_very_long_arguments(dash_node: Node) -> None:
    words = " ".join(["word"] * 40_000)
    dash_node.run("echo $#", arguments=words, std_output="o", outputs=("o",))
    assert dash_node.attempt.outputs == {b"o": b"40000\n"}


def test_what_the_payload_leaves_running_is_ended(node: Node) -> None:
    script = "trap '' TERM; (trap '' TERM; exec sleep 300) & echo $! >pid"
    assert node.run(script, outputs=("pid",)) == 0
    pid = int(node.attempt.outputs[b"pid"])
    assert ends(pid)


def test_a_directory_without_rights_is_cleaned_up(node: Node) -> None:
    assert node.run("mkdir -p a/b; touch a/b/c; chmod 0 a/b a") == 0
    assert node.left() == []


def test_a_second_run_is_refused_the_token_and_says_nothing(node: Node) -> None:
    assert node.run("echo once >>../../once") == 0
    assert node.run("echo twice >>../../once") == 16
    assert len(node.attempt.of_type("Finished")) == 1
    assert node.left() == ["once"]
    assert (node.directory / "once").read_text() == "once\n"
