"""Files that a user watches are sent while the payload writes them."""

from __future__ import annotations

from tests.wrapper.conftest import Node

SCRIPT = """
echo one >log; printf 'a b' >'odd name'
while [ ! -e ../../go ]; do sleep 0.01; done
echo two >>log
"""


def test_what_grows_is_sent_and_the_rest_at_the_end(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport, GRIDWMS_PEEK_PAUSE="20")
    node.attempt.watched = ["log", "odd name", "not there", "../../wrapper", "/etc/passwd"]
    process = node.start(node.task(SCRIPT, peek_seconds=1000))
    node.service.wait_for(lambda: node.attempt.peeked.get("log") == b"one\n")
    node.service.wait_for(lambda: node.attempt.peeked.get("odd name") == b"a b")
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log
    assert node.attempt.peeked == {"log": b"one\ntwo\n", "odd name": b"a b"}
    assert node.left() == ["go"]


def test_watching_may_begin_and_end_while_it_runs(node: Node) -> None:
    node.environment["GRIDWMS_PEEK_PAUSE"] = "20"
    process = node.start(node.task(SCRIPT, peek_seconds=1000))
    asked = "GET /worker/v1/"
    node.service.wait_for(
        lambda: sum(line.startswith(asked) and line.endswith("peek") for line in node.service.requests) > 1
    )
    assert node.attempt.peeked == {}
    node.attempt.watched = ["log"]
    node.service.wait_for(lambda: node.attempt.peeked.get("log") == b"one\n")
    node.attempt.watched = []
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log
    assert node.attempt.peeked == {"log": b"one\n"}


def test_a_chunk_that_fails_is_part_of_the_next(node: Node) -> None:
    node.environment["GRIDWMS_PEEK_PAUSE"] = "20"
    node.attempt.watched = ["log"]
    node.service.break_down("PUT", "/peek/log", 503, times=2)
    node.service.break_down("PUT", "/peek/log", "late", times=1)
    process = node.start(node.task(SCRIPT, peek_seconds=1000))
    node.service.wait_for(lambda: node.attempt.peeked.get("log") == b"one\n")
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log
    assert node.attempt.peeked == {"log": b"one\ntwo\n"}


def test_a_closed_attempt_ends_its_payload(node: Node) -> None:
    """The one way in which the service reaches a payload that runs where the site does not answer."""
    node.environment["GRIDWMS_PEEK_PAUSE"] = "20"
    process = node.start(node.task("exec sleep 300", peek_seconds=1000))
    node.service.wait_for(lambda: node.attempt.instance)
    node.attempt.closed = True
    assert node.finish(process) == 20, node.log
    assert node.attempt.finished is not None
    assert node.attempt.finished["code"] == "withdrawn"
    assert node.left() == []


def test_nothing_is_asked_when_nobody_may_watch(node: Node) -> None:
    assert node.run("sleep 0.1") == 0
    assert not [line for line in node.service.requests if "peek" in line]
