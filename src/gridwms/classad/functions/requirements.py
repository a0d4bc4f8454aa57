"""Which names an attribute needs, followed through the attributes of its ad: unresolved(), listAttrRegEx()."""

from __future__ import annotations

from gridwms.classad.lookup import find, outermost
from gridwms.classad.references import OTHER, children, scope_of
from gridwms.classad.scope import EvaluationFailed, Scope
from gridwms.classad.text import fold
from gridwms.classad.tree import Expr, Reference
from gridwms.classad.unparse import canonical
from gridwms.classad.values import UNDEFINED


class Needs:
    """Walks through an expression and what it refers to; `missing` are the names that nothing defines."""

    def __init__(self) -> None:
        self.missing: dict[str, str] = {}
        self.present: dict[str, str] = {}
        self.seen: set[int] = set()

    def read(self, node: Expr, scope: Scope) -> None:
        scope.evaluation.charge(1)
        if isinstance(node, Reference):
            self.reference(node, scope)
            return
        # HTCondor does not enter nested ads: their names are looked up around them.
        for child in children(node):
            self.read(child, scope)

    def reference(self, node: Reference, scope: Scope) -> None:
        place = self.place(node, scope)
        if place is None:
            return
        found = find(place, fold(node.name))
        if found is None:
            self.add(node.name)
        else:
            self.present.setdefault(fold(node.name), node.name)
            if isinstance(found, tuple) and id(found[0]) not in self.seen:
                self.seen.add(id(found[0]))
                self.read(*found)

    def place(self, node: Reference, scope: Scope) -> Scope | None:
        """Where a name is looked up; None if that is settled already."""
        if node.absolute:
            return outermost(scope)
        if node.base is not None:
            code = scope.evaluation.compile(node.base, 0)
            try:
                base = code.run(scope)
            except EvaluationFailed:
                return None
            if base is UNDEFINED:
                text = canonical(node)
                if scope_of(node) in OTHER:
                    self.present.setdefault(fold(node.name), node.name)
                self.add(text[7:] if fold(text).startswith("target.") else text)
                return None
            return base if isinstance(base, Scope) else None
        return scope

    def add(self, name: str) -> None:
        self.missing.setdefault(fold(name), name)


def unresolved_names(expr: Expr, scope: Scope) -> list[str]:
    """The names that `expr` needs, itself or through other attributes, and that nothing defines.

    `target.` before a name is left out, as in HTCondor 25.14; of two spellings the first counts.
    """
    needs = Needs()
    needs.read(expr, scope)
    return [needs.missing[name] for name in sorted(needs.missing)]


def needed_names(expr: Expr, scope: Scope) -> list[str]:
    """All names that `expr` reads, itself or through other attributes of the ad, of either side."""
    needs = Needs()
    needs.read(expr, scope)
    names = {**needs.present, **{fold(name): name.rpartition(".")[2] for name in needs.missing.values()}}
    return sorted({fold(name): name for name in names.values()}.values(), key=fold)


def referred(node: Reference, scope: Scope) -> tuple[Expr, Scope] | None:
    """The expression that a reference names, and where it stands."""
    place = Needs().place(node, scope)
    found = None if place is None else find(place, fold(node.name))
    if found is None and scope.evaluation.compat and node.base is None and scope.other is not None:
        found = find(scope.other, fold(node.name))
    return found if isinstance(found, tuple) else None
