"""Subscriptions over HTTP: made, looked at, tested, prolonged, ended; each only by its owner."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.api.house import House
from tests.channels.receiver import Hook, hook

WHERE = "/api/v1/subscriptions"


@pytest.fixture
def target() -> Iterator[Hook]:
    with hook() as made:
        yield made


def test_the_life_of_a_subscription(home: House, target: Hook) -> None:
    http = home.http()
    wanted = {"state": ["DONE_OK,ABORTED"], "tag": ["campaign=spring"]}
    made = http.post(WHERE, json={"target": target.url, "filter": wanted, "days": 2, "every": 5}).json()
    assert made["secret"].startswith("whsec_")
    assert made["expires_at"] - made["made_at"] == 2 * 86400
    [shown] = http.get(WHERE).json()["subscriptions"]
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (shown["health"], shown["every"], shown["owner"]) == ("active", 5, "ann")
    assert shown["filter"] == {"state": ["ABORTED", "DONE_OK"], "tag": ["campaign=spring"]}
    key = made["key"]
    assert http.get(f"{WHERE}/{key}").json() == shown
    longer = http.post(f"{WHERE}/{key}/extend", json={"days": 30}).json()
    assert longer["expires_at"] > shown["expires_at"]
    assert http.post(f"{WHERE}/{key}/resume").json()["health"] == "active"
    assert http.delete(f"{WHERE}/{key}").status_code == 204
    assert http.get(f"{WHERE}/{key}").status_code == 404
    assert http.get(WHERE).json() == {"subscriptions": []}


def test_the_secret_signs_and_is_nowhere_else(home: House, target: Hook) -> None:
    http = home.http()
    made = http.post(WHERE, json={"target": target.url}).json()
    assert http.post(f"{WHERE}/{made['key']}/test").json() == {"delivered": True, "error": ""}
    [headers], [body] = target.headers, target.bodies
    assert json.loads(body)["test"] is True
    secret = base64.b64decode(made["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    stored = b"".join(path.read_bytes() for path in home.world.sandbox.root.parent.glob("gridwms.sqlite*"))
    for kept in (made["secret"].encode(), secret, base64.b64encode(secret), secret.hex().encode()):
        assert kept not in stored
    assert "secret" not in http.get(f"{WHERE}/{made['key']}").json()


def test_a_test_says_why_it_failed(home: House, target: Hook) -> None:
    target.answer = lambda _number: (404, {})
    key = home.http().post(WHERE, json={"target": target.url}).json()["key"]
    answer = home.http().post(f"{WHERE}/{key}/test").json()
    assert answer == {"delivered": False, "error": "The target answered with HTTP 404."}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target": "https://10.0.0.1/"}, "not a public one"),
        ({"target": "http://8.8.8.8/"}, "use https"),
        ({"target": "https://nowhere.invalid/"}, "no address"),
        ({"target": f"https://{'a' * 70}.example/"}, "cannot be the name of a host"),
        ({"target": "ftp://a.example/"}, "begins with https://"),
        ({"target": "ann@grid.example"}, "no mail server"),
        ({"target": "http://127.0.0.1:8080/", "days": 400}, "365 days at most"),
        ({"target": "http://127.0.0.1:8080/", "filter": {"state": ["HAPPY"]}}, "not the state"),
        ({"target": "http://127.0.0.1:8080/", "filter": {"colour": ["red"]}}, "colour"),
        ({"target": "http://127.0.0.1:8080/", "after": "x"}, "not the cursor"),
    ],
)
def test_what_cannot_be_subscribed_is_told_why(shared: House, asked: dict[str, object], words: str) -> None:
    answer = shared.http().post(WHERE, json=asked)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text


def test_others_are_left_alone(shared: House) -> None:
    key = shared.http().post(WHERE, json={"target": "http://127.0.0.1:8080/"}).json()["key"]
    bob = shared.http("bob")
    for method, where in (
        ("GET", key),
        ("DELETE", key),
        ("POST", f"{key}/extend"),
        ("POST", f"{key}/resume"),
        ("POST", f"{key}/test"),
    ):
        assert bob.request(method, f"{WHERE}/{where}").status_code == 403, (method, where)
    assert bob.get(WHERE).json() == {"subscriptions": []}
    assert bob.get(WHERE, params={"owner": "ann"}).status_code == 403
    assert bob.post(WHERE, json={"target": "http://127.0.0.1:8080/", "filter": {"owner": "ann"}}).status_code == 403
    job = shared.submit(user="ann")
    assert bob.post(WHERE, json={"target": "http://127.0.0.1:8080/", "filter": {"job": [job]}}).status_code == 403
    everybody = shared.http("op").post(WHERE, json={"target": "http://127.0.0.1:8080/", "filter": {"owner": "*"}})
    assert everybody.json()["filter"] == {"owner": ["*"]}
    found = shared.http("op").get(WHERE, params={"owner": "*"}).json()["subscriptions"]
    assert {one["owner"] for one in found} == {"ann", "op"}


def test_there_is_a_limit_for_each_user(home: House) -> None:
    most = home.world.settings.notify.max_per_user
    for _ in range(most):
        assert home.http().post(WHERE, json={"target": "http://127.0.0.1:8080/"}).status_code == 201
        home.clients.pop().close()
    answer = home.http().post(WHERE, json={"target": "http://127.0.0.1:8080/"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_subscription")
    assert f"You have {most} subscriptions" in answer.text
    assert home.http("bob").post(WHERE, json={"target": "http://127.0.0.1:8080/"}).status_code == 201
