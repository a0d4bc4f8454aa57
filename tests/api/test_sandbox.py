from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from gridwms.sandbox.errors import SandboxFull
from tests.api.house import House

WITH_INPUT = '[Executable = "a.sh"; InputSandbox = {"a.sh", "data.bin"}; OutputSandbox = {"out"};]'


def files(home: House, key: str) -> list[str]:
    place = home.world.sandbox.root / key[:2] / key
    return sorted(path.name for path in place.rglob("*") if path.is_file())


def test_a_job_starts_when_its_input_is_there(home: House) -> None:
    http = home.http()
    [job] = http.post("/api/v1/jobs", json={"jdl": WITH_INPUT}).json()["jobs"]
    assert job["state"] == "SUBMITTED"
    assert [(upload["name"], upload["local"]) for upload in job["uploads"]] == [("a.sh", "a.sh"), ("data.bin",) * 2]
    assert http.put(job["uploads"][0]["url"], content=b"#!/bin/sh\n").json() == {"size": 10}
    early = http.post("/api/v1/jobs/start", json={"jobs": [job["key"]]})
    assert early.status_code == 409
    assert "data.bin" in early.json()["error"]["message"]
    large = bytes(range(256)) * 4096
    assert http.put(job["uploads"][1]["url"], content=large).json() == {"size": 1 << 20}
    [started] = http.post("/api/v1/jobs/start", json={"jobs": [job["id"]]}).json()["jobs"]
    assert started["state"] == "WAITING"
    late = http.put(job["uploads"][0]["url"], content=b"other")
    assert late.status_code == 409
    home.deliver()
    wrapper = home.wrapper(job["key"])
    assert wrapper.get("/input/1").content == large
    assert wrapper.get("/input/7").status_code == 404


def test_limits_are_kept_while_a_stream_comes(home: House) -> None:
    key = home.submit(WITH_INPUT)
    http = home.http()

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    told = http.put(f"/api/v1/jobs/{key}/input/0", content=b"x" * ((1 << 20) + 1))
    assert told.status_code == 413
    assert "1 MiB" in told.json()["error"]["message"]
    # The service answers and hangs up; a client that only sends may see nothing but the closed line.
    with contextlib.suppress(httpx.TransportError):
        assert http.put(f"/api/v1/jobs/{key}/input/0", content=endless()).status_code == 413
    assert http.get(f"/api/v1/jobs/{key}").json()["state"] == "SUBMITTED"
    assert files(home, key) == []


@pytest.mark.parametrize("announced", [100_000, 5_000_000])
def test_a_client_that_goes_away_leaves_nothing(home: House, announced: int) -> None:
    key = home.submit(WITH_INPUT)
    host, port = home.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        head = (
            f"PUT /api/v1/jobs/{key}/input/0 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {announced}\r\n"
            f"Authorization: Bearer {home.tokens['ann']}\r\n\r\n"
        )
        line.sendall(head.encode() + b"x" * 50_000)
    http = home.http()
    assert http.get(f"/api/v1/jobs/{key}").json()["state"] == "SUBMITTED"
    assert http.put(f"/api/v1/jobs/{key}/input/0", content=b"whole").status_code == 200
    assert [name for name in files(home, key) if not name.startswith(".part-")] == ["0"]
    assert home.world.sandbox.input_path(key, 0).read_bytes() == b"whole"


def test_a_full_disk_is_told_and_harms_nothing_else(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    key = home.submit(WITH_INPUT)

    def full(*_: object) -> int:
        raise SandboxFull("The file was not stored: the disk of the service is full.", "Try again later.")

    monkeypatch.setattr(home.world.sandbox, "put_input", full)
    answer = home.http().put(f"/api/v1/jobs/{key}/input/0", content=b"x")
    assert answer.status_code == 507
    assert "Retry-After" in answer.headers
    assert "full" in answer.json()["error"]["message"]
    monkeypatch.undo()
    assert home.http().put(f"/api/v1/jobs/{key}/input/0", content=b"x").status_code == 200


@pytest.mark.parametrize("name", ['it\'s a "file"', "$(reboot)", "-rf", "ünï.txt", "a%2Fb", "a&b=c?d#e", "~"])
def test_any_plain_name_comes_through(home: House, name: str, tmp_path: Path) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    key, wrapper = home.running(f'[Executable = "/bin/true"; OutputSandbox = {{"{quoted}"}};]')
    assert wrapper.put(f"/output/{quote(name, safe='')}", content=b"payload").status_code == 201
    wrapper.post("/events", content="type=Finished&id=worker-1-2-i1&time=1&exit_code=0\n")
    [file] = home.http().get(f"/api/v1/jobs/{key}/output").json()["files"]
    assert (file["name"], file["size"], file["truncated"]) == (name, 7, False)
    answer = home.http().get(file["url"])
    assert answer.content == b"payload"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["..%2F..%2Fx", "%2Fetc%2Fpasswd", "a%0Ab", "%00"])
def test_names_that_are_paths_are_refused(home: House, name: str) -> None:
    key, wrapper = home.running('[Executable = "/bin/true"; OutputSandbox = {"*"};]')
    assert wrapper.put(f"/output/{name}", content=b"x").status_code in (404, 405, 422)
    assert home.http().get(f"/api/v1/jobs/{key}/output/{name}").status_code in (404, 409, 422)
    assert files(home, key) == []


def test_peeking_shows_what_comes(home: House) -> None:
    key, wrapper = home.running()
    http = home.http()
    first = http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out"}).json()
    assert first == {"data": "", "next": 0, "finished": False}
    assert wrapper.get("/peek").text == "0 out\n"
    assert wrapper.put("/peek/out?offset=0", content=b"abc").status_code == 201
    wrong = wrapper.put("/peek/out?offset=1", content=b"bc")
    assert (wrong.status_code, wrong.text) == (409, "3\n")
    assert http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out", "offset": 1}).json()["data"] == "YmM="
    assert http.get(f"/api/v1/jobs/{key}/peek", params={"name": "../x"}).status_code == 422


def test_without_output_the_sentence_says_so(home: House) -> None:
    key = home.submit()
    answer = home.http().get(f"/api/v1/jobs/{key}/output")
    assert answer.status_code == 409
    assert "no output yet" in answer.json()["error"]["message"]
    done = home.done()
    assert home.http().get(f"/api/v1/jobs/{done}/output/other").status_code == 404
