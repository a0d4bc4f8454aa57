"""Whatever the text: an answer, no exception, and a description only without errors; what is written is read again."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.describe.jdl import write_jdl
from gridwms.describe.jdl.attributes import ATTRIBUTES
from tests.describe.jdl.given import read

names = st.sampled_from([a.name for a in ATTRIBUTES.values()]) | st.from_regex(
    r"[A-Za-z_]\w{0,8}|'[^'\\\\\0]{1,4}'", fullmatch=True
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


atoms = st.one_of(
    texts.map(quoted),
    st.integers(-5, 2**63 - 1).map(str),
    st.sampled_from(["true", "false", "undefined", "error", "1.5", "other.GlueCEStateStatus", "Rank", "self.x"]),
    names,
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "{" + ", ".join(items) + "}"),
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "+", "=?=", "<"]), inner).map(" ".join),
        inner.map(lambda text: f"!({text})"),
        inner.map(lambda text: f"member({text}, {{1}})"),
        st.tuples(names, inner).map(lambda pair: f"[ {pair[0]} = {pair[1]} ]"),
    ),
    max_leaves=6,
)
jdls = st.lists(st.tuples(names, expressions), max_size=8).map(
    lambda pairs: 'Executable = "/bin/ls";' + "".join(f"\n{name} = {value};" for name, value in pairs)
)


def check(text: str | bytes) -> None:
    started = time.process_time()
    reading = read(text)
    assert time.process_time() - started < 1.0
    assert (reading.description is None) == bool(reading.errors)
    for problem in reading.problems:
        assert problem.message
        assert problem.code
        problem.found.encode()
        str(problem).encode()
        assert "\n" not in str(problem)
    if reading.description is not None:
        assert read(write_jdl(reading.description)).description == reading.description


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.text("[]{}()\"'=;,.&|!<>?:aA0 \n\\#/*", max_size=60))
def test_any_signs(text: str) -> None:
    check('Executable = "/bin/ls";\n' + text)


@settings(max_examples=300, deadline=None)
@given(jdls)
def test_any_attributes(text: str) -> None:
    check(text)
