"""The wall time and the memory that an attempt asks its site for.

What the requirements demand of the limit of a queue, and of the memory of its hosts, is handed on, as gLite does with
CeForwardParameters (gLite reference §3.4): the batch system can plan with it, and ends what takes more.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, isfinite

from gridwms.classad import (
    Binary,
    ClassAd,
    Expr,
    Group,
    Literal,
    Reference,
    conjuncts,
    evaluate_attribute,
    flatten,
    references,
)
from gridwms.describe.description import Description

_LIMIT = "GlueCEPolicyMaxWallClockTime"
_WALL = frozenset({_LIMIT.lower(), "gluecepolicymaxobtainablewallclocktime"})
_MEMORY = frozenset({"gluehostmainmemoryramsize"})
_AT_LEAST, _AT_MOST = frozenset({">=", ">", "=="}), frozenset({"<=", "<", "=="})
_NO_LIMIT_MINUTES = 999999
"""From this on a queue has no limit: what has none publishes numbers made of nines."""


def wall_seconds(description: Description, resource: ClassAd | None, margin: float) -> int | None:
    """What is asked for at this resource, `margin` seconds for the wrapper included; None: the job does not say.

    No more than the resource allows: its batch system would refuse that.
    """
    demands = _demands(description.requirements, description.ad, _WALL)
    needed = max((one for one in demands if 0 < one < _NO_LIMIT_MINUTES), default=None)
    if needed is None:
        return None
    wanted = round(60 * needed + margin)
    allowed = evaluate_attribute(resource, _LIMIT) if resource is not None else None
    if not isinstance(allowed, int | float) or not needed <= allowed < _NO_LIMIT_MINUTES:
        return wanted
    return min(wanted, round(60 * allowed))


def memory_mb(requirements: Expr, ad: ClassAd) -> int:
    """Megabytes on each host that a job with this ad demands; 0: it does not say."""
    return ceil(max((one for one in _demands(requirements, ad, _MEMORY) if one > 0), default=0))


def _demands(requirements: Expr, ad: ClassAd, names: frozenset[str]) -> Iterable[float]:
    """The numbers that the attributes with these names must reach, each by a term which must be true."""
    for clause in conjuncts(requirements):
        if references(clause)[1] & names:
            number = _least(flatten(clause, ad)[0], names)
            if number is not None and isfinite(number):
                yield number


def _least(clause: Expr, names: frozenset[str]) -> float | None:
    """N of `other.Name >= N`, or of the same the other way round."""
    while isinstance(clause, Group):
        clause = clause.inner
    if not isinstance(clause, Binary):
        return None
    name, number = clause.left, clause.right
    if clause.operator in _AT_MOST and isinstance(name, Literal):
        name, number = number, name
    elif clause.operator not in _AT_LEAST:
        return None
    if not isinstance(name, Reference) or name.name.lower() not in names or not isinstance(number, Literal):
        return None
    value = number.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
