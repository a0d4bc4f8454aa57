from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from gridwms.api import interests
from gridwms.security import users
from gridwms.store import stream as stream_rows
from gridwms.store.database import StoreUnavailable
from tests.api.house import HELLO, House, event


def messages(answer: httpx.Response) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Kind, cursor and data of each message."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields["event"], fields["id"], json.loads(fields["data"])
            fields = {}


def test_from_now_on_and_again_from_a_cursor(home: House) -> None:
    before = home.submit()
    with home.http().stream("GET", "/api/v1/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = messages(answer)
        assert next(stream)[0] == "caught-up"
        key = home.submit()
        first = next(stream)
        assert (first[0], first[2]["type"], first[2]["key"]) == ("job", "Registered", key)
        second = next(stream)
        assert second[2]["type"] == "Accepted"
        assert next(stream)[0] == "caught-up"
    for params, headers in (({"after": first[1]}, {}), ({}, {"Last-Event-ID": first[1]}), ({"after": "0"}, {})):
        with home.http().stream("GET", "/api/v1/events", params=params, headers=headers) as answer:
            stream = messages(answer)
            seen = [next(stream)]
            while seen[-1][0] != "caught-up":
                seen.append(next(stream))
            told = [(one[2]["key"], one[2]["type"]) for one in seen[:-1]]
            assert told[-1] == (key, "Accepted")
            assert len(told) == (4 if params.get("after") == "0" else 1)
            assert ((before, "Registered") in told) == (params.get("after") == "0")


def test_everybody_hears_of_their_own_jobs(home: House) -> None:
    with home.http("bob").stream("GET", "/api/v1/events") as answer:
        stream = messages(answer)
        next(stream)
        home.submit(user="ann")
        mine = home.submit(user="bob")
        heard = next(stream)
        while heard[0] != "job":
            heard = next(stream)
        assert heard[2]["key"] == mine


def test_more_than_fits_at_once_comes_whole_and_in_order(home: House) -> None:
    home.http().post("/api/v1/jobs", json={"jobs": [{"jdl": '[Executable="/bin/true";]'}] * 1200})
    with home.http().stream("GET", "/api/v1/events", params={"after": "0"}) as answer:
        stream = messages(answer)
        cursors = []
        for kind, cursor, _ in stream:
            if kind == "caught-up":
                break
            cursors.append(int(cursor))
    assert len(cursors) == 2400
    assert cursors == sorted(cursors)


def test_listeners_end_when_the_service_stops(home: House) -> None:
    with home.http().stream("GET", "/api/v1/events") as answer:
        stream = messages(answer)
        next(stream)
        home.server.stop()
        assert list(stream) == []


def test_nonsense_cursors_are_refused(shared: House) -> None:
    for cursor in ("x", "-1", "9" * 30, "1.5", "\u0661"):
        answer = shared.http().get("/api/v1/events", params={"after": cursor})
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "bad_request"


def test_peek_waits_for_news(home: House) -> None:
    key, wrapper = home.running()
    http = home.http()
    http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out"})
    wrapper.put("/peek/out?offset=0", content=b"a")
    part = http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out", "wait": 20}).json()
    assert part["next"] == 1
    wrapper.put("/output/out", content=b"ab")
    wrapper.post("/events", content=event("Finished", 1, 2, exit_code=0))
    part = http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out", "offset": 1, "wait": 20}).json()
    assert part["data"] == "Yg=="
    part = http.get(f"/api/v1/jobs/{key}/peek", params={"name": "out", "offset": 2, "wait": 20}).json()
    assert part["finished"] is True


def test_a_hundred_listeners_hear_the_same(home: House) -> None:
    async def listen(http: httpx.AsyncClient, ready: asyncio.Barrier) -> list[str]:
        heard: list[str] = []
        async with http.stream("GET", "/api/v1/events") as answer:
            first = True
            async for line in answer.aiter_lines():
                if line.startswith("id: ") and first:
                    first = False
                    await ready.wait()
                elif line.startswith("id: "):
                    heard.append(line)
                if len(set(heard)) == 40:
                    return sorted(set(heard))
        return heard

    async def whole() -> None:
        headers = {"Authorization": f"Bearer {home.tokens['ann']}"}
        ready = asyncio.Barrier(101)
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=home.url, headers=headers, limits=limits, timeout=30, trust_env=False, verify=False
        ) as http:
            listeners = [asyncio.create_task(listen(http, ready)) for _ in range(100)]
            await ready.wait()
            for _ in range(20):
                await http.post("/api/v1/jobs", json={"jdl": HELLO})
            before = home.tail.reads
            heard = await asyncio.gather(*listeners)
        assert all(one == heard[0] for one in heard)
        assert home.tail.reads - before <= 60  # one read a commit at most, however many listen

    asyncio.run(whole())


def test_a_stream_outlives_a_store_that_is_away(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with home.http().stream("GET", "/api/v1/events") as answer:
        stream = messages(answer)
        next(stream)
        real = stream_rows.after

        def away(*_: object, **__: object) -> None:
            raise StoreUnavailable("the disk is busy")

        monkeypatch.setattr(stream_rows, "after", away)
        home.submit()
        [(kind, _, error)] = [one for one in stream if one[0] != "job"]
        assert (kind, error["message"]) == ("error", "the disk is busy")
    monkeypatch.setattr(stream_rows, "after", real)
    with home.http().stream("GET", "/api/v1/events", params={"after": "0"}) as answer:
        assert next(messages(answer))[2]["type"] == "Registered"


@pytest.mark.parametrize("withdrawn", ["token", "share"])
def test_who_may_no_longer_hear_is_told_why(home: House, monkeypatch: pytest.MonkeyPatch, withdrawn: str) -> None:
    monkeypatch.setattr(interests, "LOOK", 0.0)
    key, http = home.submit(), home.http()
    entry = {"who": "bob", "permission": "read"}
    http.post("/api/v1/jobs/share", json={"jobs": [key], "change": "add", "entry": entry}).raise_for_status()
    params = {"job": key, "type": "Tagged"}
    with home.http("bob").stream("GET", "/api/v1/events", params=params) as answer:
        stream = messages(answer)
        assert next(stream)[0] == "caught-up"
        http.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"a": "1"}})
        assert [next(stream)[0] for _ in range(2)] == ["job", "caught-up"]
        if withdrawn == "token":
            (home.data / "users" / "bob").unlink()
            monkeypatch.setattr(users, "_LOOK", 0.0)
        else:
            http.post("/api/v1/jobs/share", json={"jobs": [key], "change": "remove", "entry": entry})
        http.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"a": "2"}})
        kind, _cursor, data = next(stream)
        assert (kind, data["code"]) == ("error", "not_permitted")
        assert list(stream) == []
