"""DAGs: forms of dependencies, circles, names, files of other nodes (gLite reference §1.6)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.describe.compound import Edge
from gridwms.describe.jdl.dependencies import find_circle
from tests.describe.jdl.given import compound_of, jobs_of, read, the_refusal

JOB = 'Description = [ Executable = "/bin/ls"; OutputSandbox = { "o1", "o2" } ]'


def dag(dependencies: str, names: str = "abcd", inside: str = "", more: str = "") -> str:
    nodes = "".join(f"  {name} = [ {JOB} ];\n" for name in names)
    return f'Type = "dag";\nNodes = [\n{nodes}{inside}];\nDependencies = {{ {dependencies} }};\n{more}'


def edges(text: str) -> list[tuple[str, str]]:
    compound = compound_of(text)
    return [(compound.nodes[edge.parent].name, compound.nodes[edge.child].name) for edge in compound.edges]


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ("{ a, b }", ["ab"]),
        ("{ a, b }, { b, c }", ["ab", "bc"]),
        ("{ {a, b}, c }", ["ac", "bc"]),
        ("{ a, {b, c} }", ["ab", "ac"]),
        ("{a}, b", ["ab"]),
        ("a, b", ["ab"]),
        ("a, {b, c, d}", ["ab", "ac", "ad"]),
        ('{ "a", "b" }', ["ab"]),
        ("{ A, B }", ["ab"]),
        ("{ a, b }, { a, b }", ["ab"]),
        ("", []),
    ],
)
def test_forms(dependencies: str, expected: list[str]) -> None:
    assert edges(dag(dependencies)) == [tuple(pair) for pair in expected]


def test_dependencies_inside_of_nodes_count_too() -> None:
    assert edges(dag("{a, b}", inside="  Dependencies = { {c, d} };\n")) == [("a", "b"), ("c", "d")]


def test_weak_edges() -> None:
    compound = compound_of(dag("{a, b}", more="WeakDependencies = { {a, b}, {b, {c, d}} };"))
    assert list(compound.edges) == [Edge(0, 1), Edge(1, 2, weak=True), Edge(1, 3, weak=True)]


@pytest.mark.parametrize(
    ("dependencies", "code", "says", "column"),
    [
        ("{ a, x }", "unknown_node", "there is no node 'x'", 23),
        ("{ {a, b}, {c, d} }", "bad_value", "accepted: { a, b }, { {a, b}, c }", 18),
        ("{ a, b, c }", "bad_value", "accepted: { a, b }", 18),
        ("{ a, 3 }", "bad_value", "accepted: { a, b }", 18),
        ("{ a, a }", "cycle", "the node a waits for itself", 18),
        ("{ d, b }, { a, b }, { b, c }, { c, a }", "cycle", "b -> c -> a -> b", 38),
    ],
)
def test_bad_dependencies(dependencies: str, code: str, says: str, column: int) -> None:
    error = the_refusal(dag(dependencies))
    assert (error.code, error.line, error.column) == (code, 8, column)
    assert says in error.message


@pytest.mark.parametrize("name", ["Dependencies", "WeakDependencies"])
def test_a_circle_among_the_nodes_has_its_place(name: str) -> None:
    """Where the edge stands with which it begins, also inside of Nodes."""
    inside = f"  {name} = {{\n    {{ a, b }},\n    {{ b, a }}\n  }};\n"
    error = the_refusal(f'Type = "dag";\nNodes = [\n  a = [ {JOB} ];\n  b = [ {JOB} ];\n{inside}];')
    assert (error.code, error.column) == ("cycle", 5)
    assert (error.line, "a -> b -> a" in error.message) in ((6, True), (7, False))


def test_a_name_that_is_nearly_right() -> None:
    nodes = 'first = [ Executable = "/x" ]; second = [ Executable = "/x" ]'
    text = f'Type = "dag"; Nodes = [ {nodes} ]; Dependencies = {{ {{frist, second}} }};'
    assert "did you mean first?" in the_refusal(text).message


def test_weak_edges_make_circles_too() -> None:
    assert the_refusal(dag("{a, b}", more="WeakDependencies = { {b, a} };")).code == "cycle"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (dag("", names="aba"), "duplicate_node", 5),
        (dag("", names="abA"), "duplicate_node", 5),
        (dag("", inside="  e = 5;\n"), "wrong_type", 7),
        (dag("", inside='  e = [ File = "x.jdl" ];\n'), "node_file", 7),
        (dag("", inside='  e = [ Description = [ Executable = "/x"; Type = "dag" ] ];\n'), "unsupported", 7),
        ('Type = "dag";\nNodes = [ ];\n', "missing", 2),
    ],
)
def test_bad_nodes(text: str, code: str, line: int) -> None:
    error = the_refusal(text)
    assert (error.code, error.line) == (code, line)


def test_limits_and_retries_inside_of_nodes() -> None:
    reading = read(dag("", inside='  max_running_nodes = 7; node_type = "edg-jdl"; node_retry_count = 4;\n'))
    assert [problem.code for problem in reading.problems] == ["deprecated"]
    assert reading.compound is not None
    assert reading.compound.max_running == 7
    assert {job.retry_count for job in jobs_of(reading.compound).values()} == {4}


@pytest.mark.parametrize(
    ("parent", "own", "expected"),
    [
        ("", "", (0, 0)),
        ("DefaultNodeRetryCount = 2; DefaultNodeShallowRetryCount = -1;", "", (2, -1)),
        ("DefaultNodeRetryCount = 2; RetryCount = 5; ShallowRetryCount = 6;", "", (5, 6)),
        ("DefaultNodeRetryCount = 2; RetryCount = 5;", "RetryCount = 9;", (9, 0)),
    ],
)
def test_retry_counts(parent: str, own: str, expected: tuple[int, int]) -> None:
    text = f'Type = "dag"; Nodes = [ a = [ Description = [ Executable = "/x"; {own} ] ] ]; {parent}'
    job = jobs_of(compound_of(text))["a"]
    assert (job.retry_count, job.shallow_retry_count) == expected


WANTS = (
    'Type = "dag";\nNodes = [\n'
    '  a = [ Description = [ Executable = "/x"; OutputSandbox = { "o1", "dir/o 2", "*.log" } ] ];\n'
    '  b = [ Description = [ Executable = "/x"; InputSandbox = { root.Nodes.A.description.OutputSandbox[%d] } ] ];\n'
    "];\nDependencies = { %s };\n"
)


def test_a_node_gets_a_file_of_another() -> None:
    (file,) = jobs_of(compound_of(WANTS % (1, "a, b")))["b"].inputs
    assert (file.name, file.node, file.output) == ("o 2", "a", "dir/o 2")


@pytest.mark.parametrize(
    ("index", "dependencies", "code"),
    [(3, "a, b", "unknown_file"), (2, "a, b", "wildcard"), (0, "", "unordered"), (0, "b, a", "unordered")],
)
def test_bad_wishes_for_files(index: int, dependencies: str, code: str) -> None:
    error = the_refusal(WANTS % (index, dependencies))
    assert (error.code, error.line) == (code, 4)


def test_a_chain_of_files_and_ancestors() -> None:
    text = 'Type = "dag"; Nodes = [' + ";".join(
        f'n{at} = [ Description = [ Executable = "/x"; Arguments = "{at}"; OutputSandbox = {{ "o{at}" }};'
        f" InputSandbox = {{ root.Nodes.n{max(0, at - 2)}.Description.OutputSandbox[0] }} ] ]"
        if at > 1
        else f'n{at} = [ Description = [ Executable = "/x"; OutputSandbox = {{ "o{at}" }} ] ]'
        for at in range(30)
    )
    text += "]; Dependencies = {" + ",".join(f"{{n{at}, n{at + 1}}}" for at in range(29)) + "};"
    jobs = jobs_of(compound_of(text))
    assert [(file.node, file.output) for file in jobs["n17"].inputs] == [("n15", "o15")]
    assert jobs["n17"].arguments == "17"


@given(st.integers(1, 8), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14))
def test_circles_are_found_exactly(count: int, pairs: list[tuple[int, int]]) -> None:
    chosen = [Edge(parent % count, child % count) for parent, child in pairs if parent % count != child % count]
    circle = find_circle(chosen, count)
    reach = {(edge.parent, edge.child) for edge in chosen}
    for middle in range(count):
        reach |= {(a, d) for a, b in reach if b == middle for c, d in reach if c == middle}
    assert bool(circle) == any((number, number) in reach for number in range(count))
    told = {(edge.parent, edge.child) for edge in chosen}
    assert all(pair in told for pair in pairwise(circle))
    assert not circle or circle[0] == circle[-1]
