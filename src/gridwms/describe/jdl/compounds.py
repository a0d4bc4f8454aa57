"""Collections, parametric jobs and DAGs: a text to a compound (gLite reference §1.4 to §1.6)."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.describe.compound import Compound, CompoundKind
from gridwms.describe.jdl.collection import read_nodes
from gridwms.describe.jdl.draft import Draft, Part
from gridwms.describe.jdl.node_text import NodeText
from gridwms.describe.jdl.parameters import LiftedValues
from gridwms.describe.jdl.parametric import read_parametric


def read_compound(
    draft: Draft, kind: CompoundKind, text: str, nodes: Sequence[NodeText] | None, values: LiftedValues | None
) -> Compound | None:
    """Check a compound whole; None when something is wrong. `nodes`, `values`: what was lifted out of `text`."""
    draft.part = Part.PARENT
    if kind is CompoundKind.PARAMETRIC:
        return read_parametric(draft, text if values is None else values.text, values)
    return read_nodes(draft, kind, text, nodes)
