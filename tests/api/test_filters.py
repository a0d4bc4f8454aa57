"""The filter of streams: over HTTP and over WebSocket, live and from the log, the same events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gridwms.store.events import last_cursor
from tests.api.house import HELLO, House
from tests.api.test_events import messages

TAGGED = HELLO[:-1] + ' UserTags = [campaign = "spring"]; VirtualOrganisation = "atlas";]'
Heard = list[tuple[str, str]]


def play(home: House) -> dict[str, str]:
    """A tagged job that ends, another that waits, and one of bob."""
    keys = {"tagged": home.done(TAGGED), "plain": home.submit(HELLO), "bobs": home.submit(HELLO, "bob")}
    home.http().post(f"/api/v1/jobs/{keys['plain']}/cancel")
    return keys


def sse(home: House, params: dict[str, str], user: str = "ann") -> Iterator[tuple[str, str, Any]]:
    with home.http(user).stream("GET", "/api/v1/events", params=params) as answer:
        assert answer.status_code == 200, answer.read()
        yield from messages(answer)


def socket(home: House, params: dict[str, str], user: str = "ann", **headers: str) -> ClientConnection:
    query = "&".join(f"{name}={value}" for name, value in params.items())
    headers |= {"Authorization": f"Bearer {home.tokens[user]}"} if user else {}
    url = f"{home.url.replace('http', 'ws')}/api/v1/events?{query}"
    return connect(url, additional_headers=headers, proxy=None)


def over_socket(home: House, params: dict[str, str], user: str = "ann") -> Iterator[tuple[str, str, Any]]:
    with socket(home, params, user) as connection:
        for text in connection:
            told = json.loads(text)
            yield told["kind"], told["cursor"], told.get("event")


def until_caught_up(stream: Iterator[tuple[str, str, Any]]) -> list[Any]:
    found = []
    for kind, _, event in stream:
        if kind == "caught-up":
            break
        found.append(event)
    return found


FILTERS: list[tuple[dict[str, str], str, list[str]]] = [
    ({"state": "ENDED"}, "ann", ["Finished", "Cancelled"]),
    ({"state": "done_ok,ABORTED"}, "ann", ["Finished"]),
    ({"type": "matched,Finished"}, "ann", ["Matched", "Finished"]),
    ({"tag": "campaign=spring", "state": "WAITING,READY"}, "ann", ["Accepted", "Matched"]),
    ({"tag": "campaign=autumn"}, "ann", []),
    ({"vo": "atlas", "type": "Registered"}, "ann", ["Registered"]),
    ({"vo": "cms"}, "ann", []),
    ({"owner": "*", "type": "Registered"}, "op", ["Registered"] * 3),
    ({"owner": "bob"}, "op", ["Registered", "Accepted"]),
    ({"job": "plain"}, "ann", ["Registered", "Accepted", "CancelRequested", "Cancelled"]),
    ({"job": "plain", "type": "Cancelled"}, "op", ["Cancelled"]),
]


def test_what_is_let_through(home: House) -> None:
    before = str(home.world.database.read(last_cursor))
    keys = play(home)
    for params, user, expected in FILTERS:
        asked = {name: keys.get(value, value) for name, value in params.items()} | {"after": before}
        for way in (sse, over_socket):
            found = until_caught_up(way(home, asked, user))
            assert [event["type"] for event in found] == expected, (params, way)


def test_the_same_live(home: House) -> None:
    wanted = [(params, user, expected) for params, user, expected in FILTERS if "job" not in params and expected]
    streams = [way(home, params, user) for params, user, _ in wanted for way in (sse, over_socket)]
    for stream in streams:
        assert next(stream)[0] == "caught-up"
    play(home)
    for (params, _, expected), stream in zip([one for one in wanted for _ in range(2)], streams, strict=True):
        found: list[str] = []
        while len(found) < len(expected):
            kind, _, event = next(stream)
            found += [event["type"]] if kind == "job" else []
        assert found == expected, params
        stream.close()  # type: ignore[attr-defined]


def test_events_tell_where_they_brought_the_job(home: House) -> None:
    home.done()
    told = until_caught_up(over_socket(home, {"after": "0"}))
    assert told == until_caught_up(sse(home, {"after": "0"}))
    assert [(one["type"], one["state"], one["done_code"]) for one in told][-1] == ("Finished", "DONE", "OK")
    history = home.http().get(f"/api/v1/jobs/{told[0]['key']}/history").json()["events"]
    assert history == told


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"state": "HAPPY"}, "not the state of a job"),
        ({"type": "Wedding"}, "not the type of an event"),
        ({"tag": "spring"}, "tag=NAME=VALUE"),
        ({"job": "x"}, "not a job id"),
        ({"colour": "red"}, "colour"),
        ({"after": "x"}, "not the cursor"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(shared: House, params: dict[str, str], words: str) -> None:
    answer = shared.http().get("/api/v1/events", params=params)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    with pytest.raises(InvalidStatus) as refused:
        socket(shared, params)
    assert refused.value.response.status_code == 422
    assert words.encode() in refused.value.response.body


def test_what_one_may_not_hear(shared: House) -> None:
    key = shared.submit(user="ann")
    for params in ({"owner": "ann"}, {"owner": "*"}, {"job": key}):
        assert shared.http("bob").get("/api/v1/events", params=params).status_code == 403
        with pytest.raises(InvalidStatus) as refused:
            socket(shared, params, "bob")
        assert refused.value.response.status_code == 403
    assert shared.http().get("/api/v1/events", params={"job": "0" * 22}).status_code == 404


def test_strangers_and_strange_pages_hear_nothing(shared: House) -> None:
    with pytest.raises(InvalidStatus) as refused:
        socket(shared, {}, "")
    assert refused.value.response.status_code == 401
    login = shared.http("").post("/login", data={"token": shared.tokens["ann"]})
    cookie = login.headers["set-cookie"].partition(";")[0]
    with socket(shared, {}, "", Cookie=cookie, Origin=shared.url) as mine:
        assert json.loads(mine.recv())["kind"] == "caught-up"
    with pytest.raises(InvalidStatus) as refused:
        socket(shared, {}, "", Cookie=cookie, Origin="https://elsewhere.example")
    assert refused.value.response.status_code == 401


def test_a_socket_is_told_that_the_service_stops(home: House) -> None:
    with socket(home, {}) as connection:
        connection.recv()
        home.server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "the service is stopping")
