"""Every route asks the policy before it does anything, or is on the list of open ones."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route, WebSocketRoute

from gridwms.api.app import routes
from gridwms.api.pages import OPEN
from gridwms.api.routes import wmproxy  # its calls: test_wmproxy.py
from gridwms.jobs.ids import tag_of
from gridwms.security import policy
from gridwms.security.identity import Identity
from tests.api.house import HELLO, House

OURS = [(route.path_format, method) for route in routes() if isinstance(route, Route) for method in route.methods or ()]
GUARDED = [(path, method) for path, method in OURS if path not in {*OPEN, wmproxy.PATH} and method != "HEAD"]
LB = {"/NOTIF", "/{unique}"}  # L&B's status for EPERM


def test_all_routes_are_seen(shared: House) -> None:
    served = set(shared.http("").get("/openapi.json").json()["paths"])
    assert served <= {path for path, _ in OURS}
    sockets = [route.path for route in routes() if isinstance(route, WebSocketRoute)]
    assert sockets == ["/api/v1/events"]  # who may listen there: test_filters.py
    plain = {(r.path, *sorted(r.methods or ())) for r in routes() if isinstance(r, Route)}
    assert len(routes()) == len(plain) + len(sockets)
    assert len(GUARDED) > 25


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_nobody_comes_in_unknown(shared: House, path: str, method: str) -> None:
    answer = shared.http("").request(method, _filled(path, "0" * 22), json={"jobs": []})
    assert answer.status_code == 401, answer.text
    assert path.startswith("/worker") or answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_a_no_of_the_policy_stands(shared: House, monkeypatch: pytest.MonkeyPatch, path: str, method: str) -> None:
    key, _ = shared.running()
    before = shared.http().get(f"/api/v1/jobs/{key}/history").text
    asked: list[policy.Action] = []

    def no(identity: Identity, action: policy.Action, object: policy.Object) -> policy.Decision:  # noqa: A002
        asked.append(action)
        return policy.Decision(False, "The test says no.", "Nothing to do.")

    monkeypatch.setattr(policy, "allowed", no)
    http = shared.wrapper(key) if path.startswith("/worker") else shared.http()
    body: object = {"jobs": [key]}
    if path.endswith(("/check", "/match")) or (path, method) == ("/api/v1/jobs", "POST"):
        body = {"jdl": HELLO}
    if path == "/api/v1/purge":
        body = {"older": 0}
    if path.startswith("/api/v1/subscriptions"):
        body = {} if "{key}" in path else {"target": "http://127.0.0.1:8080/"}
    if path.endswith("/release"):
        body = {"name": "x"}
    if path.startswith("/api/v1/resources"):
        body = {"resources": []} if path.endswith("resources") else {}
    if path.endswith("/drain"):
        body = {}
    if path.startswith("/api/v1/bans"):
        body = {"kind": "user", "name": "ann"}
    if path.endswith("/try"):
        body = {"name": "ann"}
    if path.endswith("/priority"):
        body = {"jobs": [key], "priority": 1}
    if path.endswith("/tag"):
        body = {"jobs": [key], "tags": {"colour": "red"}}
    if path.endswith("/archive"):
        body = {"days": 1}
    if path.endswith("/load"):
        body = {"file": "x"}
    if path.endswith("/delegations/{name}"):
        body = {"chain": ""}
    if path.endswith("/delegations/tokens"):
        body = {"access_token": "x"}
    if path.endswith("/share"):
        body = {"jobs": [key], "change": "add", "entry": {"who": "bob", "permission": "read"}}
    where = _filled(path, key).removeprefix(f"/worker/v1/{tag_of(key, 1)}")
    answer = http.request(method, where, json=body)
    monkeypatch.undo()
    assert asked, f"{method} {path} does not ask the policy"
    if answer.status_code == 200:  # in bulk: an answer for each job
        assert [one["error"]["code"] for one in answer.json()["jobs"]] == ["not_permitted"]
    else:
        assert answer.status_code == (401 if path in LB else 403), answer.text
    assert "The test says no." in answer.text
    assert shared.http().get(f"/api/v1/jobs/{key}/history").text == before


@pytest.mark.parametrize("verb", ["cancel", "clear", "purge"])
def test_another_users_job_is_left_alone(shared: House, verb: str) -> None:
    key = shared.submit(user="ann")
    bob = shared.http("bob")
    answer = bob.post(f"/api/v1/jobs/{key}/{verb}")
    assert answer.status_code == 403
    assert "belongs to ann" in answer.json()["error"]["message"]
    for path in ("", "/history", "/why", "/output", "/output/out", "/peek?name=out"):
        assert bob.get(f"/api/v1/jobs/{key}{path}").status_code == 403
    assert bob.put(f"/api/v1/jobs/{key}/input/0", content=b"x").status_code == 403
    assert bob.post("/api/v1/jobs/start", json={"jobs": [key]}).status_code == 403
    assert bob.get("/api/v1/jobs", params={"owner": "ann"}).status_code == 403
    assert bob.get("/api/v1/events", params={"owner": "*"}).status_code == 403
    assert shared.http("ann").get(f"/api/v1/jobs/{key}").json()["state"] == "WAITING"


def _filled(path: str, key: str) -> str:
    values = {
        "key": key,
        "kind": "proxy",
        "unique": key,
        "tag": tag_of(key, 1),
        "index": "0",
        "name": "out",
        "attachment": "x",
        "stream": "stdout",
        "site": "scripted",
        "source": "scripted",
        "ce": "wn/a-b-c",
    }
    filled = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)
    if "/bookkeeping" in path:
        return f"{filled}?job={key}"
    return {
        "/peek": f"{filled}?name=out&offset=0",
        "/token": f"{filled}?instance=i1",
        "/in": f"{filled}?offset=0",
        "/input": f"{filled}?offset=0",
    }.get(path[path.rfind("/") :], f"{filled}?offset=0" if "/peek/" in path else filled)
