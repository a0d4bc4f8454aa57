"""The console over HTTP, with a test that plays the wrapper."""

from __future__ import annotations

import base64
import threading
from typing import Any

import httpx
import pytest

from tests.api.house import House, event

TALK = '[Executable = "/bin/sh"; JobType = "Interactive"; InteractiveTerminal = true;]'
IN = {"offset": "0", "control": "0", "terminal": "1"}


def running(house: House) -> tuple[str, httpx.Client]:
    return house.running(TALK)


def attach(house: House, key: str, user: str = "ann", mode: str = "write") -> tuple[str, bool]:
    answer = house.http(user).post(f"/api/v1/jobs/{key}/console", json={"mode": mode})
    assert answer.status_code == 200, answer.text
    return answer.json()["attachment"], answer.json()["writer"]


def look(house: House, key: str, name: str, **params: Any) -> dict[str, Any]:
    answer = house.http().get(f"/api/v1/jobs/{key}/console/{name}", params={"attempt": "1"} | params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def said(found: dict[str, Any], stream: str = "stdout") -> bytes:
    return b"".join(base64.b64decode(one["data"]) for one in found["pieces"] if one["stream"] == stream)


def test_both_ways(shared: House) -> None:
    key, wrapper = running(shared)
    name, writes = attach(shared, key)
    assert writes
    assert look(shared, key, name)["waiting"]
    typed = f"/api/v1/jobs/{key}/console/{name}/input"
    assert shared.http().put(typed, params={"offset": 0}, content=b"x").status_code == 409, "nobody knows from where on"
    assert wrapper.get("/console/in", params=IN).status_code == 204
    assert shared.http().put(typed, params={"offset": 0}, content=b"ls\n").json() == {"taken": 0, "have": 3}
    fed = wrapper.get("/console/in", params=IN)
    assert (fed.status_code, fed.content) == (200, b"ls\n")
    assert "gridwms-end" not in fed.headers
    assert shared.http().put(typed, params={"offset": 3, "end": "true"}, content=b"").json() == {"taken": 0, "have": 3}
    fed = wrapper.get("/console/in", params=IN | {"offset": "3"})
    assert (fed.status_code, fed.headers["gridwms-end"]) == (204, "1")
    assert wrapper.post("/console/out/stdout", params={"offset": 0}, content=b"a b c\n").text == "6\n"
    found = look(shared, key, name)
    assert said(found) == b"a b c\n"
    assert (found["taken"], found["have"], found["input_ended"], found["terminal"]) == (3, 3, True, True)
    assert not found["waiting"]
    for stream, end in (("stdout", 6), ("stderr", 0)):
        wrapper.post(f"/console/out/{stream}", params={"offset": end, "end": 1}, content=b"")
    assert look(shared, key, name, stdout=6)["open"] is False


def test_calls_wait_for_news(shared: House) -> None:
    key, wrapper = running(shared)
    name, _ = attach(shared, key)
    wrapper.get("/console/in", params=IN)
    heard: list[bytes] = []
    waiting = threading.Thread(
        target=lambda: heard.append(wrapper.get("/console/in", params=IN | {"wait": "20"}).content)
    )
    waiting.start()
    shared.http().put(f"/api/v1/jobs/{key}/console/{name}/input", params={"offset": 0}, content=b"typed")
    waiting.join(10)
    assert heard == [b"typed"]
    other = shared.wrapper(key)
    known = "0,5,True"
    reader = threading.Thread(target=lambda: heard.append(said(look(shared, key, name, wait=20, know=known))))
    reader.start()
    other.post("/console/out/stdout", params={"offset": 0}, content=b"told")
    reader.join(10)
    assert heard[1:] == [b"told"]


def test_wishes(shared: House) -> None:
    key, wrapper = running(shared)
    name, _ = attach(shared, key)
    control = f"/api/v1/jobs/{key}/console/{name}/control"
    assert shared.http().post(control, json={"rows": 50, "columns": 132}).status_code == 200
    assert shared.http().post(control, json={"signal": "INT"}).status_code == 200
    assert shared.http().post(control, json={"signal": "INT,9 signal KILL"}).status_code == 400
    assert shared.http().post(control, json={"rows": 0, "columns": 132}).status_code == 422
    fed = wrapper.get("/console/in", params=IN)
    assert fed.headers["gridwms-wishes"] == "1 size 50 132,2 signal INT"
    assert "gridwms-wishes" not in wrapper.get("/console/in", params=IN | {"control": "2"}).headers


def test_who_may(shared: House) -> None:
    key, _ = running(shared)
    for user in ("bob", "op"):
        answer = shared.http(user).post(f"/api/v1/jobs/{key}/console", json={})
        assert answer.status_code == 403, "not even an operator types to somebody's job"
    name, _ = attach(shared, key)
    watcher, writes = attach(shared, key)
    assert not writes
    where = f"/api/v1/jobs/{key}/console/{watcher}"
    assert shared.http().post(f"{where}/control", json={"signal": "INT"}).json()["error"]["code"] == "not_the_writer"
    assert shared.http().put(f"{where}/input", params={"offset": 0}, content=b"x").status_code == 409
    assert shared.http().delete(f"/api/v1/jobs/{key}/console/{name}").status_code == 200
    assert shared.http().get(f"/api/v1/jobs/{key}/console/{name}").json()["error"]["code"] == "not_attached"
    assert attach(shared, key)[1], "the place is free"
    _taker, writes = attach(shared, key, mode="take")
    assert writes


def test_other_jobs_have_no_console(shared: House) -> None:
    key, _ = shared.running()
    answer = shared.http().post(f"/api/v1/jobs/{key}/console", json={})
    assert answer.status_code == 409
    assert "not interactive" in answer.json()["error"]["message"]


def test_a_wrapper_that_is_to_end_is_told(shared: House) -> None:
    key, wrapper = running(shared)
    shared.http().post(f"/api/v1/jobs/{key}/cancel")
    assert wrapper.get("/console/in", params=IN).status_code == 409
    assert wrapper.post("/console/out/stdout", params={"offset": 0}, content=b"x").status_code == 409
    assert wrapper.get("/console/out/stdout").status_code == 405


def test_the_end_of_the_job_ends_the_console(shared: House) -> None:
    key, wrapper = running(shared)
    name, _ = attach(shared, key)
    wrapper.post("/console/out/stdout", params={"offset": 0}, content=b"last")
    wrapper.post("/events", content=event("Finished", 1, 2, exit_code=0))
    found = look(shared, key, name)
    assert (said(found), found["open"]) == (b"last", True)
    assert look(shared, key, name, stdout=4)["open"] is False


@pytest.mark.parametrize("path", ["/console/in?offset=-1", "/console/in?offset=x", "/console/out/stdin?offset=0"])
def test_nonsense(shared: House, path: str) -> None:
    _key, wrapper = running(shared)
    assert wrapper.request("POST" if "out" in path else "GET", path).status_code == 404
