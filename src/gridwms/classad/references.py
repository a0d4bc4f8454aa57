"""What an expression reads, found without running it."""

from __future__ import annotations

from collections.abc import Iterator

from gridwms.classad.ad import ClassAd
from gridwms.classad.text import fold
from gridwms.classad.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Reference,
    Unary,
)

OTHER = frozenset(("other", "target"))
OWN = frozenset(("my", "ad", "self"))
AROUND = frozenset(("parent", "toplevel", "root", "left", "right", "lctx", "rctx"))
MATCH = frozenset(("symmetricmatch", "leftmatchesright", "rightmatchesleft", "leftrankvalue", "rightrankvalue"))
# Functions that can read any attribute: their argument is text or a name.
READS_ANYTHING = frozenset(("eval", "unparse", "unresolved", "listattrregex"))
# Stands for "any attribute".
ANYTHING = "*"


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node."""
    match node:
        case Reference():
            return () if node.base is None else (node.base,)
        case Group():
            return (node.inner,)
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Conditional():
            return (node.test, node.yes, node.no)
        case Index():
            return (node.base, node.index)
        case Call():
            return node.arguments
        case ListExpression():
            return node.items
        case ClassAd():
            return tuple(node.values())
    return ()


def walk(node: Expr) -> Iterator[Expr]:
    """The node and everything inside it, in no particular order; no recursion, so any depth will do."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def scope_of(node: Reference) -> str:
    """`my` for `my.x`, `other` for `other.x`, the empty string for `x` and for every other base."""
    base = node.base
    if isinstance(base, Reference) and base.base is None and not base.absolute:
        return fold(base.name)
    return ""


def references(expr: Expr) -> tuple[frozenset[str], frozenset[str]]:
    """The names, in lower case, that are read of the own ad and of the other ad.

    "*" stands for any name: the expression reads a whole ad, or computes what it reads. The expressions of
    the attributes themselves are not followed.
    """
    own: set[str] = set()
    other: set[str] = set()
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Reference):
            name, scope = fold(node.name), scope_of(node)
            if scope in OTHER:
                other.add(name)
                if name in OTHER | OWN | AROUND | MATCH:  # `other.other.x` is an own attribute
                    own.add(ANYTHING)
                    other.add(ANYTHING)
                continue
            if scope in OWN:
                own.add(name)
                continue
            if node.base is None:
                _bare(name, node.absolute, own, other)
        elif isinstance(node, Call) and fold(node.name) in READS_ANYTHING:
            own.add(ANYTHING)
            other.add(ANYTHING)
        waiting.extend(children(node))
    return frozenset(own), frozenset(other)


def _bare(name: str, absolute: bool, own: set[str], other: set[str]) -> None:
    if name in OTHER:
        other.add(ANYTHING)
    elif name in OWN:
        own.add(ANYTHING)
    elif absolute or name in AROUND or name in MATCH:
        own.add(ANYTHING)
        other.add(ANYTHING)
    else:
        own.add(name)


def conjuncts(expr: Expr) -> list[Expr]:
    """The terms of the top-level `&&`, through parentheses, in the order they are evaluated."""
    terms: list[Expr] = []
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        inner = node
        while isinstance(inner, Group):
            inner = inner.inner
        if isinstance(inner, Binary) and inner.operator == "&&":
            waiting.extend((inner.right, inner.left))
        else:
            terms.append(node)
    return terms
