"""Hostile texts: an answer at once, never an exception."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.describe.native.keys import KEYS
from tests.describe.native.given import RUN, read

LAUGHS = "a: &a [x,x]\n" + "".join(
    f"{new}: &{new} [*{old},*{old},*{old},*{old},*{old},*{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def timed(text: str | bytes) -> None:
    started = time.process_time()
    reading = read(text)
    assert time.process_time() - started < 1.0
    assert (reading.description is None) == bool(reading.errors)
    assert all("\n" not in str(problem) for problem in reading.problems)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "[" * 100_000,
        "{" * 100_000,
        "a: " * 50_000,
        "- " * 100_000,
        "run: {executable: /x, arguments: [" + "a," * 100_000 + "]}",
        RUN + "tags: {" + ", ".join(f"t{i}: {i}" for i in range(15_000)) + "}",
        "name: " + "x" * 2_000_000,
        "name: '" + "x" * 400_000,
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 5_000,
        "a." * 100_000 + "b = 1",
        "[" + "a." * 100_000 + "b]",
        "a = [" + "1," * 200_000 + "]",
        "".join(f"[a{i}]\nb = 1\n" for i in range(15_000)),
        "[[a]]\n" * 15_000,
        'a = """' + '"' * 100_000,
        "a = " + "9" * 100_000,
        "expires = 9999-12-31T23:59:59Z",
        "expires: 9999999999999999999999",
        RUN + "needs: {where: '" + "(" * 50_000 + "'}",
        RUN + "needs: {where: '" + "1 || " * 20_000 + "1'}",
        RUN + "needs: {where: '" + "[a=" * 500 + "'}",
        RUN + "needs: {memory: " + "9" * 15 + " TiB, wall_time: 999999999999d}",
        RUN + 'tags: {a: "\\ud800"}',
        RUN + "fuzzy: .inf",
        RUN + "fuzzy: 1e400",
        b"\xff\xfe\0",
        "a: \x07",
        "run: {executable: null}",
        "run:\nneeds:\n",
        "? : ",
        "!!binary x",
        "%YAML 9.9\n---\na",
        "--- |\n  text",
        "'': 1",
        RUN + "tags: {'': 1}\njdl: {'': '1'}\n",
        RUN + "jdl: {'a b': '1', Type: '1', nodes: 'x'}",
    ],
    ids=range(38),
)
def test_limits(text: str | bytes) -> None:
    timed(text)


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes) -> None:
    timed(raw)


@given(st.text("[]{}:,-'\"#&*!|>%@`=. \nax1", max_size=60))
def test_any_signs(text: str) -> None:
    timed(text)


words = st.sampled_from(
    ["1", "-1", "x y", "''", "true", "~", "1.5", "2 GiB", "[a, b]", "{a: b}", "[{from: a}]", "2031-01-01T00:00:00Z"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(KEYS)), words), max_size=6, unique_by=lambda pair: pair[0]))
def test_any_keys(pairs: list[tuple[str, str]]) -> None:
    tables: dict[str, list[str]] = {}
    for name, value in pairs:
        section, _, word = name.rpartition(".")
        tables.setdefault(section, []).append(f"{word}: {value}")
    timed(
        "".join(
            "".join(f"{line}\n" for line in lines) if not section else f"{section}: {{{', '.join(lines)}}}\n"
            for section, lines in tables.items()
        )
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(KEYS)),
            st.sampled_from(["1", "'x'", "true", "['a', 1]", "{a = 1}", "1.5", "2031-01-01"]),
        ),
        max_size=6,
    )
)
def test_any_toml(pairs: list[tuple[str, str]]) -> None:
    timed("".join(f"{name} = {value}\n" for name, value in pairs))
