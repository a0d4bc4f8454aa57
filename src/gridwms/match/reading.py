"""Which attributes an expression can read, found without evaluating it. Errs on the side of too many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gridwms.classad import Call, ClassAd, Expr, Index, ListExpression, Literal, Reference
from gridwms.classad.references import children
from gridwms.classad.text import fold

_SIDES = frozenset({"my", "self", "ad", "other", "target", "parent", "toplevel", "root", "left", "right"})

_OPAQUE = frozenset(
    {
        "eval",
        "random",
        "time",
        "currenttime",
        "daytime",
        "timezoneoffset",
        "formattime",
        "abstime",
        "usermap",
        "userhome",
        "unparse",
        "unresolved",
        "listattrregex",
        "retrieveclosesesinfo",
        "successfraction",
        "measuredresponsetime",
        "evalineachcontext",
        "countmatches",
    }
)
"""Functions whose value depends on more than the values of the attributes named in their arguments."""


@lru_cache(maxsize=4096)
def names_read(expr: Expr) -> frozenset[str] | None:
    """Every name (lower case) that the expression mentions, whichever ad it is read of; None when that cannot be told.

    A nested reference (`other.storage.size`) mentions each of its names: a missing attribute of a nested ad is
    looked up in the ads around it.
    """
    names: set[str] = set()
    bases: set[int] = set()
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        waiting.extend(children(node))
        if isinstance(node, Call) and fold(node.name) in _OPAQUE:
            return None
        if isinstance(node, Index):
            return None
        if isinstance(node, Reference):
            if node.base is not None:
                bases.add(id(node.base))
            name = fold(node.name)
            if name not in _SIDES:
                names.add(name)
            elif id(node) not in bases:
                return None  # a whole ad is handed on
    return frozenset(names)


def names_read_through(ad: ClassAd, exprs: Iterable[Expr]) -> frozenset[str] | None:
    """As `names_read`, following names into the attributes of `ad`; None when that cannot be told."""
    found: set[str] = set()
    waiting = list(exprs)
    while waiting:
        names = names_read(waiting.pop())
        if names is None:
            return None
        for name in names - found:
            found.add(name)
            if name in ad:
                waiting.append(ad[name])
    return frozenset(found)


def is_constant(expr: Expr) -> bool:
    """Whether the expression is written as a plain value: literal, list or ad of such."""
    if isinstance(expr, Literal):
        return True
    if isinstance(expr, ListExpression | ClassAd):
        return all(is_constant(part) for part in children(expr))
    return False
