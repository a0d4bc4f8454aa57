"""Compounds written as they were registered: what is read again is the same."""

from __future__ import annotations

import pytest

from gridwms.describe.compound import Compound, CompoundKind, Node, node_text
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl
from gridwms.describe.jdl.registered import RegisteredNode, compound_text

PLAIN = JdlDefaults(requirements=None)


def read(text: str) -> Compound:
    found = read_jdl(text, PLAIN, now=0.0)
    assert found.compound is not None, found.problems
    return found.compound


def written(compound: Compound) -> str:
    before: list[tuple[list[str], list[str]]] = [([], []) for _ in compound.nodes]
    for edge in compound.edges:
        before[edge.child][edge.weak].append(compound.nodes[edge.parent].name)
    nodes = [
        RegisteredNode(node.name, node_text(compound.templates[node.template].jdl, node.value), *before[number])
        for number, node in enumerate(compound.nodes)
    ]
    shared = [file.local or file.url for file in compound.shared]
    return compound_text(compound.ad, shared, nodes, dag=compound.kind is CompoundKind.DAG)


TEXTS = [
    """[ Type = "collection"; RetryCount = 2; Nodes = {
        [NodeName = "first"; Executable = "/bin/cat"; InputSandbox = {"/a/x"}; OutputSandbox = {"o"}],
        [Executable = "/bin/ls"; Arguments = "\\"root:/0/x\\""; InputSandbox = {"/a/x", "https://h/y"}]
    } ]""",
    """[ Type = "dag"; InputSandbox = {"/c"}; Nodes = [
        a = [Description = [Executable = "/bin/ls"; OutputSandbox = {"o", "p"}]];
        b = [Description = [Executable = "/bin/ls";
             InputSandbox = {root.Nodes.a.Description.OutputSandbox[1], root.InputSandbox[0]}]];
        c = [Description = [Executable = "/bin/ls"]];
        Dependencies = {{a, b}}; ]; WeakDependencies = {{b, c}}; ]""",
    """[ JobType = "parametric"; Executable = "/bin/ls"; Arguments = "_PARAM_ a"; Parameters = {"x", "y/z"};
        InputSandbox = {"/a/x", "f_PARAM_"}; Requirements = other.A == "_PARAM_"; NodesCollocation = true ]""",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_written_is_read_as_the_same(text: str) -> None:
    first = read(text)
    again = read(written(first))
    assert [node.name for node in again.nodes] == [node.name for node in first.nodes]
    assert list(again.edges) == list(first.edges)
    assert again.together == first.together
    assert [file.local or file.url for file in again.shared] == [file.local or file.url for file in first.shared]
    for one, other in zip(first.nodes, again.nodes, strict=True):
        assert parts(first, one) == parts(again, other)


def parts(compound: Compound, node: Node) -> list[str]:
    jdl = node_text(compound.templates[node.template].jdl, node.value)
    return sorted(part.strip() for part in jdl.strip("[] ").split(";"))


def test_names_are_no_expressions() -> None:
    collection = read(TEXTS[0])
    assert 'NodeName = "first"' in written(collection)
    assert '\\"root:/0/x\\"' in written(collection)
