"""The scalar evaluator on one resource, or on one value that stands for all resources that have it."""

from __future__ import annotations

from gridwms.classad.ad import ClassAd
from gridwms.classad.context import DEFAULT_CONTEXT, EvaluationContext
from gridwms.classad.functions import compile_expression
from gridwms.classad.lookup import match_scopes
from gridwms.classad.operators import truth
from gridwms.classad.scope import Evaluation, EvaluationFailed, Inner, Scope
from gridwms.classad.tree import Expr
from gridwms.classad.values import ERROR, UNDEFINED

NOBODY = ClassAd()
# How a truth value is kept in an array.
UNDEFINED_CODE, TRUE_CODE, FALSE_CODE, ERROR_CODE = 0, 1, 2, 3


class Probe:
    """Evaluates one expression again and again, against values or whole ads."""

    def __init__(self, node: Expr, my: ClassAd | None, context: EvaluationContext | None) -> None:
        self.node = node
        self.my = my if my is not None else NOBODY
        self.context = context or DEFAULT_CONTEXT
        self.code = node.code or compile_expression(node)

    def with_values(self, values: dict[str, Inner]) -> Inner:
        """The value when the other side has these attributes."""
        evaluation = Evaluation(self.context, compile_expression, compat=False)
        scope, other = Scope(self.my, evaluation), Scope(NOBODY, evaluation, None, 1)
        other.constants = values
        scope.other, other.other = other, scope
        return self._run(scope, evaluation)

    def with_ad(self, ad: ClassAd) -> Inner:
        """The value against a whole resource."""
        evaluation = Evaluation(self.context, compile_expression, compat=False)
        scope = Scope(self.my, evaluation)
        match_scopes(ad, scope)
        return self._run(scope, evaluation)

    def _run(self, scope: Scope, evaluation: Evaluation) -> Inner:
        try:
            evaluation.charge(self.code.size)
            return self.code.run(scope)
        except (EvaluationFailed, RecursionError):
            return ERROR


def truth_code(value: Inner) -> int:
    seen = truth(value)
    if seen is True:
        return TRUE_CODE
    if seen is False:
        return FALSE_CODE
    return UNDEFINED_CODE if seen is UNDEFINED else ERROR_CODE
