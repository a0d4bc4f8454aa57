from __future__ import annotations

import json

import pytest

from gridwms.api.errors import status_of
from gridwms.flow import status, submit
from gridwms.flow.errors import FlowError, NotFound, Overloaded, StoreFull, UnknownJob
from gridwms.sandbox.errors import SandboxError
from gridwms.security.errors import SecurityError
from gridwms.store.database import StoreUnavailable
from tests.api.house import HELLO, House


def test_every_error_of_ours_has_a_status() -> None:
    def kinds(root: type[Exception]) -> set[type[Exception]]:
        return {root}.union(*(kinds(kind) for kind in root.__subclasses__()))

    for kind in kinds(FlowError) | kinds(SandboxError) | kinds(SecurityError):
        assert 400 <= status_of(kind.__new__(kind)) < 600


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Overloaded("Too many at once.", "Later."), 503),
        (StoreFull("The disk is full.", "Later."), 507),
        (StoreUnavailable("The database is locked."), 503),
        (NotFound("It is not there.", "Look."), 404),
        (UnknownJob("x"), 404),
    ],
)
def test_each_is_one_form(home: House, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(submit, "register", fail)
    answer = home.http().post("/api/v1/jobs", json={"jdl": HELLO})
    assert answer.status_code == code
    told = answer.json()["error"]
    assert set(told) == {"code", "message", "advice", "problems"}
    assert told["message"].endswith(".")
    assert ("Retry-After" in answer.headers) == (code in (503, 507))


def test_an_unforeseen_error_tells_nothing_of_the_inside(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(status, "list_jobs", fail)
    answer = home.http().get("/api/v1/jobs")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    monkeypatch.undo()
    assert home.http().get("/api/v1/jobs").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/nowhere", 404), ("DELETE", "/api/v1/jobs", 405), ("GET", "/api/v1/jobs?limit=x", 422)],
)
def test_wrong_addresses_are_told_in_the_one_form(shared: House, method: str, path: str, code: int) -> None:
    answer = shared.http().request(method, path)
    assert answer.status_code == code
    assert answer.json()["error"]["advice"]


def test_a_body_over_the_limit_is_refused(shared: House) -> None:
    answer = shared.http().post("/api/v1/jobs", content=b" " * ((64 << 20) + 1), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 413
    assert "several parts" in answer.json()["error"]["advice"]


def test_deeply_nested_json_is_no_danger(shared: House) -> None:
    body = b"[" * 200_000
    answer = shared.http().post("/api/v1/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_the_description_of_the_interface_is_whole(shared: House) -> None:
    told = shared.http("").get("/openapi.json").json()
    assert "#/$defs/" not in json.dumps(told)
    for path, verbs in told["paths"].items():
        for verb, what in verbs.items():
            assert what["description"], (verb, path)
            assert what["responses"]["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody")
            code, fine = next(pair for pair in what["responses"].items() if pair[0].startswith("2"))
            if code == "204":
                continue
            free = ("/events", "/output/{name}")
            assert path.endswith(free) or "$ref" in fine["content"]["application/json"]["schema"], (verb, path)
