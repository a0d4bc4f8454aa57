"""Queue statements: what differs between the jobs, as a parametric job where that can say it, else as a collection."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gridwms.describe.compound import CompoundKind
from gridwms.describe.description import Description
from gridwms.describe.inlined import Unreadable
from gridwms.describe.submit_file.queue import read_queue
from gridwms.describe.submit_file.queue_items import inline_items
from tests.describe.jdl.given import jobs_of
from tests.describe.submit_file.given import read

HEAD = 'executable = /bin/echo\ntransfer_executable = false\ntransfer_output_files = ""\n'


def jobs(text: str, kind: CompoundKind) -> list[Description]:
    reading = read(HEAD + text)
    assert [str(problem) for problem in reading.errors] == []
    assert reading.compound is not None
    assert reading.compound.kind is kind
    return list(jobs_of(reading.compound).values())


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("arguments = $(Process)\nqueue 3", CompoundKind.PARAMETRIC, ["0", "1", "2"]),
        ("n = 2\narguments = x$(ProcId)y\nqueue $(n)", CompoundKind.PARAMETRIC, ["x0y", "x1y"]),
        ("arguments = $(x)\nqueue x in (a, b c)", CompoundKind.PARAMETRIC, ["a", "b", "c"]),
        ("arguments = $(Item)\nqueue in (a b)", CompoundKind.PARAMETRIC, ["a", "b"]),
        ("arguments = $(x) $(Process)\nqueue x in (a, b)", CompoundKind.COLLECTION, ["a 0", "b 1"]),
        ("arguments = $(x)\nqueue x in (a, a)", CompoundKind.COLLECTION, ["a", "a"]),
        ("arguments = $(x)$(Step)\nqueue 2 x in (a, b)", CompoundKind.COLLECTION, ["a0", "a1", "b0", "b1"]),
        (
            "arguments = $(x)-$(y)\nqueue x, y from (\n 1, one\n# no\n 2 two and more\n)",
            CompoundKind.COLLECTION,
            ["1-one", "2-two and more"],
        ),
        ("arguments = $(x)\nqueue x from [1:] (\na\nb\nc\n)", CompoundKind.PARAMETRIC, ["b", "c"]),
        ("arguments = $(x)\nqueue x in [::2] (a b c)", CompoundKind.PARAMETRIC, ["a", "c"]),
        ("arguments = 1\nqueue\narguments = 2\nqueue", CompoundKind.COLLECTION, ["1", "2"]),
        ("request_memory = $(m)\narguments = $(m)\nqueue m in (1, 2)", CompoundKind.COLLECTION, ["1", "2"]),
        ("arguments = _PARAM_$(Process)\nqueue 2", CompoundKind.COLLECTION, ["_PARAM_0", "_PARAM_1"]),
        ('arguments = "$(x)"\nqueue x from (\na b\n$HOME\n)', CompoundKind.COLLECTION, ["a b", "'$HOME'"]),
        ("x = default\narguments = $(x)\nqueue x in (a)", CompoundKind.PARAMETRIC, ["a"]),
    ],
)
def test_jobs_of_a_queue_statement(text: str, kind: CompoundKind, arguments: list[str]) -> None:
    assert [job.arguments for job in jobs(text, kind)] == arguments


def test_queue_one_is_a_single_job() -> None:
    assert read(HEAD + "arguments = $(Process)\nqueue 1").description is not None


def test_a_problem_of_one_job_is_told_once_at_its_command() -> None:
    reading = read(HEAD + "output = $(x)\nqueue x in (a, b*, c*)")
    assert [(problem.code, problem.line) for problem in reading.errors] == [("bad_name", 4)]


def test_thousands_of_jobs_of_one_statement() -> None:
    compound = read(HEAD + "arguments = $(Process)\nqueue 50000").compound
    assert compound is not None
    assert (len(compound.nodes), len(compound.templates)) == (50_000, 1)


def test_names_of_a_statement() -> None:
    found = read_queue("2 a, b from (x y)")
    assert (found.count, found.names, found.items) == (2, ("a", "b"), ("x y",))


def inlined(text: str) -> tuple[str, list[tuple[str, int]]]:
    def open_file(path: str) -> str:
        if path != "items.txt":
            raise Unreadable("does not exist")
        return "one\ntwo\n"

    def matching(pattern: str, what: str) -> Sequence[str]:
        return [f"{what}1.dat", f"{what} 2.dat"] if pattern == "*.dat" else []

    done = inline_items(text, open_file, matching)
    assert done.problems == () or len(done.problems) == 1
    return done.text, [done.origin(number + 1) for number in range(done.text.count("\n") + 1)]


def test_items_of_a_file_and_of_a_pattern_are_put_in() -> None:
    text, places = inlined("executable = /x\nqueue f from items.txt\narguments = y\nqueue 2 matching files *.dat\n")
    assert text == (
        "executable = /x\nqueue f from  (\none\ntwo\n)\narguments = y\n"
        "queue 2 Item from  (\nfiles1.dat\nfiles 2.dat\n)\n"
    )
    assert places[:3] == [("", 1), ("", 2), ("items.txt", 1)]
    assert places[5:7] == [("", 3), ("", 4)]
    compound = read(text.replace("executable = /x\n", HEAD)).compound
    assert compound is not None
    assert len(compound.nodes) == 2 + 4


def test_items_that_cannot_be_read() -> None:
    for text in ("queue f from none.txt", "queue f matching *.none"):
        done = inline_items(text, lambda path: (_ for _ in ()).throw(Unreadable("does not exist")), lambda *_: ())
        assert done.text == text
        assert [(problem.code, problem.line, problem.column) for problem in done.problems] == [("items", 1, 1)]
