"""`gridwms notify`, and that its deliveries survive a service that is killed; verified as the manual says."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridwms.client import Client
from tests.channels.receiver import Hook, hook
from tests.cli.conftest import Command, command
from tests.client.running import ROOT, Running, running
from tests.client.test_synchronous import ECHO

NETWORKS = '[notify]\nnetworks = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("notify"), NETWORKS) as made:
        yield made


@pytest.fixture
def gridwms(mortal: Running, tmp_path: Path) -> Command:
    return command(mortal, tmp_path)


@pytest.fixture
def target() -> Iterator[Hook]:
    with hook() as made:
        yield made


def genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function of the manual."""
    page = (ROOT / "docs/user/notifications.md").read_text()
    [code] = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, names)
    return names["genuine"]


def test_a_kill_loses_no_event_and_the_manual_verifies(gridwms: Command, mortal: Running, target: Hook) -> None:
    made = gridwms("notify", "add", target.url, "--json").json["subscription"]
    with Client(address=mortal.address) as client:
        first = client.submit([ECHO])
        target.until(lambda: len(target.cursors()) >= 2)
        mortal.stop(signal.SIGKILL)
        mortal.start()
        second = client.submit([ECHO])
        client.wait([one.id for one in (*first, *second)], timeout=60)
        expected = {event.cursor for one in (*first, *second) for event in client.history(one.id)}
        target.until(lambda: set(map(str, target.cursors())) == expected, 40)
    assert list(dict.fromkeys(target.cursors())) == sorted(set(target.cursors()))
    verify = genuine()
    for headers, body in zip(target.headers, target.bodies, strict=True):
        assert verify(made["secret"], headers, body)
        assert not verify(made["secret"], headers, body + b" ")
        assert not verify("whsec_" + "A" * 44, headers, body)
        assert not verify(made["secret"], headers | {"webhook-timestamp": "1700000000"}, body)


def test_the_commands(gridwms: Command, target: Hook) -> None:
    added = gridwms("notify", "add", target.url, "--state", "ENDED", "--tag", "campaign=spring", "--days", "3")
    key = added.out.strip()
    assert "whsec_" in added.err
    listed = gridwms("notify", "list")
    assert "state=ABORTED,CANCELLED,DONE_CANCELLED,DONE_OK tag=campaign=spring" in listed.out
    assert "whsec_" not in listed.out + gridwms("notify", "show", key, "--json").out
    assert gridwms("notify", "test", key).out == "delivered\n"
    target.answer = lambda _number: (500, {})
    failed = gridwms("notify", "test", key)
    assert (failed.code, failed.out) == (1, "The target answered with HTTP 500.\n")
    assert "until" in gridwms("notify", "extend", key, "--days", "9").out
    assert gridwms("notify", "resume", key, "--skip", "--json").json["subscription"]["health"] == "active"
    assert gridwms("notify", "remove", key).code == 0
    assert gridwms("notify", "show", key).code == 4
    assert gridwms("notify", "add", "https://10.0.0.1/").code == 3


def test_every_field_is_documented(gridwms: Command, target: Hook) -> None:
    documented = set(re.findall(r"[`\"](\w+)[`\"]", (ROOT / "docs/user/json.md").read_text()))
    made = gridwms("notify", "add", target.url, "--json").json["subscription"]
    tested = gridwms("notify", "test", made["key"], "--json").json
    assert not (set(made) | set(tested)) - documented
