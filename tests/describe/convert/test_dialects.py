"""Which dialect a text is in, and what is told when it is converted."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.describe.convert.dialects import Dialect, convert, guess, read
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.native.keys import names_in
from gridwms.describe.problem import Severity
from tests.describe.jdl.given import jobs_of

DATA = Path(__file__).parents[1] / "data"
SINGLE = [
    path.name
    for path in sorted(DATA.glob("*.jdl"))
    if path.name not in ("31669.jdl", "35250.jdl", "dag.jdl", "set_parametric_jdl.jdl")
]
SEVERAL = ("31669.jdl", "35250.jdl", "dag.jdl", "set_parametric_jdl.jdl")


@pytest.mark.parametrize(
    ("text", "name", "dialect"),
    [
        ("  <a/>", "x.jdl", Dialect.JSDL),
        ("<a/>".encode("utf-16"), "", Dialect.JSDL),
        ("\ufeff<a/>", "", Dialect.JSDL),
        ("a", "x.YML", Dialect.NATIVE),
        ("a", "x.sub", Dialect.SUBMIT),
        ("queue", "x.jdl", Dialect.JDL),
        ("# c\nrun:\n  a", "", Dialect.NATIVE),
        ("[run]\na = 1", "", Dialect.NATIVE),
        ("executable = x\nqueue 5", "", Dialect.SUBMIT),
        ("Executable = 1;", "", Dialect.JDL),
        ("[ Executable = 1; Queue = 2 ]", "", Dialect.JDL),
        ("", "", Dialect.JDL),
        (b"\xff\xfe\x00", "", Dialect.JDL),
    ],
)
def test_guess(text: str | bytes, name: str, dialect: Dialect) -> None:
    assert guess(text, name) is dialect


@pytest.mark.parametrize("key", names_in(""))
def test_every_key_tells_the_native_form(key: str) -> None:
    assert guess(f"# a comment\n\n{key}: x\n") is Dialect.NATIVE
    assert guess(f"x = 1\n[{key}]\n") is Dialect.NATIVE


@pytest.mark.parametrize(("name", "to"), [*product(SINGLE, Dialect)])
def test_real_files_are_converted_there_and_back(name: str, to: Dialect) -> None:
    text = (DATA / name).read_bytes()
    there = convert(text, to, name=name)
    assert there.text, there.problems
    assert guess(there.text) is to
    back = convert(there.text, Dialect.JDL)
    wanted, found = (read(each, Dialect.JDL, JdlDefaults(), now=0.0).description for each in (text, back.text))
    if wanted is None:
        assert name == "jsaga.jdl"  # its URLs are not served
        return
    assert found is not None
    assert (found.executable, found.vo, set(found.inputs)) == (wanted.executable, wanted.vo, set(wanted.inputs))
    assert (found.retry_count, found.shallow_retry_count, found.user_tags) == (
        wanted.retry_count,
        wanted.shallow_retry_count,
        wanted.user_tags,
    )


@pytest.mark.parametrize(("name", "to"), [*product(SEVERAL, (Dialect.JSDL, Dialect.SUBMIT))])
def test_several_jobs_are_refused_by_dialects_of_one(name: str, to: Dialect) -> None:
    if (name, to) == ("set_parametric_jdl.jdl", Dialect.SUBMIT):
        return  # a queue statement says it
    done = convert((DATA / name).read_bytes(), to, name=name)
    assert done.text == ""
    assert any("holds several jobs" in problem.message and problem.line for problem in done.problems)


@pytest.mark.parametrize("name", SEVERAL)
def test_several_jobs_in_the_native_form(name: str) -> None:
    done = convert((DATA / name).read_bytes(), Dialect.NATIVE, name=name)
    assert done.text
    assert {problem.severity for problem in done.problems} <= {Severity.WARNING}
    assert convert(done.text, Dialect.JDL).text


def test_losses_are_told_at_the_place_of_the_source() -> None:
    done = convert("run:\n  executable: /bin/ls\nprefer: other.B\nretry:\n  deep: 3\n", Dialect.SUBMIT)
    assert {(lost.what, lost.place) for lost in done.lost} == {("Rank", (3, 1)), ("RetryCount", (5, 3))}


@pytest.mark.parametrize("text", ["Executable = ;", "run: [", "<a", "universe = docker\nexecutable = /x\nqueue"])
def test_what_cannot_be_understood_is_not_converted(text: str) -> None:
    done = convert(text, Dialect.NATIVE)
    assert done.text == ""
    assert any(problem.severity is Severity.ERROR for problem in done.problems)


@given(st.binary(max_size=60), st.sampled_from(Dialect), st.sampled_from(Dialect))
def test_any_bytes(raw: bytes, source: Dialect, to: Dialect) -> None:
    started = time.process_time()
    done = convert(raw, to, source)
    assert time.process_time() - started < 1.0
    assert done.text or done.problems


@pytest.mark.parametrize("sweep", ["4", "10; ParameterStart = 1; ParameterStep = 4", '{ "a", "b c", "d" }'])
@pytest.mark.parametrize("to", [Dialect.SUBMIT, Dialect.NATIVE])
def test_sweeps_go_there_and_back(sweep: str, to: Dialect) -> None:
    text = (
        f'JobType = "Parametric"; Executable = "/bin/echo"; Arguments = "x _PARAM_"; Parameters = {sweep}; '
        'StdOutput = "o_PARAM_"; OutputSandbox = { "o_PARAM_" }; InputSandbox = { "in_PARAM_", "all" };'
    )
    there = convert(text, to)
    assert there.text, there.problems
    assert guess(there.text) is to
    defaults = JdlDefaults()
    wanted, found = (
        read(each, dialect, defaults, now=0.0).compound for each, dialect in ((text, Dialect.JDL), (there.text, to))
    )
    assert wanted is not None
    assert found is not None
    both = [list(jobs_of(each).values()) for each in (wanted, found)]
    if to is Dialect.NATIVE:
        assert (found.nodes, found.shared, both[0]) == (wanted.nodes, wanted.shared, both[1])
    assert [job.outputs for job in both[0]] == [job.outputs for job in both[1]]
    assert [{f.local or f.name for f in job.inputs} for job in both[0]] == [
        {f.local or f.name for f in job.inputs} for job in both[1]
    ]
    if '"b c"' not in sweep:  # HTCondor takes each word as it is
        assert [job.arguments for job in both[0]] == [job.arguments for job in both[1]]
