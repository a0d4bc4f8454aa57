"""Descriptions to begin with, as gLite's WMProxy gives them out: what is in brackets is to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gridwms.classad import ClassAd, ClassAdSyntaxError, Expr, parse_ad, parse_expression, unparse
from gridwms.classad.ad import Python

MOST_NODES = 10_000
_NAME = re.compile(r"[A-Za-z_]\w{0,254}", re.ASCII)
_EXECUTABLE = "<executable>"
_KINDS = {"NORMAL": "normal", "PARAMETRIC": "parametric", "INTERACTIVE": "interactive", "MPI": "mpich"}


class BadTemplate(Exception):
    """What was asked for cannot be made; a sentence."""


class Wishes(NamedTuple):
    """Requirements and Rank as texts; empty: none."""

    requirements: str
    rank: str


class Graph(NamedTuple):
    """A node and those that come after it; a node that comes several times is one."""

    name: str
    children: tuple[Graph, ...]


def job(kinds: Sequence[str], executable: str, arguments: str, wishes: Wishes) -> str:
    """Of a job; `kinds`: names of WMProxy's JobType, none for a normal one. Raises BadTemplate."""
    for kind in kinds:
        if kind not in _KINDS:
            raise BadTemplate(f"Jobs of the kind {kind} are not supported; supported are {', '.join(_KINDS)}.")
    types = [_KINDS[kind] for kind in dict.fromkeys(kinds)] or ["normal"]
    if len(types) > 1 and set(types) != {"parametric", "normal"} and "parametric" not in types:
        raise BadTemplate(f"A job cannot be {' and '.join(types)} at once.")
    said: dict[str, Python] = {"Type": "Job", "JobType": types[0] if len(types) == 1 else [*types]}
    said["Executable"] = executable or _EXECUTABLE
    if arguments:
        said["Arguments"] = arguments
    if "parametric" in types:
        said |= {"Parameters": 1, "ParameterStart": 0, "ParameterStep": 1}
    if "mpich" in types:
        said["CpuNumber"] = 1
    return _written(said, wishes)


def dag(graph: Graph, wishes: Wishes) -> str:
    """Of a DAG with the nodes of a graph; its root is a node too when it has a name. Raises BadTemplate."""
    names: dict[str, None] = {}
    edges: dict[tuple[str, str], None] = {}
    left = [graph]
    while left:
        one = left.pop()
        if one.name:
            names[_identifier(one.name)] = None
        edges |= {(one.name, child.name): None for child in one.children if one.name}
        if any(not child.name for child in one.children):
            raise BadTemplate("A node of the graph has no name.")
        left += reversed(one.children)
        if len(names) > MOST_NODES:
            raise BadTemplate(f"More than {MOST_NODES} nodes are asked for.")
    if not names:
        raise BadTemplate("The graph has no node with a name.")
    nodes = "".join(f'{name} = [ Description = [ Executable = "{_EXECUTABLE}"; ]; ]; ' for name in names)
    ordered = ", ".join(f"{{ {before}, {after} }}" for before, after in edges)
    return _written({"Type": "dag"}, wishes, f"Nodes = [ {nodes}]; Dependencies = {{ {ordered} }};")


def collection(count: int, wishes: Wishes) -> str:
    """Of a collection of so many jobs. Raises BadTemplate."""
    if not 0 < count <= MOST_NODES:
        raise BadTemplate(f"A collection of {count} jobs is asked for; 1 to {MOST_NODES} can be given.")
    nodes = ", ".join(f'[ Executable = "{_EXECUTABLE}"; ]' for _ in range(count))
    return _written({"Type": "Collection"}, wishes, f"Nodes = {{ {nodes} }};")


def parametric(attributes: Iterable[str], values: int | Sequence[str], start: int, step: int, wishes: Wishes) -> str:
    """Of a parametric job, in which these attributes are to differ. Raises BadTemplate."""
    if step < 1 or start < 0 or (isinstance(values, int) and values <= start) or not values:
        raise BadTemplate("The parameters make no job: the number must be above the start, and the step at least 1.")
    said: dict[str, Python] = {"Type": "Job", "JobType": "parametric", "Executable": _EXECUTABLE}
    said |= {_identifier(name): "_PARAM_" for name in attributes}
    said["Parameters"] = values if isinstance(values, int) else list(values)
    if isinstance(values, int):
        said |= {"ParameterStart": start, "ParameterStep": step}
    return _written(said, wishes)


def _written(said: dict[str, Python], wishes: Wishes, more: str = "") -> str:
    try:
        ad = parse_ad(f"[ {more} ]") if more else ClassAd()
    except ClassAdSyntaxError as error:
        raise BadTemplate(f"The names of the nodes cannot be used: {error}.") from error
    all_of_it: dict[str, Python] = {**said, **dict(ad.items())}
    for name, text in (("Requirements", wishes.requirements), ("Rank", wishes.rank)):
        if text.strip():
            all_of_it[name] = _expression(name, text)
    return unparse(ClassAd().with_(all_of_it), multiline=True)


def _expression(name: str, text: str) -> Expr:
    try:
        return parse_expression(text)
    except (ClassAdSyntaxError, RecursionError) as error:
        raise BadTemplate(f"{name} is no expression: {error}.") from error


def _identifier(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadTemplate(f"'{name[:100]}' cannot be a name: letters, digits and _ are allowed.")
    return name
