"""The parent of a compound: what it says for itself, and the answer that all readers of compounds build."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.classad import ClassAd
from gridwms.describe.compound import Compound, CompoundKind, Edge, Node, Template
from gridwms.describe.jdl.attributes import ATTRIBUTES, Standing
from gridwms.describe.jdl.draft import Draft
from gridwms.describe.jdl.environment import read_tags
from gridwms.describe.jdl.inheritance import is_of_no_use
from gridwms.describe.jdl.inputs import read_inputs
from gridwms.describe.jdl.renewal import read_myproxy
from gridwms.describe.jdl.shared_files import SharedFiles
from gridwms.describe.jdl.single import completed, read_expiry, read_vo
from gridwms.describe.jdl.values import read_values

_OF_NODES = ("Nodes", "Dependencies", "WeakDependencies")


def check_parent(parent: Draft) -> None:
    """Check what stands with the parent of a collection or a DAG; Requirements and Rank are checked in the nodes."""
    read_values(parent)
    for name in parent.ad:
        known = ATTRIBUTES.get(name.lower())
        if known and known.standing in (Standing.HONOURED, Standing.REFUSED) and is_of_no_use(name):
            parent.warning("no_effect", name, "has no effect here: nodes do not inherit it")
    read_inputs(parent)


def compound_of(
    parent: Draft,
    kind: CompoundKind,
    templates: Sequence[Template],
    nodes: Sequence[Node],
    shared: SharedFiles,
    edges: Sequence[Edge] = (),
    ad: ClassAd | None = None,
) -> Compound:
    """The compound, from a parent whose values have been read. `ad`: the parent's own, when it is another."""
    expires_at, tags, vo = read_expiry(parent), read_tags(parent), read_vo(parent)
    return Compound(
        kind=kind,
        ad=_own(parent) if ad is None else ad,
        vo=vo,
        templates=tuple(templates),
        nodes=nodes,
        edges=edges,
        shared=tuple(shared.files),
        max_running=parent.number("max_running_nodes") or 0,
        together=parent.flag("NodesCollocation"),
        expires_at=expires_at,
        myproxy=read_myproxy(parent),
        user_tags=tags,
    )


def _own(parent: Draft) -> ClassAd:
    """The parent's ad without its nodes, completed."""
    scratch = Draft(ad=parent.ad.without(_OF_NODES), defaults=parent.defaults, now=parent.now, part=parent.part)
    return completed(scratch)
