from __future__ import annotations

import json

from gridwms.client.answers import Event, Job
from gridwms.client.events import CaughtUp, StreamReader
from gridwms.client.following import Following

EVENT = {"cursor": "7", "key": "k", "type": "Running", "time": 1.0, "source": "worker", "attempt": 1, "new": "field"}


def test_messages_and_cursors() -> None:
    reader = StreamReader()
    text = f": hello\n\nid: 7\nevent: job\ndata: {json.dumps(EVENT)}\n\nid: 9\nevent: caught-up\ndata: {{}}\n\n"
    news = [found for line in text.splitlines() if (found := reader.feed(line)) is not None]
    assert [type(found) for found in news] == [Event, CaughtUp]
    assert reader.cursor == "9"


def test_what_was_half_read_is_forgotten_on_a_new_line() -> None:
    reader = StreamReader()
    for line in ("id: 7", "event: caught-up", "data: {}", "", "id: 8", "event: job", "data: {"):
        reader.feed(line)
    reader.restart()
    assert reader.feed("") is None
    assert reader.cursor == "7"


def test_unknown_messages_are_ignored() -> None:
    reader = StreamReader()
    assert [reader.feed(line) for line in ("event: other", "data: x", "", "nonsense", "")] == [None] * 5


def job(key: str, state: str, **fields: object) -> Job:
    return Job(key=key, id=key, state=state, **fields)  # type: ignore[arg-type]


def test_everybody_is_asked_first_then_those_of_whom_there_is_news() -> None:
    following = Following({"a", "b"})
    assert following.look() == ["a", "b"]
    assert len(following.seen([job("a", "RUNNING"), job("b", "WAITING")])) == 2
    assert following.look() == []
    assert following.heard(Event.read(EVENT | {"key": "b"}))
    assert not following.heard(Event.read(EVENT | {"key": "z"}))
    assert following.look() == ["b"]
    assert following.seen([job("b", "WAITING")]) == []
    assert [one.state for one in following.seen([job("b", "DONE", done_code="OK")])] == ["DONE"]
    assert following.keys == {"a"}
    following.reconnected()
    assert following.look() == ["a"]


def test_a_failed_attempt_is_not_the_end() -> None:
    assert not job("a", "DONE", done_code="FAILED").is_over
    assert job("a", "DONE", done_code="OK").is_over
    assert job("a", "ABORTED", done_code="FAILED").is_over
    assert not job("a", "ABORTED", done_code="FAILED").went_well
