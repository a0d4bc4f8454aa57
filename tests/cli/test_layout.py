from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.cli import layout, say


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    layout.table(["A", "N", "B"], [[("x", ""), ("1", ""), ("y", "")], [("日本", ""), ("100", ""), ("", "")]], right=[1])
    assert capsys.readouterr().out == "A       N  B\nx       1  y\n日本  100\n"


def test_empty_facts_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    layout.facts([("a", "1"), ("long name", "2"), ("none", "")])
    assert capsys.readouterr().out == "  a          1\n  long name  2\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86400, "24 h"), (172800, "2 days")],
)
def test_spans(seconds: float, text: str) -> None:
    assert layout.lasting(seconds) == text


def test_sizes() -> None:
    assert [layout.size(n) for n in (0, 1023, 1536, 5 << 30)] == ["0 bytes", "1023 bytes", "1.5 KiB", "5.0 GiB"]


@given(st.text())
def test_nothing_from_elsewhere_steers_the_terminal(text: str) -> None:
    assert all(letter.isprintable() for letter in say.clean(text))
