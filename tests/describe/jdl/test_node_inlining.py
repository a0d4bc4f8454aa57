"""Node files: put into the text so that every line and column can be told as the user has it."""

from __future__ import annotations

import pytest

from gridwms.describe.inlined import Inlined, Unreadable
from gridwms.describe.jdl.node_inlining import inline_files
from tests.describe.jdl.given import jobs_of, read

FILES = {
    "bare.jdl": 'Executable = "/bin/a";\nArguments = "x"',
    "ad.jdl": '# a comment with [ in it\n[ Executable = "/bin/b";\n  RetryCount = -1 ];\n',
    "good.jdl": '[ Executable = "/bin/c"; ] // the end\n',
}


def inlined(text: str) -> Inlined:
    def open_file(path: str) -> str:
        if path not in FILES:
            raise Unreadable("does not exist")
        return FILES[path]

    return inline_files(text, open_file)


def test_files_of_a_dag_and_of_a_collection() -> None:
    for text in (
        'Type = "dag"; Nodes = [ a = [ File = "bare.jdl" ]; b = [ file="good.jdl"; ] ];',
        'Type = "collection"; Nodes = {[ NodeName = "a"; File = "bare.jdl" ], [ File = "good.jdl"; NodeName = "b" ]};',
    ):
        done = inlined(text)
        assert done.problems == ()
        compound = read(done.text).compound
        assert compound is not None, read(done.text).problems
        assert {name: job.executable for name, job in jobs_of(compound).items()} == {"a": "/bin/a", "b": "/bin/c"}


def test_places_are_those_of_the_files() -> None:
    text = (
        'Type = "collection";\nNodes = {\n  [ NodeName = "a"; File = "bare.jdl" ],\n'
        '  [ File = "ad.jdl"; NodeName = 7 ],\n  [ Executable = 3 ] };\nRank = ;\n'
    )
    done = inlined(text)
    found = {(*done.origin(problem.line), problem.column) for problem in read(done.text).errors if problem.line}
    assert found == {("ad.jdl", 3, 3), ("", 5, 5), ("", 6, 8)}
    lines = text.split("\n")
    for number, line in enumerate(done.text.split("\n"), 1):
        file, place = done.origin(number)
        source = FILES[file].split("\n") if file else lines
        kept = line.strip().removesuffix("Description = [").removesuffix("Description =").strip(" ]")
        assert kept in source[place - 1]


def test_a_file_that_is_missing_is_told_at_its_place() -> None:
    done = inlined('Type = "dag";\nNodes = [\n  a = [ node_type = "edg-jdl"; File = "none.jdl" ] ];')
    (problem,) = done.problems
    assert (problem.code, problem.line, problem.column, problem.found) == ("node_file", 3, 32, "none.jdl")
    (told,) = read(done.text).errors
    assert (told.code, told.line, told.column) == ("node_file", 3, 32)


@pytest.mark.parametrize(
    "text",
    [
        'Executable = "/x"; File = "bare.jdl";',
        'Type = "dag"; Nodes = [ a = [ Description = [ File = "bare.jdl" ] ] ];',
        'Type = "dag"; Nodes = [ a = [ Executable = "/x"; Arguments = "; File = \\"bare.jdl\\"" ] ];',
        'Type = "dag"; Nodes = [ a = [ /* ; File = */ Executable = "/x" ] ];',
    ],
)
def test_what_is_no_node_file_stays(text: str) -> None:
    assert inlined(text).text == text
