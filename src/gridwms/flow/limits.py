"""The time limit that an attempt asks its site for.

What the requirements demand of the limit of a queue is handed on, as gLite does with CeForwardParameters (gLite
reference §3.4): the batch system can plan with it, and ends what runs on and on.
"""

from __future__ import annotations

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
_NAMES = frozenset({_LIMIT.lower(), "gluecepolicymaxobtainablewallclocktime"})
_AT_LEAST, _AT_MOST = frozenset({">=", ">", "=="}), frozenset({"<=", "<", "=="})
_NO_LIMIT_MINUTES = 999999
"""From this on a queue has no limit: what has none publishes numbers made of nines."""


def wall_seconds(description: Description, resource: ClassAd | None, margin: float) -> int | None:
    """What is asked for at this resource, `margin` seconds for the wrapper included; None: the job does not say.

    No more than the resource allows: its batch system would refuse that.
    """
    needed = _needed_minutes(description)
    if needed is None:
        return None
    wanted = round(60 * needed + margin)
    allowed = evaluate_attribute(resource, _LIMIT) if resource is not None else None
    if not isinstance(allowed, int | float) or not needed <= allowed < _NO_LIMIT_MINUTES:
        return wanted
    return min(wanted, round(60 * allowed))


def _needed_minutes(description: Description) -> float | None:
    """The most that a term of the requirements demands which must be true."""
    clauses = [clause for clause in conjuncts(description.requirements) if references(clause)[1] & _NAMES]
    found = [_minutes_of(flatten(clause, description.ad)[0]) for clause in clauses]
    return max((one for one in found if one is not None and 0 < one < _NO_LIMIT_MINUTES), default=None)


def _minutes_of(clause: Expr) -> float | None:
    """N of `other.GlueCEPolicyMaxWallClockTime >= N`, or of the same the other way round."""
    while isinstance(clause, Group):
        clause = clause.inner
    if not isinstance(clause, Binary):
        return None
    name, number = clause.left, clause.right
    if clause.operator in _AT_MOST and isinstance(name, Literal):
        name, number = number, name
    elif clause.operator not in _AT_LEAST:
        return None
    if not isinstance(name, Reference) or name.name.lower() not in _NAMES or not isinstance(number, Literal):
        return None
    value = number.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
