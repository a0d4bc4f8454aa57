"""Who writes, who watches, and for whom the payload is held up."""

from __future__ import annotations

import pytest

from gridwms.flow.console import consoles
from gridwms.flow.console.console import GONE_SECONDS, HOLD_SECONDS, Console
from gridwms.flow.console.consoles import Consoles
from gridwms.flow.errors import NotInState, Overloaded


def test_one_writes_and_the_others_watch() -> None:
    console = Console(1, 0.0)
    console.attach("a", 0.0, write=True)
    console.attach("b", 1.0, write=True)
    console.attach("c", 1.0, write=False)
    assert console.writer == "a"
    console.attach("d", 1.0, write=True, take=True)
    assert console.writer == "d"
    console.detach("d")
    assert console.writer == ""
    console.attach("e", 1.0, write=True)
    assert console.writer == "e"


def test_who_is_silent_or_was_cut_off_is_replaced() -> None:
    console = Console(1, 0.0)
    first = console.attach("a", 0.0, write=True)
    console.attach("b", GONE_SECONDS, write=True)
    assert console.writer == "a"
    console.attach("c", GONE_SECONDS + 1, write=True)
    assert console.writer == "c"
    second = console.attached["c"]
    second.dropped = True
    console.attach("d", GONE_SECONDS + 1, write=True)
    assert console.writer == "d"
    first.calls = 1
    console.forget(1000.0)
    assert list(console.attached) == ["a"], "who waits for an answer is there"


def test_the_payload_is_held_up_for_a_writer_who_reads_and_for_nobody_else() -> None:
    console = Console(1, 0.0)
    assert console.room(0.0, limit=10) > 10
    console.attach("watcher", 0.0, write=False)
    assert console.room(0.0, limit=10) > 10
    writer = console.attach("writer", 0.0, write=True)
    assert console.heard("stdout", 0, 0, b"0123456789abcdef", 0.0, end=True, limit=10) == 10
    assert not console.ended, "the end has not been taken"
    assert console.heard("stdout", 10, 0, b"abcdef", 0.0, end=True, limit=10) == 10
    writer.positions["stdout"] = 6
    assert console.heard("stdout", 10, 0, b"abcdef", 0.0, end=True, limit=10) == 16
    assert console.ended == {"stdout"}
    assert console.room(HOLD_SECONDS + 1, limit=10) > 10, "not for ever"


def test_an_instance_that_begins_anew_waits_for_the_writer_of_before() -> None:
    console = Console(1, 0.0)
    assert console.heard("stdout", 9000, 8990, b"x", 0.0, end=False, limit=12) == 8990
    assert console.heard("stdout", 8990, 8990, b"x" * 10, 0.0, end=False, limit=12) == 9000
    assert console.heard("stdout", 9000, 8990, b"x" * 10, 0.0, end=False, limit=12) == 9002
    assert console.heard("stdout", 9002, 8990, b"x" * 8, HOLD_SECONDS + 1, end=False, limit=12) == 9010


def test_wishes_are_repeated_until_the_worker_node_has_them() -> None:
    console = Console(1, 0.0)
    console.begin(0, 0, 0.0, terminal=True, ended=False)
    for text in ("size 1 2", "signal INT", "size 3 4"):
        console.wish(text)
    assert [(one.number, one.text) for one in console.wishes()] == [(2, "signal INT"), (3, "size 3 4")]
    console.begin(0, 2, 0.0, terminal=True, ended=False)
    assert [one.text for one in console.wishes()] == ["size 3 4"]
    fresh = Console(1, 0.0)  # an instance that begins anew numbers on
    fresh.begin(0, 3, 0.0, terminal=True, ended=False)
    fresh.wish("signal TERM")
    assert fresh.wishes()[0].number == 4


def test_a_later_attempt_takes_those_attached_along() -> None:
    opened = Consoles(lambda: 0.0)
    first = opened.of_attempt("k", 1)
    first.attach("a", 0.0, write=True).positions["stdout"] = 7
    second = opened.of_attempt("k", 2)
    assert second.writer == "a"
    assert second.attached["a"].positions["stdout"] == 0
    assert opened.of_job("k", 2) is second
    with pytest.raises(NotInState):
        opened.of_attempt("k", 1)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consoles, "MOST", 3)
    now = [0.0]
    opened = Consoles(lambda: now[0])
    for key in "abc":
        opened.of_attempt(key, 1)
    with pytest.raises(Overloaded):
        opened.of_attempt("d", 1)
    now[0] = 10_000.0
    opened.of_attempt("d", 1)
    monkeypatch.setattr(consoles, "_BUDGET", 100_000)
    assert Consoles(lambda: 0.0).limit == 100_000
    assert opened.limit == 100_000
