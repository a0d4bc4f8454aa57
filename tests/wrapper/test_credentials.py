"""Credentials that the user delegated: brought, kept fresh, and the end of the payload when they run out."""

from __future__ import annotations

from tests.wrapper.conftest import Node
from tests.wrapper.service import Carried

SHOW = """
stat -c %a "$X509_USER_PROXY" "${X509_USER_PROXY%/*}" >modes
cat "$X509_USER_PROXY" >first
while [ ! -e ../../go ]; do sleep 0.01; done
cat "$X509_USER_PROXY" >second
echo "${BEARER_TOKEN_FILE-none}" >token
"""
OUTPUTS = ("modes", "first", "second", "token")


def test_the_payload_finds_its_proxy_and_then_the_renewed_one(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport, GRIDWMS_CREDENTIAL_PAUSE="20")
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1000)}
    process = node.start(node.task(SHOW, outputs=OUTPUTS, credentials=True))
    node.service.wait_for(lambda: node.attempt.instance)
    node.attempt.carried = {"proxy": Carried(b"two\n", 2, 1000)}
    node.service.wait_for(lambda: sum(line.endswith("credentials/proxy") for line in node.service.requests) > 1)
    asked = len(node.service.requests)
    node.service.wait_for(lambda: len(node.service.requests) > asked)
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log
    assert node.attempt.outputs == {
        b"modes": b"600\n700\n", b"first": b"one\n", b"second": b"two\n", b"token": b"none\n",
    }  # fmt: skip
    assert node.left() == ["go"]
    assert "one" not in node.log
    assert "two" not in node.log


def test_a_token_alone(dash_node: Node) -> None:
    node = dash_node
    node.attempt.carried = {"token": Carried(b"ey.x.y", 1, 1000)}
    script = 'echo "${X509_USER_PROXY-none}" >told; cat "$BEARER_TOKEN_FILE" >>told'
    assert node.run(script, outputs=("told",), credentials=True) == 0, node.log
    assert node.attempt.outputs == {b"told": b"none\ney.x.y"}


def test_without_them_nothing_of_the_site_is_hidden(dash_node: Node) -> None:
    dash_node.environment["X509_USER_PROXY"] = "/of/the/site"
    assert dash_node.run('echo "$X509_USER_PROXY" >told', outputs=("told",)) == 0
    assert dash_node.attempt.outputs == {b"told": b"/of/the/site\n"}
    assert not any("credentials" in line for line in dash_node.service.requests)


def test_the_payload_ends_with_its_credential(node: Node) -> None:
    node.environment["GRIDWMS_CREDENTIAL_PAUSE"] = "20"
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1000)}
    process = node.start(node.task("echo begun >log; exec sleep 300", outputs=("log",), credentials=True))
    node.service.wait_for(lambda: node.attempt.instance)
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 0)}
    assert node.finish(process) == 21, node.log
    assert node.attempt.finished is not None
    assert node.attempt.finished["code"] == "credential_expired"
    assert b"log" in node.attempt.outputs
    assert node.left() == []


def test_it_ends_although_the_service_is_away(dash_node: Node) -> None:
    """The time that was left is counted down on the node, by a clock that nobody sets."""
    node = dash_node
    node.environment["GRIDWMS_CREDENTIAL_PAUSE"] = "20"
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1)}
    process = node.start(node.task("exec sleep 300", credentials=True))
    node.service.wait_for(lambda: node.attempt.instance)
    node.service.break_down("GET", "/credentials", 503, times=1_000_000)
    assert node.finish(process) == 21, node.log


def test_one_of_two_that_ran_out_is_no_end(dash_node: Node) -> None:
    node = dash_node
    node.environment["GRIDWMS_CREDENTIAL_PAUSE"] = "20"
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1000), "token": Carried(b"t", 1, 1000)}
    process = node.start(node.task("while [ ! -e ../../go ]; do sleep 0.01; done", credentials=True))
    node.service.wait_for(lambda: node.attempt.instance)
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1000), "token": Carried(b"t", 1, 0)}
    asked = len(node.service.requests)
    node.service.wait_for(lambda: len(node.service.requests) > asked + 1)
    (node.directory / "go").touch()
    assert node.finish(process) == 0, node.log


def test_one_that_has_run_out_before_it_begins(dash_node: Node) -> None:
    dash_node.attempt.carried = {"proxy": Carried(b"one\n", 1, 0)}
    assert dash_node.run("exit 0", credentials=True) == 21
    assert not dash_node.attempt.instance


def test_one_that_does_not_come(dash_node: Node) -> None:
    dash_node.attempt.carried = {"proxy": Carried(b"one\n", 1, 100)}
    dash_node.service.break_down("GET", "/credentials/proxy", 403)
    assert dash_node.run("exit 0", credentials=True) == 13
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["code"] == "credential_failed"


def test_a_closed_attempt_ends_its_payload(dash_node: Node) -> None:
    node = dash_node
    node.environment["GRIDWMS_CREDENTIAL_PAUSE"] = "20"
    node.attempt.carried = {"proxy": Carried(b"one\n", 1, 1000)}
    process = node.start(node.task("exec sleep 300", credentials=True))
    node.service.wait_for(lambda: node.attempt.instance)
    node.attempt.closed = True
    assert node.finish(process) == 20, node.log


def test_a_node_without_a_network_finds_them_in_files(dash_node: Node) -> None:
    """Of the site, which renews them there; the end is counted by the clock of the node."""
    node, stage = dash_node, dash_node.directory / "stage"
    node.environment |= {"GRIDWMS_STAGE": str(stage), "GRIDWMS_CREDENTIAL_PAUSE": "20", "GRIDWMS_LEAVE_EVENTS": "1"}
    node.environment["GRIDWMS_LEAVE_OUTPUTS"] = "1"
    (node.directory / "stage.proxy").write_text("one\n")
    (node.directory / "stage.credentials").write_text("proxy 1 4000000000\n")
    (node.directory / "stage.answer").write_text("go\n")
    seen = node.directory / "seen"
    line = (
        f'cat "$X509_USER_PROXY" >{seen}; while ! grep -q two "$X509_USER_PROXY"; do sleep 0.01; done; exec sleep 300'
    )
    process = node.start(node.task(executable="/bin/sh", arguments=f"-c '{line}'", credentials=True))
    while not seen.exists() or seen.read_text() != "one\n":
        assert process.poll() is None
    (node.directory / "stage.proxy").write_text("two\n")
    (node.directory / "stage.credentials").write_text("proxy 2 4000000000\n")
    (node.directory / "stage.credentials").write_text("proxy 2 1\n")
    assert node.finish(process) == 21, node.log
    assert not any("credentials" in one for one in node.service.requests)
