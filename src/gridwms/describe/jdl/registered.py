"""Compounds as they were registered, in JDL that may be handed in again: the parent, and each node complete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gridwms.classad import ClassAd, ClassAdSyntaxError, evaluate_attribute, parse_ad, quote, unparse
from gridwms.describe.jdl.node_files import read_reference

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OF_PARENT = frozenset(
    (
        *("type", "virtualorganisation", "hlrlocation", "myproxyserver", "lbaddress", "allowzippedisb"),
        *("nodescollocation", "requirements", "rank", "retrycount", "shallowretrycount", "usertags", "priority"),
        *("max_running_nodes", "expirytime", "edg_jobid", "certificatesubject", "voms_fqan"),
    )
)
"""What a parametric job says for itself and not for its nodes (gLite reference §1.4)."""


Place = Callable[[str, str], int | None]


def _nowhere(_node: str, _output: str) -> int | None:
    return None


class RegisteredNode(NamedTuple):
    """A node: its name, its complete JDL as it is stored, and the names of those that it waits for."""

    name: str
    jdl: str
    strong: Sequence[str] = ()
    weak: Sequence[str] = ()


def compound_text(ad: ClassAd, shared: Sequence[str], nodes: Sequence[RegisteredNode], *, dag: bool) -> str:
    """The JDL of a compound. `ad`: the parent's own; `shared`: its input files, paths or URLs, by their numbers.

    A parametric job becomes a collection of its nodes, which is the same.
    """
    said = ad if dag or ("Parameters" not in ad and "Executable" not in ad) else _parent_of(ad)
    if not dag:
        said = said.with_({"Type": "collection"})
    outputs = _Outputs(nodes)
    lines = [unparse(said, multiline=True).rstrip().removesuffix("]").rstrip()]
    if dag:
        lines.append("    Nodes = [")
        lines += [
            f"        {node.name} = [ Description = {readable(node.jdl, shared, outputs.place)}; ];" for node in nodes
        ]
        lines.append("    ];")
        for name, pick in (("Dependencies", _strong), ("WeakDependencies", _weak)):
            pairs = ", ".join(f"{{ {before}, {node.name} }}" for node in nodes for before in pick(node))
            lines += [f"    {name} = {{ {pairs} }};"] if pairs else []
    else:
        bodies = (
            f"[ NodeName = {quote(node.name)}; {readable(node.jdl, shared).lstrip()[1:].lstrip()}" for node in nodes
        )
        lines.append("    Nodes = {\n        " + ",\n        ".join(bodies) + "\n    };")
    return "\n".join([*lines, "]"])


def readable(jdl: str, shared: Sequence[str], place: Place = _nowhere) -> str:
    """Stored JDL with files of others as users write them. `place`: where an output of a node stands in its list."""

    def written(found: re.Match[str]) -> str:
        file = read_reference(found[0][1:-1], "")
        if file is None:
            return found[0]
        if file.shared is not None:
            return quote(shared[file.shared])
        at = place(file.node, file.output)
        return found[0] if at is None else f"root.Nodes.{file.node}.Description.OutputSandbox[{at}]"

    return _TEXT.sub(written, jdl)


class _Outputs:
    """The output sandboxes of nodes, read when they are needed."""

    def __init__(self, nodes: Iterable[RegisteredNode]) -> None:
        self._texts = {node.name: node.jdl for node in nodes}
        self._read: dict[str, list[object]] = {}

    def place(self, node: str, output: str) -> int | None:
        if node not in self._read:
            self._read[node] = _outputs_in(self._texts.get(node, "[]"))
        return self._read[node].index(output) if output in self._read[node] else None


def _outputs_in(jdl: str) -> list[object]:
    try:
        found = evaluate_attribute(parse_ad(jdl, jdl=True), "OutputSandbox")
    except ClassAdSyntaxError:
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


def _parent_of(ad: ClassAd) -> ClassAd:
    return ad.without([name for name in ad if name.lower() not in _OF_PARENT])


def _strong(node: RegisteredNode) -> Sequence[str]:
    return node.strong


def _weak(node: RegisteredNode) -> Sequence[str]:
    return node.weak
