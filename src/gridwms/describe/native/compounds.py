"""The keys of the native form that make many jobs: sweep, nodes, order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridwms.classad import quote
from gridwms.describe.compound import PLACEHOLDER
from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.reading import error
from gridwms.describe.native.keys import Key
from gridwms.describe.native.tree import Node, kind

if TYPE_CHECKING:
    from gridwms.describe.native.mapping import Mapping


class WrongType(Exception):
    """The value is not of the accepted kind."""


def as_values(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    """The values of a sweep."""
    if not isinstance(node.value, tuple):
        raise WrongType
    for item in node.value:
        if not isinstance(item.value, str | int | float) or isinstance(item.value, bool):
            raise WrongType(kind(item))
        text = item.value if isinstance(item.value, str) else item.raw
        mapping.jdl.item(key.jdl, text, Origin(name, item.place))
    if not node.value:
        mapping.jdl.value(key.jdl, "{}", Origin(name, node.at))


def as_nodes(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    """The jobs of a collection or a DAG, each with the keys of a single one."""
    if isinstance(node.value, dict):
        named = list(node.value.items())
    elif isinstance(node.value, tuple):
        named = [("", each) for each in node.value]
    else:
        raise WrongType
    for title, inner in named:
        if not isinstance(inner.value, dict):
            raise WrongType(kind(inner))
        one = mapping.inner()
        one.document(inner)
        if title:
            one.jdl.text("NodeName", title, Origin(f"{name}.{title}", inner.at))
        mapping.jdl.node(one.jdl, Origin(f"{name}.{title}" if title else name, inner.at))
    if not named:
        mapping.jdl.value(key.jdl, "{}", Origin(name, node.at))


def as_order(mapping: Mapping, name: str, key: Key, node: Node) -> None:
    """Which node runs before which."""
    if not isinstance(node.value, tuple):
        raise WrongType
    for pair in node.value:
        if not isinstance(pair.value, tuple) or len(pair.value) != 2:
            raise WrongType(kind(pair))
        before, after = (_side(side) for side in pair.value)
        mapping.jdl.member(key.jdl, f"{{ {before}, {after} }}", Origin(name, pair.place))


def _side(node: Node) -> str:
    if isinstance(node.value, str):
        return quote(node.value)
    if isinstance(node.value, tuple) and node.value and all(isinstance(each.value, str) for each in node.value):
        return f"{{ {', '.join(quote(str(each.value)) for each in node.value)} }}"
    raise WrongType(kind(node))


def _check_quotes(mapping: Mapping, sweep: Node) -> None:
    """Values stand between quotes where `run.arguments` is a list of words."""
    values = dict(sweep.entries()).get("values")
    arguments = mapping.jdl.text_of("Arguments")
    for item in values.value if values is not None and isinstance(values.value, tuple) else ():
        if isinstance(item.value, str) and "'" in item.value and PLACEHOLDER in arguments:
            accepted = "values without ', or run.arguments as one line for the shell"
            mapping.note(error("bad_value", "sweep.values", "holds a quote", item.place, accepted=accepted))


def finish(mapping: Mapping, root: Node) -> None:
    """Say in JDL which kind of compound the keys made, if one."""
    top = dict(root.entries())
    if "sweep" in top and "nodes" in top:
        accepted = "one of the two"
        mapping.note(error("exclusive", "sweep", "cannot stand beside nodes", top["sweep"].at, accepted=accepted))
    elif "sweep" in top:
        _check_quotes(mapping, top["sweep"])
        kinds = [quote("Parametric"), *(line for line, _ in mapping.jdl.without("JobType"))]
        mapping.jdl.value("JobType", f"{{ {', '.join(kinds)} }}", Origin("sweep", top["sweep"].at))
    elif "nodes" in top and "Type" not in mapping.jdl:
        ordered = "order" in top or "weak_order" in top
        mapping.jdl.value("Type", quote("DAG" if ordered else "Collection"), Origin("nodes", top["nodes"].at))
