"""The constants of a JDL, each checked against its row of the table (gLite reference §1.1)."""

from __future__ import annotations

import math

from gridwms.classad import ERROR, UNDEFINED, ClassAd, Literal, Value, evaluate_attribute
from gridwms.describe.jdl.attributes import ATTRIBUTES, SUGGESTED, Attribute, Kind, Standing
from gridwms.describe.jdl.draft import Draft, Part, shown
from gridwms.describe.suggest import suggest

MAX_SUGGESTIONS = 200
"""So many unknown names are compared with the table; more than that is no slip of the keyboard."""


_WITHOUT_WHICH_IT_IS_ANOTHER_JOB = ("Nodes", "Parameters")
"""Ignoring one of these would run something else than what was asked for."""


class WrongType(Exception):
    """The value is not of the accepted kind."""


def read_values(draft: Draft) -> None:
    """Fill `draft.values`; report wrong types, ranges, and attributes that are refused, idle, private or misspelt."""
    unknown = 0
    for name in draft.ad:
        attribute = ATTRIBUTES.get(name.lower())
        if attribute is not None:
            read_value(draft, attribute)
        elif unknown < MAX_SUGGESTIONS:
            unknown += 1
            _misspelt(draft, name)


def _misspelt(draft: Draft, name: str) -> None:
    meant = suggest(name, SUGGESTED)
    if meant:
        draft.warning(
            "did_you_mean",
            name,
            f"this attribute is not known and has no effect of its own; did you mean {meant}?",
            found=name,
        )


def read_value(draft: Draft, attribute: Attribute) -> None:
    """Read one attribute that is there."""
    name = attribute.name
    if attribute.standing is Standing.PRIVATE:
        draft.error("private", name, "only the service itself sets this attribute; remove it", found=name)
        return
    if attribute.kind is Kind.EXPRESSION:
        return
    if attribute.kind is Kind.ANY:
        _stand(draft, attribute, "")
        return
    value = evaluate_attribute(draft.ad, name)
    try:
        checked = _check(value, attribute.kind)
    except WrongType:
        found = _found(draft, name, value)
        draft.error("wrong_type", name, f"found {found}", found=found, accepted=attribute.kind.value)
        return
    if isinstance(checked, int | float) and attribute.least is not None and not checked >= attribute.least:
        accepted = f"{attribute.kind.value}, {attribute.least} or more"
        draft.error("out_of_range", name, f"found {checked}", found=str(checked), accepted=accepted)
        return
    if isinstance(checked, int | float) and attribute.most is not None and not checked <= attribute.most:
        accepted = f"{attribute.kind.value}, {attribute.most} or less"
        draft.error("out_of_range", name, f"found {checked}", found=str(checked), accepted=accepted)
        return
    draft.values[name.lower()] = checked
    if not _empty(checked):
        _stand(draft, attribute, shown(draft.ad[name]))


def _stand(draft: Draft, attribute: Attribute, found: str) -> None:
    if draft.part is not Part.WHOLE and attribute.name == "ZippedISB":
        what = "cannot be honoured: the files of a compound are stored once, one by one; leave it out"
        draft.error("unsupported", attribute.name, what, found=found)
    elif draft.part is not Part.WHOLE and attribute.name == "AllowZippedISB":
        what = "has no effect: the files of a compound are sent one by one, each once"
        draft.warning("no_effect", attribute.name, what, found=found)
    elif attribute.standing is Standing.REFUSED:
        draft.error("unsupported", attribute.name, f"cannot be honoured: {attribute.note}", found=found)
    elif attribute.standing is Standing.IDLE or (
        attribute.standing is Standing.PARENT and draft.part is not Part.PARENT
    ):
        if attribute.name == "NodeName" and draft.part is Part.NODE:
            return
        if attribute.name in _WITHOUT_WHICH_IT_IS_ANOTHER_JOB:
            draft.error("exclusive", attribute.name, f"cannot be honoured: {attribute.note}", found=found)
            return
        draft.warning("no_effect", attribute.name, f"has no effect: {attribute.note}", found=found)


def _empty(value: object) -> bool:
    return value is False or value in ("", (), ("",))


def _found(draft: Draft, name: str, value: Value) -> str:
    expr = draft.ad[name]
    text = shown(expr)
    if isinstance(expr, Literal):
        return f"{_article(value)} {text}" if value is not UNDEFINED else text
    if value is UNDEFINED:
        return f"{text}, which has no value here"
    if value is ERROR:
        return f"{text}, which cannot be computed"
    return text


def _article(value: Value) -> str:
    names = {bool: "the truth value", int: "the number", float: "the number", str: "the string"}
    return names.get(type(value), "the value")


def _check(value: Value, kind: Kind) -> object:
    """The value as the draft keeps it (a single string becomes a list of one where a list is expected)."""
    if kind is Kind.TEXT and isinstance(value, str):
        return value
    if kind is Kind.TEXTS:
        return _texts(value)
    if kind is Kind.BOOLEAN and isinstance(value, bool):
        return value
    if kind is Kind.INTEGER and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    if kind is Kind.AD and isinstance(value, ClassAd):
        return value
    if kind is Kind.ADS and isinstance(value, ClassAd):
        return (value,)
    if kind is Kind.ADS and isinstance(value, tuple) and all(isinstance(item, ClassAd) for item in value):
        return value
    raise WrongType


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        items = tuple(item for item in value if isinstance(item, str))
        if len(items) == len(value):
            return items
    raise WrongType
