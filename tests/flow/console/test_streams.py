"""Numbered bytes both ways: nothing twice, nothing left out, and never more than there is room for."""

from __future__ import annotations

import random

import pytest

from gridwms.flow.console.input import WINDOW, Gap, Input
from gridwms.flow.console.output import STREAMS, Output


def test_input_sent_twice_is_taken_once() -> None:
    window = Input(0)
    window.put(0, b"abc")
    window.put(1, b"bcde")
    assert window.read(0, 100) == b"abcde"
    assert (window.taken, window.have) == (0, 5)
    assert window.read(3, 1) == b"d"
    assert window.taken == 3
    with pytest.raises(Gap):
        window.put(6, b"x")
    with pytest.raises(Gap):
        window.read(2, 1)


def test_input_beyond_the_window_is_not_taken() -> None:
    window = Input(0)
    window.put(0, bytes(WINDOW + 5), end=True)
    assert window.have == WINDOW
    assert not window.ended, "its end has not arrived"
    window.read(10, 1)
    window.put(WINDOW, bytes(5), end=True)
    assert (window.have, window.ended) == (WINDOW + 5, True)
    window.put(WINDOW + 5, b"more")
    assert window.have == WINDOW + 5, "nothing follows the end"


def test_an_instance_that_begins_anew_goes_on_where_the_worker_node_is() -> None:
    window = Input(1000)
    window.put(990, b"0123456789abc")
    assert window.read(1000, 100) == b"abc"


def test_output_in_the_order_of_arrival() -> None:
    output = Output()
    assert output.put("stdout", 0, 0, b"one ", 100) == 4
    assert output.put("stderr", 0, 0, b"oh ", 100) == 3
    assert output.put("stdout", 2, 0, b"e two", 100) == 7
    pieces = output.read({"stdout": 0, "stderr": 0}, 100)
    assert [(piece.stream, piece.data) for piece in pieces] == [
        ("stdout", b"one "),
        ("stderr", b"oh "),
        ("stdout", b"two"),
    ]
    assert [piece.data for piece in output.read({"stdout": 5, "stderr": 3}, 1)] == [b"w"]
    assert output.unread({"stdout": 5, "stderr": 0}) == 5


def test_output_that_was_sent_to_another_instance() -> None:
    """An instance that begins anew is given what the sender still has, from its oldest byte on."""
    output = Output()
    assert output.put("stdout", 900, 500, b"late", 100) == 500
    assert output.put("stdout", 500, 500, b"x" * 404, 1000) == 904
    (piece,) = output.read({"stdout": 0, "stderr": 0}, 1000)
    assert (piece.offset, piece.lost) == (500, 500)


def test_only_the_recent_past_is_kept() -> None:
    output = Output()
    dice = random.Random(7)
    said = dict.fromkeys(STREAMS, b"")
    for _ in range(2000):
        stream = dice.choice(STREAMS)
        part = dice.randbytes(dice.randrange(200))
        assert output.put(stream, len(said[stream]), 0, part, 1 << 40, limit=20_000) == len(said[stream]) + len(part)
        said[stream] += part
    positions = dict.fromkeys(STREAMS, 0)
    found = dict.fromkeys(STREAMS, 0)
    while pieces := output.read(positions, 777):
        assert sum(len(piece.data) for piece in pieces) <= 777
        for piece in pieces:
            assert piece.offset == positions[piece.stream] + piece.lost
            assert said[piece.stream][piece.offset :].startswith(piece.data)
            positions[piece.stream] = piece.offset + len(piece.data)
            found[piece.stream] += len(piece.data)
    assert positions == {stream: len(text) for stream, text in said.items()}
    assert 15_000 < sum(found.values()) <= 20_000
