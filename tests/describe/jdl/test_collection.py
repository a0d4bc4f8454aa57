"""Collections: nodes, their names, what they inherit, and that alike nodes are checked once for all of them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.classad import quote
from gridwms.describe.jdl import JdlDefaults
from tests.describe.jdl.given import BARE, accepted, compound_of, jobs_of, read, the_refusal

NODE = '[ Executable = "/bin/ls" ]'


def collection(*nodes: str, more: str = "") -> str:
    listed = ",\n".join(nodes)
    return f'Type = "Collection";\n{more}\nNodes = {{\n{listed}\n}};\n'


def test_nodes_get_names() -> None:
    compound = compound_of(collection(NODE, '[ NodeName = "mine"; Executable = "/bin/ls" ]', NODE))
    assert [node.name for node in compound.nodes] == ["Node_0", "mine", "Node_2"]
    assert len(compound.templates) == 1


@pytest.mark.parametrize(
    ("nodes", "code", "line", "says"),
    [
        (
            ('[ NodeName = "a"; Executable = "/x" ]', '[ Executable = "/y"; NodeName = "a" ]'),
            "duplicate_node",
            5,
            "line 4",
        ),
        ((NODE, '[ NodeName = "Node_0"; Executable = "/y" ]'), "duplicate_node", 5, "'Node_0' is taken"),
        (('[ NodeName = "a/b"; Executable = "/x" ]',), "bad_name", 4, "path separator"),
        ((NODE, '[ Type = "Collection" ]'), "unsupported", 5, "a node cannot be a collection itself"),
        ((NODE, '[ Executable = "/x"; JobType = "Interactive" ]'), "unsupported", 5, "cannot be interactive"),
        ((NODE, '[ Executable = "/x"; JobType = "Parametric" ]'), "unsupported", 5, "cannot be parametric"),
        ((NODE, "[ Arguments = 3 ]"), "missing", 5, "node Node_1: Executable"),
        ((NODE, '[ Executable = "/x"; Arguments = 3 ]'), "wrong_type", 5, "node Node_1: Arguments"),
        ((NODE, '[ Executable = "/x"; Arguments = ]'), "syntax", 5, "expression"),
        ((NODE, '[ file = "b.jdl" ]'), "node_file", 5, "has not been read"),
        ((NODE, '"x"'), "wrong_type", 5, "found"),
        ((NODE, "[ Description = 4 ]"), "wrong_type", 5, "node Node_1: Description"),
        ((NODE, "[ a = " + "{" * 10_000 + "}" * 10_000 + "]"), "syntax", 5, "nesting"),
    ],
)
def test_bad_nodes(nodes: tuple[str, ...], code: str, line: int, says: str) -> None:
    errors = read(collection(*nodes)).errors
    assert (code, line) in [(each.code, each.line) for each in errors]
    assert any(says in each.message for each in errors)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('Type = "Collection";', "missing"),
        ('Type = "Collection"; Nodes = {};', "missing"),
        ('Type = "Collection"; Nodes = 3;', "wrong_type"),
        (collection(NODE, more='ZippedISB = "a.tar.gz";'), "unsupported"),
        (collection('[ Executable = "/x"; ZippedISB = "a.tar.gz" ]'), "unsupported"),
        (collection(NODE, more="Dependencies = {};"), "exclusive"),
        (collection(NODE, more="VirtualOrganisation = 3;"), "wrong_type"),
        (collection(NODE, more="ExpiryTime = 5;"), "out_of_range"),
    ],
)
def test_bad_collections(text: str, code: str) -> None:
    assert code in {problem.code for problem in read(text).errors}
    assert read(text).compound is None


def test_more_nodes_than_the_limit() -> None:
    error = the_refusal(collection(NODE, NODE, NODE), replace(JdlDefaults(), max_nodes=2))
    assert (error.code, error.line) == ("too_many", 3)
    assert "at most 2 nodes in one submit (max_nodes)" in error.message


def test_ten_thousand_levels_of_brackets() -> None:
    error = the_refusal('Type = "Collection"; Nodes = ' + "{" * 10_000 + "}" * 10_000 + ";")
    assert error.code == "syntax"
    assert "too deep" in error.message


def test_nodes_inherit_and_their_own_wins() -> None:
    more = """
    RetryCount = 3; Rank = other.A; Requirements = other.B > 1; FuzzyRank = true; PerusalFileEnable = true;
    OutputSandbox = { "all.txt" }; SubmitTo = "host:2119/jobmanager-pbs-q";
    """
    own = '[ Executable = "/y"; RetryCount = 5; Rank = other.C; OutputSandbox = { "own.txt" }; FuzzyRank = false ]'
    first, second = jobs_of(compound_of(collection(NODE, own, more=more), BARE)).values()
    assert (first.retry_count, second.retry_count) == (3, 5)
    assert (first.outputs, second.outputs) == (("all.txt",), ("own.txt",))
    assert (first.fuzzy_rank, second.fuzzy_rank) == (True, False)
    assert first.peek
    assert second.submit_to == "host:2119/jobmanager-pbs-q"
    assert first.rank != second.rank
    assert first.requirements == second.requirements


def test_what_is_forced_upon_nodes() -> None:
    more = 'VirtualOrganisation = "atlas"; HLRLocation = "hlr";'
    own = '[ Executable = "/y"; VirtualOrganisation = "cms"; JobProvenance = "x" ]'
    reading = read(collection(NODE, own, more=more))
    assert {(p.code, p.attribute, p.line) for p in reading.problems} == {
        ("overruled", "VirtualOrganisation", 5),
        ("overruled", "JobProvenance", 5),
    }
    assert reading.compound is not None
    for job in jobs_of(reading.compound).values():
        assert job.vo == "atlas"
        assert ("HLR_LOCATION", "hlr") in job.environment
        assert "JobProvenance" not in job.ad


def test_what_the_parent_says_in_vain_is_told() -> None:
    reading = read(collection(NODE, more='Arguments = "x";'))
    assert [(p.code, p.attribute, p.line) for p in reading.problems] == [("no_effect", "Arguments", 2)]


def test_files_of_the_same_path_are_stored_once() -> None:
    own = '[ Executable = "run.sh"; InputSandbox = { "bin/run.sh", "data/%d.txt", "https://h/x" } ]'
    compound = compound_of(collection(*(own % number for number in range(3))))
    assert [(file.name, file.local) for file in compound.shared] == [("run.sh", "bin/run.sh")]
    for number, job in enumerate(jobs_of(compound).values()):
        assert [(file.name, file.shared, file.local, file.url) for file in job.inputs] == [
            ("run.sh", 0, "", ""),
            (f"{number}.txt", None, f"data/{number}.txt", ""),
            ("x", None, "", "https://h/x"),
        ]


def test_the_parents_files_are_inherited_or_pointed_to() -> None:
    more = 'InputSandbox = { "a.txt", "https://h/b", "dir/c.txt" };'
    own = '[ Executable = "c.txt"; InputSandbox = { root.InputSandbox[2], "d.txt" } ]'
    compound = compound_of(collection(NODE, own, more=more))
    first, second = jobs_of(compound).values()
    assert [(f.name, f.shared, f.url) for f in first.inputs] == [
        ("a.txt", 0, ""),
        ("b", None, "https://h/b"),
        ("c.txt", 1, ""),
    ]
    assert [(f.name, f.shared) for f in second.inputs] == [("c.txt", 1), ("d.txt", 2)]
    assert [file.local for file in compound.shared] == ["a.txt", "dir/c.txt", "d.txt"]


@pytest.mark.parametrize(
    ("item", "code", "says"),
    [
        ("root.InputSandbox[7]", "unknown_file", "has 1 items"),
        ('"root:/0/a.txt"', "bad_url", "the service's own"),
        ("root.Nodes.other.Description.OutputSandbox[0]", "unknown_node", "no node 'other'"),
    ],
)
def test_bad_references(item: str, code: str, says: str) -> None:
    own = f'[ Executable = "/x"; InputSandbox = {{ {item} }} ]'
    error = the_refusal(collection(NODE, own, more='InputSandbox = "a.txt";'))
    assert (error.code, error.attribute, error.line, error.column) == (code, "InputSandbox", 5, 39)
    assert says in error.message


def test_a_placeholder_means_nothing_here() -> None:
    own = '[ Executable = "/x"; Arguments = "_PARAM_ %s" ]'
    jobs = jobs_of(compound_of(collection(own % "a", own % "b", NODE)))
    assert [job.arguments for job in jobs.values()] == ["_PARAM_ a", "_PARAM_ b", ""]


def test_one_odd_node_among_many_is_found() -> None:
    nodes = [f'[ Executable = "/x"; StdOutput = "out{number}" ]' for number in range(500)]
    nodes[321] = '[ Executable = "/x"; StdOutput = "../out" ]'
    error = the_refusal(collection(*nodes))
    assert (error.code, error.line, error.attribute) == ("bad_name", 325, "StdOutput")
    assert "node Node_321" in error.message


def test_nodes_that_vary_together_share_a_template() -> None:
    own = '[ Executable = "/x"; Arguments = "run %d"; StdOutput = "o%d.txt"; OutputSandbox = { "o%d.txt" } ]'
    compound = compound_of(collection(*(own % (number, number, number) for number in range(10, 20))))
    assert len(compound.templates) == 1
    assert [node.value for node in compound.nodes] == [str(number) for number in range(10, 20)]


def test_ten_thousand_nodes_are_read_in_seconds() -> None:
    own = '[ NodeName = "n%d"; Executable = "/bin/sh"; Arguments = "%d"; StdOutput = "o%d"; OutputSandbox = { "o%d" } ]'
    text = collection(*(own % ((number,) * 4) for number in range(10_000)))
    started = time.process_time()
    compound = compound_of(text)
    assert time.process_time() - started < 3.0
    assert (len(compound.nodes), len(compound.templates)) == (10_000, 1)


TEXT = st.text(alphabet='ab1 ./*"\\$;[]{}=#', max_size=6)


@given(
    st.lists(st.tuples(st.sampled_from(["/bin/a", "run.sh"]), TEXT, TEXT, st.integers(0, 3)), min_size=1, max_size=8),
    st.booleans(),
)
def test_every_node_is_the_job_that_its_own_text_is(rows: list[tuple[str, str, str, int]], named: bool) -> None:
    texts = [
        f"Executable = {quote(program)}; Arguments = {quote(arguments)}; Environment = {{ {quote('A=' + value)} }}; "
        f'RetryCount = {retries}; InputSandbox = {{ "run.sh" }}; Requirements = other.X == {quote(value)}'
        for program, arguments, value, retries in rows
    ]
    nodes = ["[ " + (f'NodeName = "n{at}"; ' if named else "") + f"{text} ]" for at, text in enumerate(texts)]
    compound = compound_of(collection(*nodes))
    for job, text in zip(jobs_of(compound).values(), texts, strict=True):
        alone = accepted(text)
        assert replace(job, ad=alone.ad, inputs=alone.inputs) == alone
        assert [file.name for file in job.inputs] == ["run.sh"]
