"""Many jobs in one description: a collection, a parametric job, a DAG. What every dialect of them is read into.

Nothing here is as large as its jobs: nodes that differ in one value only share a template, and a node's own
`Description` is made when somebody needs it (`node_text`, then the reader of stored JDL).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gridwms.classad import ClassAd
from gridwms.describe.description import SandboxFile

PLACEHOLDER = "_PARAM_"
"""What the value of a node takes the place of, in every text of its template (gLite reference §1.4)."""


class CompoundKind(StrEnum):
    """The value is what JDL calls it."""

    COLLECTION = "collection"
    PARAMETRIC = "parametric"
    DAG = "dag"


class Edge(NamedTuple):
    """`child` waits for `parent` (numbers of nodes). `weak`: it also runs when the parent failed."""

    parent: int
    child: int
    weak: bool = False


class Node(NamedTuple):
    """One job of a compound. `template`: which one; `value`: what takes the place of the placeholder in it.

    `name` is unique in its compound. A template without placeholder serves any number of nodes, whose value is "".
    """

    name: str
    template: int
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The complete JDL of one or many nodes, inheritance and defaults applied, in the form that `read_stored` reads.

    `varies`: it contains the placeholder. `matching_varies`: Requirements, Rank or what they read do.
    """

    jdl: str
    varies: bool = False
    matching_varies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A compound job, checked whole. `ad`: the parent's own, defaults filled in, without its nodes.

    `shared`: the parent's input sandbox, stored once; nodes refer to its files by number (`SandboxFile.shared`).
    `edges`: without a cycle, none twice; empty for collections and parametric jobs. `max_running`: how many nodes
    may be at sites at once, 0 for any number. `together`: all nodes go to one computing element.
    `expires_at`: seconds since the epoch or None.
    """

    kind: CompoundKind
    ad: ClassAd
    vo: str
    templates: tuple[Template, ...]
    nodes: Sequence[Node]
    edges: Sequence[Edge] = ()
    shared: tuple[SandboxFile, ...] = ()
    max_running: int = 0
    together: bool = False
    expires_at: float | None = None
    myproxy: str = ""
    user_tags: tuple[tuple[str, str], ...] = ()


def node_text(template: str, value: str) -> str:
    """The stored JDL of one node."""
    return template.replace(PLACEHOLDER, value)
