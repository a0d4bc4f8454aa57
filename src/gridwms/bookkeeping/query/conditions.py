"""Conditions: lists of lists, the outer joined by AND, the inner by OR, and the rules that they obey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.bookkeeping.query.attributes import ATTRIBUTES, Attribute, Operator, Subject, Type
from gridwms.bookkeeping.query.errors import Failure, QueryError

Value = str | int


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `argument` names the tag, the state (lower case) or the JDL attribute; `upper` ends a range."""

    attribute: str
    operator: Operator
    value: Value | None = None
    upper: Value | None = None
    argument: str = ""


Query = Sequence[Sequence[Condition]]

LARGEST = 500
"""How many comparisons a query may have."""


def check(query: Query, subject: Subject = Subject.JOBS) -> None:
    """Raise QueryError unless the query obeys the rules.

    L&B's rule that one condition must have an index is not among them: an answer comes in pages that take their time.
    """
    conditions = [one for either in query for one in either]
    if not conditions:
        raise QueryError(Failure.INVALID, "empty conditions")
    if len(conditions) > LARGEST:
        raise QueryError(Failure.INVALID, f"more than {LARGEST} conditions")
    for either in query:
        for one in either:
            if (one.attribute, one.argument.lower()) != (either[0].attribute, either[0].argument.lower()):
                raise QueryError(Failure.INVALID, "only same attribute types supported in 'or' expressions")
            _check_one(one, subject)


def _check_one(one: Condition, subject: Subject) -> None:
    attribute = ATTRIBUTES.get(one.attribute)
    if attribute is None:
        raise QueryError(Failure.UNSUPPORTED, f"there is no attribute '{one.attribute[:60]}'")
    if not (attribute.of_events if subject is Subject.EVENTS else attribute.of_jobs):
        raise QueryError(Failure.UNSUPPORTED, f"{attribute.name} cannot be asked of {subject.value}")
    if one.operator is Operator.CHANGED:
        if subject is not Subject.NOTIFICATIONS:
            raise QueryError(Failure.INVALID, "'changed' is supported in notifications only")
        return
    allowed = attribute.operators
    if subject is Subject.EVENTS and attribute.name == "usertag":
        allowed = frozenset({Operator.EQUAL, Operator.UNEQUAL})
    if one.operator not in allowed:
        signs = "`=', '>' and '!='" if Operator.GREATER in allowed else "`=' and '!='"
        raise QueryError(Failure.INVALID, f"only {signs} supported with {attribute.what}")
    _check_argument(one, attribute, subject)
    _check_values(one, attribute)


def _check_argument(one: Condition, attribute: Attribute, subject: Subject) -> None:
    if attribute.name == "time":
        if subject is Subject.EVENTS:
            return
        if one.argument.lower() not in STATE_TIMES:
            raise QueryError(Failure.INVALID, "Time attribut have to be associated with status specification")
    elif attribute.argument and not one.argument:
        raise QueryError(Failure.INVALID, f"{attribute.name} needs a name in brackets")


STATE_TIMES = (
    "submitted",
    "waiting",
    "ready",
    "scheduled",
    "running",
    "done",
    "cleared",
    "aborted",
    "cancelled",
    "unknown",
    "purged",
)
"""The states whose time of entering can be asked for, in the order of their numbers (1 and up)."""


def _check_values(one: Condition, attribute: Attribute) -> None:
    wanted = str if attribute.type is Type.TEXT else int
    values = (one.value, one.upper) if one.operator is Operator.WITHIN else (one.value,)
    if not all(isinstance(value, wanted) and not isinstance(value, bool) for value in values):
        raise QueryError(Failure.INVALID, f"{attribute.name} is compared with {attribute.type.value}")
    if any(isinstance(value, int) and abs(value) > 2**50 // 1000 for value in values):
        raise QueryError(Failure.INVALID, f"the value of {attribute.name} is out of range")
