"""Evaluation as the rest of the program sees it: values go in and out, scopes stay inside."""

from __future__ import annotations

from typing import Literal as Choice
from typing import TypeAlias

from gridwms.classad.ad import ClassAd, to_expression
from gridwms.classad.context import DEFAULT_CONTEXT, EvaluationContext
from gridwms.classad.fresh_stack import in_fresh_stack, with_fresh_stack
from gridwms.classad.functions import compile_expression
from gridwms.classad.lookup import NOWHERE, evaluate_in, item_value, look_up, match_scopes
from gridwms.classad.scope import Evaluation, EvaluationFailed, Inner, LazyList, Scope
from gridwms.classad.text import fold
from gridwms.classad.tree import Expr
from gridwms.classad.values import ERROR, UNDEFINED, Value

_EMPTY = ClassAd()
Mode: TypeAlias = Choice["strict", "compat"]


def evaluate(
    expr: Expr,
    my: ClassAd | None = None,
    target: ClassAd | None = None,
    *,
    mode: Mode = "strict",
    context: EvaluationContext | None = None,
) -> Value:
    """The value of an expression as if it stood in `my`, matched against `target`.

    Lists come back as tuples, ads with every attribute evaluated. An evaluation that fails is ERROR.
    """
    if my is None:
        my = NOWHERE if target is None else _EMPTY
    evaluation = Evaluation(context or DEFAULT_CONTEXT, compile_expression, compat=mode == "compat")
    scope = Scope(my, evaluation)
    if target is not None:
        match_scopes(target, scope)
    try:
        code = expr.code or compile_expression(expr)
        evaluation.steps -= code.size
        value = code.run(scope)
        if type(value) is not Scope and type(value) is not LazyList:
            return value  # type: ignore[return-value]
        return outside(value, scope, frozenset())
    except EvaluationFailed:
        return ERROR
    except RecursionError:
        pass
    evaluation.restart()

    def again() -> Value:
        code = expr.code or compile_expression(expr)
        return outside(code.run(scope), scope, frozenset())

    try:
        return in_fresh_stack(again)
    except (EvaluationFailed, RecursionError):
        return ERROR


def evaluate_attribute(
    ad: ClassAd,
    name: str,
    target: ClassAd | None = None,
    *,
    mode: Mode = "strict",
    context: EvaluationContext | None = None,
) -> Value:
    """The value of an attribute of an ad; UNDEFINED if the ad lacks it."""
    expr = ad.get(name)
    if expr is None:
        return UNDEFINED
    evaluation = Evaluation(context or DEFAULT_CONTEXT, compile_expression, compat=mode == "compat")

    def work() -> Value:
        scope = Scope(ad, evaluation)
        if target is not None:
            match_scopes(target, scope)
        return outside(evaluate_in(expr, scope, 0), scope, frozenset())

    try:
        return with_fresh_stack(work)
    except (EvaluationFailed, RecursionError):
        return ERROR


def inner_attribute(ad: ClassAd, name: str, context: EvaluationContext | None = None) -> Inner:
    """The value of a folded name of an ad by itself, as it is seen inside an evaluation."""
    evaluation = Evaluation(context or DEFAULT_CONTEXT, compile_expression, compat=False)

    def work() -> Inner:
        scope = Scope(ad, evaluation)
        match_scopes(ClassAd(), scope)
        return look_up(scope, name, 0)

    try:
        return with_fresh_stack(work)
    except (EvaluationFailed, RecursionError):
        return ERROR


def outside(value: Inner, scope: Scope, open_ads: frozenset[int]) -> Value:
    """A value that needs no scope any more. An ad that holds itself is UNDEFINED to itself."""
    if isinstance(value, LazyList):
        evaluation = scope.evaluation
        if len(value.items) > evaluation.context.limits.items:
            return ERROR
        return tuple(_item(value, position, scope, open_ads) for position in range(len(value.items)))
    if isinstance(value, Scope):
        if id(value.ad) in open_ads:
            return UNDEFINED
        inner = open_ads | {id(value.ad)}
        pairs = []
        for name in value.ad:
            try:
                evaluated = outside(look_up(value, fold(name), len(inner)), value, inner)
            except EvaluationFailed:
                evaluated = ERROR
            pairs.append((name, to_expression(evaluated)))
        return ClassAd(pairs)
    return value


def _item(items: LazyList, position: int, scope: Scope, open_ads: frozenset[int]) -> Value:
    """An item whose evaluation fails is ERROR; the others still have their values."""
    try:
        scope.evaluation.charge(1)
        return outside(item_value(items, position, scope, len(open_ads)), scope, open_ads)
    except EvaluationFailed:
        return ERROR
