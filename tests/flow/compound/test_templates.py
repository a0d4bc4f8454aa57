"""Descriptions of nodes are the same whether their text is read or the value put where the stand-in stood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import unparse
from gridwms.describe.compound import node_text
from gridwms.describe.description import Description
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl, read_stored
from gridwms.flow import templates
from gridwms.flow.templates import NodeTemplate


def text_of(jdl: str) -> str:
    read = read_jdl(jdl, JdlDefaults(), now=0.0)
    assert read.description is not None, read.problems
    return unparse(read.description.ad)


RICH = text_of(
    """[
    Executable = "run"; Arguments = "-n _PARAM_ 'x_PARAM_y'"; InputSandbox = {"run", "in._PARAM_"};
    StdOutput = "out"; StdError = "err._PARAM_"; OutputSandbox = {"out", "err._PARAM_", "big_PARAM_.dat"};
    Environment = {"PART=_PARAM_"}; Prologue = "/bin/true"; PrologueArguments = "_PARAM_";
    Requirements = other.GlueCEInfoHostName != "bad_PARAM_" && other.GlueHostMainMemoryRAMSize > 1;
    UserTags = [ part = "_PARAM_" ]; RetryCount = 2;
    ]"""
)
values = st.one_of(
    st.text("abcXYZ019_", min_size=1, max_size=12),
    st.integers(0, 10**6).map(str),
    st.sampled_from(["out", "OUT", "run", "true", "undefined", "2", "other", "a/b", "a.b", "..", "", "x y", "$(id)"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=8))
def test_both_ways_agree(given_values: list[str]) -> None:
    template = NodeTemplate(RICH)
    for value in given_values:
        assert template.read(value) == read_stored(node_text(RICH, value)), value


@pytest.mark.parametrize("bare", ["RetryCount = _PARAM_;", "Rank = _PARAM_;", "Requirements = other._PARAM_ > 1;"])
def test_a_placeholder_outside_of_strings_is_read_in_full(bare: str) -> None:
    text = text_of('[Executable = "/bin/true"; Arguments = "_PARAM_";]').replace("[", f"[{bare}", 1)
    template = NodeTemplate(text)
    for value in ("1", "2", "3", "4", "5", "true", "GlueCEUniqueID"):
        assert template.read(value) == read_stored(node_text(text, value))


def test_after_some_values_the_text_is_read_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counting(text: str) -> Description | None:
        read.append(text)
        return read_stored(text)

    monkeypatch.setattr(templates, "read_stored", counting)
    template = NodeTemplate(RICH)
    for number in range(50):
        template.read(str(number))
    assert len(read) == 1 + 3
