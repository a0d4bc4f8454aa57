from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.sandbox.errors import BadName
from gridwms.sandbox.names import check_name


@pytest.mark.parametrize("name", ["std.out", "a b", 'it\'s "q"', "$(reboot)", "-rf", "~", "ünï", "*", "a" * 255, ".x"])
def test_any_plain_name_is_fine(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *["", ".", "..", "../../x", "/etc/passwd", "a/b", "a\0b", "a\nb", "a\x1b[2J", "\x7f", "a\u2028b", "\udcff"],
        *["a" * 256, "é" * 128, ".part-0011"],
    ],
)
def test_others_are_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(BadName) as caught:
        check_name(name)
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 400


@given(st.text(max_size=300))
def test_whatever_passes_is_one_segment(name: str) -> None:
    try:
        check_name(name)
    except BadName:
        return
    assert name not in ("", ".", "..")
    assert not set(name) & {"/", "\0", "\n", "\r"}
    assert len(name.encode()) <= 255
