"""The canonical value, for other programs to compare with: plain JSON arrays."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

from gridwms.classad.ad import ClassAd
from gridwms.classad.evaluate import Mode, evaluate_attribute
from gridwms.classad.evaluate import evaluate as evaluate_tree
from gridwms.classad.parser import parse_ad, parse_expression
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.text import fold
from gridwms.classad.tree import ListExpression, Literal
from gridwms.classad.values import AbsoluteTime, Error, RelativeTime, Undefined, Value

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


@lru_cache(maxsize=32)
def _kept(text: str, *, compat: bool) -> ClassAd:
    return parse_ad(text, compat=compat)


def _ad(text: str, *, compat: bool) -> ClassAd:
    """Test sets use few ads and many expressions: the last ads are kept, unless they are very large."""
    return _kept(text, compat=compat) if len(text) < 100_000 else parse_ad(text, compat=compat)


def evaluate(expr: str, my: str | None, target: str | None, mode: Mode = "strict") -> list[Json]:
    """The value of an expression as if it stood in `my`, matched against `target` (None: no match)."""
    compat = mode == "compat"
    try:
        tree = parse_expression(expr, compat=compat)
        my_ad = None if my is None else _ad(my, compat=compat)
        target_ad = None if target is None else _ad(target, compat=compat)
    except ClassAdSyntaxError:
        return ["parse_error"]
    return canonical_value(evaluate_tree(tree, my_ad, target_ad, mode=mode))


def match(job: str, ce: str) -> dict[str, Json]:
    """Both Requirements and both Ranks of a job and a resource, and whether they match.

    They match when both Requirements are TRUE (a number counts as its truth).
    """
    try:
        job_ad, ce_ad = parse_ad(job), parse_ad(ce)
    except ClassAdSyntaxError:
        keys = ("match", "job_requirements", "ce_requirements", "job_rank", "ce_rank")
        return {key: ["parse_error"] for key in keys}
    job_requirements = evaluate_attribute(job_ad, "requirements", ce_ad)
    ce_requirements = evaluate_attribute(ce_ad, "requirements", job_ad)
    return {
        "match": _holds(job_requirements) and _holds(ce_requirements),
        "job_requirements": canonical_value(job_requirements),
        "ce_requirements": canonical_value(ce_requirements),
        "job_rank": canonical_value(evaluate_attribute(job_ad, "rank", ce_ad)),
        "ce_rank": canonical_value(evaluate_attribute(ce_ad, "rank", job_ad)),
    }


def _holds(value: Value) -> bool:
    return isinstance(value, bool | int | float) and bool(value)


def _real(value: float) -> float | str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def canonical_value(value: Value) -> list[Json]:
    match value:
        case Undefined():
            return ["undefined"]
        case Error():
            return ["error"]
        case bool():
            return ["bool", value]
        case int():
            return ["int", value]
        case float():
            return ["real", _real(value)]
        case str():
            return ["string", value]
        case AbsoluteTime():
            return ["abstime", value.seconds, value.offset]
        case RelativeTime():
            return ["reltime", _real(float(value.seconds))]
        case tuple():
            return ["list", [canonical_value(item) for item in value]]
        case ClassAd():
            return ["classad", {fold(name): canonical_value(constant_value(value, name)) for name in value}]


def constant_value(ad: ClassAd, name: str) -> Value:
    """The value of an attribute of an ad that holds only constants."""
    return _constant(ad[name])


def _constant(expr: object) -> Value:
    if isinstance(expr, Literal):
        return expr.value
    if isinstance(expr, ListExpression):
        return tuple(_constant(item) for item in expr.items)
    if isinstance(expr, ClassAd):
        return expr
    raise TypeError(f"{type(expr).__name__} is no constant")
