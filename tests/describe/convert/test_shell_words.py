"""Words and the shell: what is split here is split so by a real shell, and only that."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.describe.convert.shell_words import join_words, split_words

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(words))
def test_joining_and_splitting(items: list[str]) -> None:
    assert split_words(join_words(items)) == tuple(items)


@settings(max_examples=100, deadline=None)
@given(st.text(" ab'\"\\$`*;|&<>(){}~#\n\t!", max_size=12))
def test_a_shell_agrees(line: str) -> None:
    found = split_words(line)
    if found is None:
        return
    done = subprocess.run(["sh", "-c", f"printf '%s\\0' x {line}"], capture_output=True, text=True, check=True, cwd="/")
    assert tuple(done.stdout.split("\0")[1:-1]) == found


@pytest.mark.parametrize(
    "line", ["$A", '"$A"', "`a`", "*", "a;b", "a | b", "a > b", "~", "# a", "'a", '"a', "a\\", "(a)", "a\nb"]
)
def test_what_a_shell_makes_more_of(line: str) -> None:
    assert split_words(line) is None
