"""The service is away, slow to recover, or cuts connections: the payload runs once and nothing is lost."""

from __future__ import annotations

import pytest

from gridwms.wrapper.task import Input
from tests.wrapper.conftest import TAG, Node

SCRIPT = "echo x >>../../runs; echo out >out"


def runs(node: Node) -> int:
    path = node.directory / "runs"
    return path.read_text().count("x") if path.exists() else 0


@pytest.fixture
def afar(dash_node: Node, transport: dict[str, str]) -> Node:
    """A node under dash with each transport."""
    dash_node.environment.update(transport)
    return dash_node


@pytest.mark.parametrize("how", [500, 503, 507, 429, "drop", "late", "cut"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/input/0"), ("POST", "/token"), ("PUT", "/output/out"), ("POST", "/events")],
)
def test_a_fault_at_each_call_is_survived(afar: Node, method: str, path: str, how: int | str) -> None:
    afar.service.break_down(method, path, how, times=2)
    assert afar.run(SCRIPT, outputs=("out", "out2")) == 0, afar.log
    assert runs(afar) == 1
    assert afar.attempt.outputs == {b"out": b"out\n"}
    assert [event["type"] for event in afar.attempt.events.values()] == ["Running", "Noticed", "Finished"]
    finished = afar.attempt.finished
    assert finished is not None
    assert "code" not in finished
    assert afar.left() == ["runs"]


def test_a_fault_under_every_shell(node: Node) -> None:
    node.service.break_down("GET", "/input/0", "cut")
    node.service.break_down("POST", "/token", "late")
    node.service.break_down("PUT", "/output/out", 503)
    assert node.run(SCRIPT, outputs=("out",)) == 0, node.log
    assert (runs(node), node.attempt.outputs) == (1, {b"out": b"out\n"})


def test_several_inputs_go_on_where_they_were(afar: Node) -> None:
    afar.attempt.inputs[:] = [b"#!/bin/sh\ncat one two >out\n", b"1\n" * 5000, b"2\n" * 5000]
    names = ("run", "one", "two")
    afar.service.break_down("GET", "/input/1", "cut")
    task = afar.task("x", inputs=tuple(Input(index=i, name=n) for i, n in enumerate(names)), outputs=("out",))
    afar.attempt.inputs.pop(0)
    assert afar.finish(afar.start(task)) == 0, afar.log
    assert afar.attempt.outputs == {b"out": b"1\n" * 5000 + b"2\n" * 5000}
    fetched = [line for line in afar.service.requests if line.startswith("GET")]
    assert [line[-1] for line in fetched] == ["0", "1", "1", "2"]


def test_inputs_out_of_reach(afar: Node) -> None:
    afar.environment["GRIDWMS_PATIENCE"] = "0"
    afar.service.break_down("GET", "/input/0", 500, times=99)
    assert afar.run(SCRIPT) == 13
    assert afar.attempt.finished is not None
    assert afar.attempt.finished["p.text"] == "HTTP 500"


def test_without_a_token_the_payload_does_not_start(afar: Node) -> None:
    afar.environment["GRIDWMS_PATIENCE"] = "0"
    afar.service.break_down("POST", "/token", "drop", times=99)
    assert afar.run(SCRIPT) == 16
    assert runs(afar) == 0
    assert afar.attempt.finished is not None
    assert afar.attempt.finished["code"] == "token_unreachable"


def test_a_service_that_is_down_for_a_while(afar: Node) -> None:
    afar.service.down()
    process = afar.start(afar.task(executable="/bin/sh", arguments=f"-c '{SCRIPT}'", outputs=("out",)))
    try:
        assert process.stdout is not None
        assert b"transfer: 000" in process.stdout.readline()
    finally:
        afar.service.up()
    assert afar.finish(process) == 0, afar.log
    assert (runs(afar), afar.attempt.outputs) == (1, {b"out": b"out\n"})


def test_a_service_that_goes_down_while_the_payload_runs(afar: Node) -> None:
    """The wrapper's last words stay in the spool, for the site to read; the directory is cleaned otherwise."""
    afar.environment["GRIDWMS_PATIENCE"] = "0"
    process = afar.start(afar.task(f"{SCRIPT}; while [ ! -e ../../go ]; do sleep 0.01; done", outputs=("out",)))
    afar.service.wait_for(lambda: afar.attempt.instance)
    afar.service.down()
    (afar.directory / "go").touch()
    assert afar.finish(process) == 18
    assert afar.left() == ["go", TAG, "runs"]
    folder = afar.directory / TAG
    assert (folder / "events").read_text().count("type=Finished") == 1
    assert "code=output_failed" in (folder / "events").read_text()


def test_stop_instead_of_go(afar: Node) -> None:
    afar.attempt.closed = True
    assert afar.run(SCRIPT) == 16
    assert runs(afar) == 0
    assert afar.left() == []


def test_settings_of_glite_for_retries(dash_node: Node) -> None:
    """No retry at all, said in the site's own words."""
    del dash_node.environment["GRIDWMS_PATIENCE"]
    dash_node.environment["GLITE_LOCAL_COPY_RETRY_COUNT_ISB"] = "0"
    dash_node.service.break_down("GET", "/input/0", 500)
    assert dash_node.run(SCRIPT) == 13
