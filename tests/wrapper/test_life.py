"""A whole life of a wrapper, under every shell and with every transport."""

from __future__ import annotations

from tests.wrapper.conftest import Node


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
    assert [line.split("?")[0].rsplit("/", 1)[-1] for line in node.service.requests] == [
        "0", "token", "std.out", "std.err", "events",
    ]  # fmt: skip
