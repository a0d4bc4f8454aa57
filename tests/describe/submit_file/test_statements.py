"""Lines, macros, queue statements, and what is wrong with them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.describe.submit_file.commands import LOST, UNDERSTOOD
from gridwms.describe.submit_file.quoting import read_arguments, read_environment, write_arguments, write_environment
from tests.describe.submit_file.given import read, the_ad, the_error, with_program


def test_lines() -> None:
    text = (
        "# comment\n  EXECUTABLE=/bin/ls\r\ntransfer_executable = False\narguments = a \\\n  b \\\n# between\n  c\n"
        'environment @=end\n"A=1\n B=2"\n@end\ntransfer_output_files =\n\nQueue 1\n'
    )
    ad = the_ad(text)
    assert str(ad["Arguments"]) == str(the_ad(with_program("arguments = a b c"))["Arguments"])
    assert ad["Environment"] == the_ad(with_program('environment = "A=1 B=2"'))["Environment"]


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ("x = a b\narguments = $(x) $(X)", "a b a b"),
        ("arguments = $(y) $(x)\ny = $(x)1\nx = 2", "21 2"),
        ("x = a\nx = $(x) b\narguments = $(x)", "a b"),
        ("arguments = $(x:d) $(Process) $(ProcId) $(DOLLAR)(x)", "d 0 0 '$(x)'"),
    ],
)
def test_macros(commands: str, words: str) -> None:
    assert f'Arguments = "{words}";' in read(with_program(commands)).jdl


def test_macros_without_a_value() -> None:
    reading = read(with_program("arguments = a$(x)"))
    assert [problem.code for problem in reading.problems] == ["undefined_macro"]
    assert [lost.what for lost in read(with_program("arguments = $(Cluster)")).lost] == ["$(Cluster)"]


ERRORS = [
    ("queue x y z", "bad_value", 1, "found 'queue x y z'"),
    ("queue x from script |", "bad_value", 1, "items from a program are not served"),
    ("queue x in [1:2:0] (a, b)", "bad_value", 1, "cannot have the step 0"),
    ("executable = /x\nqueue from list.txt", "items", 2, "'list.txt' has not been read into it"),
    ("executable = /x\nqueue x matching *.dat", "items", 2, "'*.dat' has not been read"),
    ("executable = /x\nqueue 0", "empty_sweep", 2, "there is no job"),
    ("executable = /x\nqueue x in ()", "empty_sweep", 2, "there is no job"),
    ("executable = /x\nqueue x from (\na\nb", "syntax", 2, "never ends with )"),
    ("executable = /x\nqueue 10000000", "too_many", 2, "at most 1,000,000 jobs in one submit (max_nodes)"),
    ("executable = /x", "missing", 1, "there is no queue statement"),
    ("if true\nqueue", "unsupported", 1, "conditions, includes and templates"),
    ("include : x\nqueue", "unsupported", 1, "cannot be honoured"),
    ("what is this\nqueue", "syntax", 1, "this line is no command"),
    ("a @=end\nb\nqueue", "syntax", 1, "never ends with @end"),
    ("executable = $(a)\na = $(b)\nb = $(a)\nqueue", "macro", 1, "refers to itself"),
    ("executable = $$(Arch)\nqueue", "macro", 1, "takes its value from the machine"),
    ("executable = $ENV(HOME)/x\nqueue", "macro", 1, "the function $ENV(HOME) is not served"),
    ("executable = $(a b)\nqueue", "macro", 1, "names no macro"),
]


@pytest.mark.parametrize(("text", "code", "line", "part"), ERRORS)
def test_error(text: str, code: str, line: int, part: str) -> None:
    found = the_error(text)
    assert (found.code, found.line) == (code, line)
    assert part in found.message


@pytest.mark.parametrize(
    ("command", "code", "part"),
    [
        ("request_cpus = four", "wrong_type", "accepted: a whole number"),
        ("request_memory = much", "wrong_type", "accepted: a number of MiB"),
        ("allowed_execute_duration = 1h", "wrong_type", "a whole number of seconds"),
        ("transfer_executable = perhaps", "wrong_type", "true or false"),
        ("requirements = 1 +", "syntax", "this is no expression"),
        ("rank = (", "syntax", "this is no expression"),
        ("+X = [", "syntax", "this is no expression"),
        ('arguments = "a', "syntax", "double quotes do not match"),
        ('arguments = "a \'b"', "syntax", "a single quote is not closed"),
        ('arguments = a "b"', "syntax", "a double quote stands in the old form"),
        ("environment = A", "syntax", "has no '='"),
        ("request_cpus = 0", "out_of_range", "(CPUNumber in JDL)"),
        ("transfer_input_files = gsiftp://h/x", "unsupported", "(InputSandbox in JDL)"),
    ],
)
def test_wrong_values(command: str, code: str, part: str) -> None:
    found = the_error(with_program(command))
    assert (found.code, found.line) == (code, 3)
    assert part in found.message


def test_unknown_commands_are_told_and_lost() -> None:
    reading = read(with_program("request_cpu = 4"))
    assert "did you mean request_cpus?" in reading.problems[0].message
    assert [lost.what for lost in reading.lost] == ["request_cpu"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(str.isprintable)))
def test_words_survive_quoting(words: list[str]) -> None:
    assert list(read_arguments(write_arguments(words))) == words
    variables = [(f"V{at}", word) for at, word in enumerate(words)]
    assert list(read_environment(write_environment(variables))) == variables


def timed(text: str | bytes) -> None:
    started = time.process_time()
    reading = read(text)
    assert time.process_time() - started < 1.0
    assert (reading.description is None) == bool(reading.errors)
    assert all("\n" not in str(problem) for problem in reading.problems)


@pytest.mark.parametrize(
    "text",
    [
        "a0 = x\n" + "".join(f"a{i + 1} = {f'$(a{i})' * 10}\n" for i in range(30)) + "executable = $(a30)\nqueue",
        "x = aaaaaaaaaa\n" + "x = $(x)$(x)\n" * 100 + "queue",
        "".join(f"a{i + 1} = $(a{i})\n" for i in range(5_000)) + "executable = $(a5000)\nqueue",
        "executable = " + "$(" * 50_000 + "\nqueue",
        "a" * 190_000 + "\nqueue",
        "executable = /x \\\n" * 10_000,
        "a @=b\n" * 20_000,
        "x\n" * 90_000,
        with_program("requirements = " + "(" * 50_000),
        with_program("requirements = " + "Memory > 1 || " * 3_000 + "true"),
        with_program("requirements = " + "Memory > 1 && " * 3_000 + "true"),
        with_program("transfer_input_files = " + "a," * 40_000),
        with_program('arguments = "' + "'" * 100_001 + '"'),
        with_program('arguments = "' + '"' * 100_001),
        b"\xff",
        "a\0b",
        "",
    ],
    ids=range(17),
)
def test_limits(text: str | bytes) -> None:
    timed(text)


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes) -> None:
    timed(raw)


names = st.sampled_from([*UNDERSTOOD, *LOST, "+X", "MY.Y", "x"])
values = st.sampled_from(
    ["", "1", "true", '"a b"', "a, b", "$(x)", "$$(x)", "(", "Memory > 1", "https://h/x", "2 GB", "\u00e9 \\"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(names, values | st.text("\"'$(){};,=ab \\", max_size=10)), max_size=8))
def test_any_commands(pairs: list[tuple[str, str]]) -> None:
    timed("".join(f"{name} = {value}\n" for name, value in pairs) + "queue\n")
