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


MATCHED = text_of(
    """[
    Executable = "/bin/run"; Arguments = "-n 8675309"; Environment = {"PART=8675309"}; RetryCount = 3;
    Requirements = other.GlueCEPolicyMaxCPUTime > 8675309 && other.GlueHostMainMemoryRAMSize >= 3;
    Rank = 8675309 - other.GlueCEStateFreeCPUs;
    ]"""
).replace("8675309", "_PARAM_")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(values, st.sampled_from(["0", "3", "007", "-5", "1.5", "9" * 18])), min_size=1, max_size=8))
def test_numbers_that_matching_reads(given_values: list[str]) -> None:
    template = NodeTemplate(MATCHED)
    for value in ["11", "12", "13", *given_values]:
        assert template.read(value) == read_stored(node_text(MATCHED, value)), value


@pytest.mark.parametrize(
    "worked_out",
    [
        "Requirements = _PARAM_ > 5 && other.GlueCEStateFreeCPUs > 0;",
        "Requirements = other.GlueCEStateFreeCPUs > _PARAM_ * 2 + 1;",
        "Limit = _PARAM_; Requirements = other.GlueCEStateFreeCPUs > Limit;",
        "Rank = _PARAM_ > 5 ? 1 : 2;",
        "RetryCount = _PARAM_;",
        "CpuNumber = _PARAM_;",
    ],
)
def test_a_number_that_is_worked_out_is_read_in_full(worked_out: str) -> None:
    text = text_of('[Executable = "/bin/true"; Arguments = "_PARAM_";]').replace("[", f"[{worked_out}", 1)
    template = NodeTemplate(text)
    for value in ("11", "12", "13", "14", "1", "3", "6", "0"):
        assert template.read(value) == read_stored(node_text(text, value)), value


@pytest.mark.parametrize("text", ["RICH", "MATCHED"])
def test_after_some_values_the_text_is_read_no_more(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    read: list[str] = []

    def counting(text: str) -> Description | None:
        read.append(text)
        return read_stored(text)

    monkeypatch.setattr(templates, "read_stored", counting)
    template = NodeTemplate({"RICH": RICH, "MATCHED": MATCHED}[text])
    for number in range(100, 150):
        template.read(str(number))
    assert len(read) == {"RICH": 1, "MATCHED": 2}[text] + 3
