"""Bad input at the door of a real service: a clear answer that says what to do, and nothing else harmed."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.never_lost.rounds import Runner

GOOD = b'[Executable = "/bin/true";]'
CHAIN = "".join(f"a{n} = a{n + 1}; " for n in range(50)) + "a50 = a0; "


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    started = Runner(tmp_path_factory.mktemp("door"))
    other = started.data / "users" / "bob"
    other.parent.mkdir(mode=0o700, parents=True)
    started.data.chmod(0o700)
    other.touch(mode=0o600)
    other.write_text("gridwms-the-token-of-bob-which-is-long-enough")
    started.start()
    yield started
    started.stop()


def ask(runner: Runner, method: str, path: str, body: bytes | None = None, token: str = "") -> httpx.Response:
    token = token or (runner.data / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    return httpx.request(method, runner.url + path, content=body, headers=headers, timeout=20)


def problems(answer: httpx.Response) -> str:
    return answer.text


DESCRIPTIONS: list[tuple[str, bytes, str]] = [
    ("syntax", b'[Executable = "/bin/true"; Arguments = ; StdOutput = "a" "b"', "line 1"),
    ("two errors at once", b'[Executable = 5; RetryCount = "x";]', "RetryCount"),
    ("circle", f'[Executable = "/bin/true"; Requirements = a0; {CHAIN}]'.encode(), "circle"),
    ("ten megabytes", b'[Executable = "/bin/true"; X = "' + b"x" * 10_000_000 + b'"]', "bytes"),
    ("NUL", b'[Executable = "/bin/tr\x00ue";]', "NUL"),
    ("not UTF-8", b'[Executable = "/bin/tr\xffue";]', "UTF-8"),
    ("empty", b"", "empty"),
    ("deep", b'[Executable = "/bin/true"; X = ' + b"(" * 10_000 + b"1" + b")" * 10_000 + b"]", "deep"),
    ("bare executable", b'[Executable = "run.sh";]', "InputSandbox"),
    ("output above", b'[Executable = "/bin/true"; OutputSandbox = {"../../x"};]', "OutputSandbox"),
    ("output absolute", b'[Executable = "/bin/true"; StdOutput = "/etc/passwd";]', "StdOutput"),
    ("newline in a name", b'[Executable = "/bin/true"; OutputSandbox = {"a\\nb"};]', "OutputSandbox"),
]


@pytest.mark.parametrize(("text", "named"), [one[1:] for one in DESCRIPTIONS], ids=[one[0] for one in DESCRIPTIONS])
def test_a_bad_description_is_refused_with_its_place(runner: Runner, text: bytes, named: str) -> None:
    before = ask(runner, "GET", "/api/v1/jobs?limit=1").json()
    answer = ask(runner, "POST", "/api/v1/jobs", text)
    assert answer.status_code in (400, 413, 422), answer.text[:500]
    assert named.lower() in answer.text.lower(), answer.text[:800]
    assert len(answer.text) < 20_000
    assert ask(runner, "GET", "/api/v1/jobs?limit=1").json() == before, "nothing was registered"


def test_the_good_ones_of_a_lot_are_taken(runner: Runner) -> None:
    body = {"jobs": [{"jdl": GOOD.decode()}, {"jdl": "[Executable = 5]"}, {"jdl": GOOD.decode()}]}
    answer = runner.call("POST", "/api/v1/jobs", body)
    assert [bool(one["id"]) for one in answer["jobs"]] == [True, False, True]


def registered(runner: Runner) -> dict[str, Any]:
    text = b'[Executable = "run.sh"; InputSandbox = {"run.sh"};]'
    one: dict[str, Any] = ask(runner, "POST", "/api/v1/jobs", text).json()["jobs"][0]
    return one


def test_an_upload_that_is_cut_leaves_nothing(runner: Runner) -> None:
    job = registered(runner)
    path = f"/api/v1/jobs/{job['key']}/input/0"
    connection = http.client.HTTPConnection("127.0.0.1", runner.port, timeout=20)
    connection.putrequest("PUT", path)
    connection.putheader("Authorization", f"Bearer {(runner.data / 'token').read_text().strip()}")
    connection.putheader("Content-Length", "5000000")
    connection.endheaders()
    connection.send(b"#!/bin/sh\n" * 1000)
    connection.close()
    answer = ask(runner, "POST", "/api/v1/jobs/start", f'{{"jobs": ["{job["key"]}"]}}'.encode())
    assert answer.status_code >= 400 or "input sandbox" in answer.text
    area = runner.data / "sandbox" / job["key"][:2] / job["key"] / "input"
    assert [path.name for path in area.glob("[0-9]*")] == []
    assert ask(runner, "PUT", path, b"#!/bin/sh\n").status_code < 300, "sending it again is fine"


def test_another_users_job_is_nobody_elses_business(runner: Runner) -> None:
    job = registered(runner)
    bob = "gridwms-the-token-of-bob-which-is-long-enough"
    for method, path in (
        ("GET", f"/api/v1/jobs/{job['key']}"),
        ("GET", f"/api/v1/jobs/{job['key']}/history"),
        ("GET", f"/api/v1/jobs/{job['key']}/why"),
        ("GET", f"/api/v1/jobs/{job['key']}/output"),
        ("POST", f"/api/v1/jobs/{job['key']}/cancel"),
        ("POST", f"/api/v1/jobs/{job['key']}/purge"),
        ("PUT", f"/api/v1/jobs/{job['key']}/input/0"),
    ):
        answer = ask(runner, method, path, b"x" if method == "PUT" else None, token=bob)
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["error"]["advice"]
    assert ask(runner, "GET", "/api/v1/jobs", token=bob).json()["jobs"] == []
    state = ask(runner, "GET", f"/api/v1/jobs/{job['key']}").json()["state"]
    assert state == "SUBMITTED"


def test_who_shows_nothing_gets_nothing(runner: Runner) -> None:
    job = registered(runner)
    assert httpx.get(f"{runner.url}/api/v1/jobs/{job['key']}").status_code == 401
    assert ask(runner, "GET", "/api/v1/jobs", token="wrong").status_code == 401


def test_no_secret_is_readable_by_others_or_in_the_log(runner: Runner) -> None:
    token, secret = ((runner.data / name).read_text().strip() for name in ("token", "secret"))
    log = runner.log.read_text()
    assert token not in log
    assert secret not in log
    exposed = [
        path
        for path in Path(runner.data).rglob("*")
        if path.is_file()
        and path.name in ("token", "secret", "wrapper", "gridwms.sqlite")
        and path.stat().st_mode & 0o077
    ]
    assert exposed == []
