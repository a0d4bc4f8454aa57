"""Parametric jobs, rule by rule (gLite reference §1.4)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.describe.jdl import JdlDefaults
from tests.describe.jdl.given import BARE, compound_of, jobs_of, read, the_refusal

JOB = 'JobType = "Parametric";\nExecutable = "/bin/echo";\n'


def values(text: str) -> list[str]:
    """What the nodes of a job find in ParameterValue."""
    return [dict(job.environment)["ParameterValue"] for job in jobs_of(compound_of(JOB + text)).values()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Parameters = 3;", ["0", "1", "2"]),
        ("Parameters = 10; ParameterStart = 1; ParameterStep = 4;", ["1", "5", "9"]),
        ('Parameters = { "a", "b", "c", "d" }; ParameterStart = 1; ParameterStep = 2;', ["b", "d"]),
        ("Parameters = { 1, -2, 0.5 };", ["1", "-2", "0.5"]),
        ("Parameters = { alpha, beta };", ["alpha", "beta"]),
        ("Parameters = 1 + 1;", ["0", "1"]),
        ('Parameters = { "x", strcat("y", 1) };', ["x", "y1"]),
        ('Parameters = { "quote \\" and \\\\ and\\ttab" };', ['quote " and \\ and\ttab']),
    ],
)
def test_values(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 9))
def test_the_index_runs_from_start_in_steps_below_the_number_of_values(count: int, start: int, step: int) -> None:
    reading = read(f"{JOB}Parameters = {count}; ParameterStart = {start}; ParameterStep = {step};")
    expected = []
    index = start
    while index < count:
        expected.append(f"Node_{index}")
        index += step
    found = [node.name for node in reading.compound.nodes] if reading.compound else []
    assert found == expected
    assert [problem.code for problem in reading.errors] == ([] if expected else ["empty_sweep"])


@pytest.mark.parametrize(
    ("text", "code", "attribute", "says"),
    [
        ("Parameters = 0;", "empty_sweep", "Parameters", "the sweep is empty"),
        ("Parameters = {};", "empty_sweep", "Parameters", "the sweep is empty"),
        ("Parameters = 3; ParameterStart = 3;", "empty_sweep", "ParameterStart", "of 3 values none is left"),
        ("Parameters = 3; ParameterStep = 0;", "out_of_range", "ParameterStep", "1 or more"),
        ("Parameters = 3; ParameterStart = -1;", "out_of_range", "ParameterStart", "0 or more"),
        ('Parameters = { "a", "b", "a" };', "duplicate_value", "Parameters", "'a' is there more than once"),
        ('Parameters = { "a.b", "a_b" };', "duplicate_node", "Parameters", "would both be the node 'Node_a_b'"),
        ("Parameters = 10000000;", "too_many", "Parameters", "at most 1,000,000 nodes in one submit (max_nodes)"),
        ("Parameters = 9223372036854775807;", "too_many", "Parameters", "max_nodes"),
        ('Parameters = "3";', "wrong_type", "Parameters", "a whole number, or a list"),
        ("Parameters = { true };", "wrong_type", "Parameters", "a whole number, or a list"),
        ("ParameterStart = 1;", "missing", "Parameters", "is mandatory for parametric jobs"),
    ],
)
def test_bad_sweeps(text: str, code: str, attribute: str, says: str) -> None:
    error = the_refusal(JOB + text)
    assert (error.code, error.attribute) == (code, attribute)
    assert error.line == (3 if "Parameters" in text else 0)
    assert says in error.message


def test_names_of_nodes() -> None:
    names = [node.name for node in compound_of(JOB + 'Parameters = { "a.b", "c/d", "e*", "$f" };').nodes]
    assert names == ["Node_a_b", "Node_cId", "Node_e-", "Node__S_f"]


def test_the_placeholder_is_replaced_everywhere() -> None:
    text = """
    Arguments = "--seed _PARAM_ _PARAM_";
    StdInput = "in_PARAM_.txt";
    InputSandbox = { "in_PARAM_.txt", "common.dat", "https://host/_PARAM_/x" };
    StdOutput = "Src_PARAM_/out"; OutputSandbox = { "Src_PARAM_/out" };
    Environment = { "N=_PARAM_" };
    Requirements = other.GlueCEPolicyMaxCPUTime > 10 * _PARAM_;
    Rank = other.Rank_PARAM_;
    CPUNumber = _PARAM_;
    UserTags = [ number = "_PARAM_" ];
    Parameters = 3; ParameterStart = 1;
    """
    compound = compound_of(JOB + text, BARE)
    job = jobs_of(compound)["Node_2"]
    assert (job.arguments, job.std_input, job.std_output) == ("--seed 2 2", "in2.txt", "Src2/out")
    assert job.environment == (("N", "2"), ("ParameterValue", "2"))
    assert "10 * 2" in str(job.requirements) or "Literal(value=2)" in str(job.requirements)
    assert (job.cpus, job.user_tags) == (2, (("number", "2"),))
    assert [(file.name, file.local, file.url, file.shared) for file in job.inputs] == [
        ("in2.txt", "in2.txt", "", None),
        ("common.dat", "", "", 0),
        ("x", "", "https://host/2/x", None),
    ]
    assert [(file.name, file.local) for file in compound.shared] == [("common.dat", "common.dat")]
    assert compound.templates[0].matching_varies
    assert compound.user_tags == ()


def test_nodes_that_differ_in_arguments_only_are_matched_as_one() -> None:
    compound = compound_of(JOB + 'Arguments = "_PARAM_"; Parameters = 5;')
    assert [(template.varies, template.matching_varies) for template in compound.templates] == [(True, False)]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "says"),
    [
        ('\n  StdOutput = "../_PARAM_";', "bad_name", 4, 3, "node Node_0 (and 2 more): StdOutput: '../0' leads out"),
        ('\nx = "_PARAM_"; RetryCount = -1;', "out_of_range", 4, 16, "RetryCount"),
        ('\nInputSandbox = { "1.txt", "_PARAM_.txt" };', "duplicate", 4, 27, "would both be called '1.txt'"),
        ('\nInputSandbox = { "a/_PARAM_x", "b/1_PARAM_" };', "", 0, 0, ""),
        ("\nCPUNumber = _PARAM_;", "out_of_range", 4, 1, "found 0"),
        ("\nRequirements = other.X > frob(_PARAM_);", "unknown_function", 4, 26, "frob"),
        ('\nPrologue = "pro_PARAM_"; InputSandbox = { "pro0", "pro1" };', "not_in_sandbox", 4, 1, "'pro2' is not in"),
        ('\nVirtualOrganisation = "vo_PARAM_";', "bad_value", 4, 1, "cannot differ"),
        ("\nParameterStop = 3; Requirements = ;", "syntax", 4, 35, "an expression"),
    ],
)
def test_what_is_wrong_in_one_node_is_told_at_its_place(
    text: str, code: str, line: int, column: int, says: str
) -> None:
    reading = read(JOB + "Parameters = 3;" + text)
    if not code:
        assert reading.errors == ()
        return
    assert reading.compound is None
    assert [(each.code, each.line, each.column) for each in reading.errors] == [(code, line, column)]
    assert says in reading.errors[0].message


def test_columns_are_those_of_the_text_however_long_the_value() -> None:
    text = JOB + 'Parameters = { "a-rather-long-value" };\nArguments = "_PARAM_ _PARAM_"; RetryCount = "x";'
    error = the_refusal(text)
    assert (error.line, error.column) == (4, 32)


def test_types_that_a_node_cannot_have() -> None:
    error = the_refusal('JobType = { "parametric", "interactive" }; Executable = "/bin/ls"; Parameters = 2;')
    assert (error.code, error.attribute) == ("unsupported", "JobType")


def test_a_single_job_with_parameters_is_told_that_it_is_none() -> None:
    error = the_refusal('Executable = "/bin/ls"; Parameters = 2;')
    assert (error.code, error.attribute) == ("exclusive", "Parameters")
    assert "Parametric" in error.message


def test_a_hundred_thousand_nodes_are_read_in_well_under_a_second() -> None:
    text = JOB + 'Arguments = "_PARAM_"; InputSandbox = { "in_PARAM_.txt", "common" };\n'
    many = ", ".join(f'"/data/{number}.root"' for number in range(100_000))
    for sweep, limit in (("Parameters = 100000;", 1.0), (f"Parameters = {{ {many} }};", 2.0)):
        started = time.process_time()
        compound = compound_of(text + sweep)
        assert time.process_time() - started < limit
        assert (len(compound.nodes), len(compound.templates), len(compound.shared)) == (100_000, 1, 1)


@given(st.lists(st.text(max_size=6), min_size=1, max_size=6, unique=True))
def test_any_values_are_refused_or_arrive_as_they_are(given_values: list[str]) -> None:
    listed = ", ".join(_quoted(value) for value in given_values)
    reading = read(f'{JOB}Arguments = "_PARAM_"; Parameters = {{ {listed} }};')
    if reading.compound is not None:
        jobs = jobs_of(reading.compound).values()
        assert [job.arguments for job in jobs] == given_values
        assert [dict(job.environment)["ParameterValue"] for job in jobs] == given_values
    else:
        assert reading.errors


def _quoted(text: str) -> str:
    from gridwms.classad import quote

    return quote(text)


def test_the_limit_is_the_service_s() -> None:
    small = replace(JdlDefaults(), max_nodes=3)
    assert the_refusal(JOB + "Parameters = 4;", small).code == "too_many"
    assert len(compound_of(JOB + "Parameters = 3;", small).nodes) == 3


def test_what_the_service_notes_of_a_job_is_that_of_each_node() -> None:
    compound = compound_of(JOB + "RetryCount = _PARAM_; Parameters = 3;")
    assert [template.varies for template in compound.templates] == [False] * 3
    assert [job.retry_count for job in jobs_of(compound).values()] == [0, 1, 2]
