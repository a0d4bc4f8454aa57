"""Several services: the next one on overload or silence, never after an answer that was lost."""

from __future__ import annotations

import random
from pathlib import Path

import httpx
import pytest

from gridwms.client import calls
from gridwms.client.endpoints import Endpoints
from gridwms.client.errors import ClientError, Refused, ServiceBusy, ServiceUnreachable
from gridwms.client.find import Address, find_all
from gridwms.client.transport import Transport

ONE, TWO = Address("http://127.0.0.1:1", "t"), Address("http://127.0.0.1:2", "t")
CHECK = calls.check(b"[]", "jdl")
GONE = ServiceUnreachable("It is not there.", sent=False)
LOST = ServiceUnreachable("The answer was lost.")
BUSY = ServiceBusy("System load is too high.")


def two() -> Endpoints[str]:
    return Endpoints([ONE, TWO], lambda address: address.url)


@pytest.mark.parametrize("error", [GONE, BUSY])
def test_the_next_one_is_asked_until_all_were(error: ClientError) -> None:
    endpoints = two()
    assert endpoints.http == ONE.url
    assert endpoints.next_after(error, CHECK, 1)
    assert (endpoints.url, endpoints.http) == (TWO.url, TWO.url)
    assert not endpoints.next_after(error, CHECK, 2)


@pytest.mark.parametrize(
    ("error", "call"),
    [(LOST, CHECK), (Refused("It is wrong."), CHECK), (GONE, calls.status(["k"])), (BUSY, calls.me())],
)
def test_what_may_have_been_done_or_belongs_there_stays(error: ClientError, call: calls.Call[object]) -> None:
    endpoints = two()
    assert not endpoints.next_after(error, call, 1)
    assert endpoints.url == ONE.url


def test_jobs_are_asked_of_their_own_service() -> None:
    endpoints = two()
    jobs = [f"{TWO.url}/a", f"{ONE.url}/b", "c", f"{TWO.url}/d", "http://other:1/e"]
    assert endpoints.apart(jobs) == [[0, 3], [1, 2, 4]]
    assert endpoints.url == ONE.url
    endpoints.turn_to(jobs[0])
    assert endpoints.url == TWO.url
    assert endpoints.apart([]) == []


@pytest.fixture
def token(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "token").write_text("secret")
    return {"GRIDWMS_TOKEN_FILE": str(tmp_path / "token"), "GRIDWMS_DATA": str(tmp_path)}


def test_several_are_named_in_order_or_mixed(token: dict[str, str]) -> None:
    names = [f"https://wms{number}.example.org" for number in range(6)]
    urls = [address.url for address in find_all(", ".join(names), token)]
    assert urls == names
    mixed = find_all(" ".join(names), token | {"GRIDWMS_SERVICE_ORDER": "random"}, random.Random(1))
    assert sorted(address.url for address in mixed) == names
    assert [address.url for address in mixed] != names


def test_one_that_refuses_and_one_that_works() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.port == 1:
            return httpx.Response(503, json={"error": {"code": "overloaded", "message": "too high", "advice": ""}})
        return httpx.Response(200, json=["done"])

    transport = Transport([ONE, TWO])
    made = iter([httpx.Client(base_url=a.url, transport=httpx.MockTransport(answer)) for a in (ONE, TWO)])
    transport._endpoints._open = lambda address: next(made)
    assert transport.run(calls.Call(method="POST", path="/x", read=list, anywhere=True)) == ["done"]
    assert asked == ["http://127.0.0.1:1/x", "http://127.0.0.1:2/x"]
    transport.close()
