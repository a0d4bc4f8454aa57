"""Ads as JSON, as HTCondor 25.14 writes them: what JSON has no form for is "\\/Expr(...)\\/"."""

from __future__ import annotations

import json
import math
import re
from typing import TypeAlias

from gridwms.classad.ad import ClassAd
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.parser import parse_eval
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.tree import Expr, ListExpression, Literal
from gridwms.classad.unparse import unparse
from gridwms.classad.values import INTEGER_MAX, INTEGER_MIN, UNDEFINED

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
# Expressions are told from texts by the needless backslash alone; while JSON is made or read it is a control
# character.
_OPEN, _CLOSE = "\x01Expr(", ")\x01"
_WRITTEN_OPEN, _WRITTEN_CLOSE = r"\u0001Expr(", r")\u0001"
_EXPRESSION = re.compile(r'(?<!\\)"\\/Expr\(((?:[^"\\]|\\.)*)\)\\/"')


def ad_to_json(ad: ClassAd, *, indent: int | None = 2) -> str:
    """The JSON text of an ad."""
    text = json.dumps(with_fresh_stack(lambda: _plain(ad)), indent=indent, ensure_ascii=False)
    return text.replace(f'"{_WRITTEN_OPEN}', '"\\/Expr(').replace(f'{_WRITTEN_CLOSE}"', ')\\/"')


def _plain(node: Expr) -> Json:
    if isinstance(node, ClassAd):
        return {name: _plain(expr) for name, expr in node.items()}
    if isinstance(node, ListExpression):
        return [_plain(item) for item in node.items]
    if isinstance(node, Literal):
        value = node.value
        if value is UNDEFINED:
            return None
        if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if isinstance(value, str) and not _is_expression(value):
            return value
    return f"{_OPEN}{unparse(node)}{_CLOSE}"


def _is_expression(text: str) -> bool:
    return text.startswith(_OPEN) or text.endswith(_CLOSE)


def ad_from_json(text: str) -> ClassAd:
    """The ad of a JSON object."""
    try:
        marked = _EXPRESSION.sub(lambda m: f'"{_WRITTEN_OPEN}{m[1]}{_WRITTEN_CLOSE}"', text)
        value = with_fresh_stack(lambda: json.loads(marked))
    except json.JSONDecodeError as problem:
        raise ClassAdSyntaxError(
            problem.lineno, problem.colno, "this", "JSON", f"this is no JSON: {problem.msg}"
        ) from None
    except (RecursionError, ValueError):
        raise ClassAdSyntaxError(1, 1, "this", "JSON", "this JSON is nested too deeply, or a number too long") from None
    if not isinstance(value, dict):
        raise ClassAdSyntaxError(1, 1, "something else", "an object", "an ad is an object in JSON: { ... }")
    return with_fresh_stack(lambda: _ad(value))


def _ad(value: dict[str, Json]) -> ClassAd:
    return ClassAd((name, _tree(inner)) for name, inner in value.items())


def _tree(value: Json) -> Expr:
    if value is None:
        return Literal(UNDEFINED)
    if isinstance(value, dict):
        return _ad(value)
    if isinstance(value, list):
        return ListExpression(tuple(_tree(item) for item in value))
    if isinstance(value, str) and value.startswith(_OPEN) and value.endswith(_CLOSE):
        return parse_eval(value[len(_OPEN) : -len(_CLOSE)])
    if isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
        return Literal(float(value))
    return Literal(value)
