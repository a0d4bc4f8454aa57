"""Where names are looked up while an expression runs, and the values that only exist then.

A tree does not know where it stands; a `Scope` joins an ad to the ad around it, and to the ad that it is
matched against. An ad as a value is a Scope, a list as a value a `LazyList`: their parts are evaluated when
they are asked for, in the place where they were written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gridwms.classad.ad import ClassAd
from gridwms.classad.context import EvaluationContext
from gridwms.classad.tree import Expr, ListExpression, Literal
from gridwms.classad.values import Scalar

# HTCondor counts operators and look-ups: beyond 400 the evaluation fails.
DEPTH_LIMIT = 400


class EvaluationFailed(Exception):
    """The whole evaluation fails; no function can catch it, and its value is ERROR."""


class TooDeep(EvaluationFailed):
    """The evaluation went deeper than the limit."""


class Evaluation:
    """What all scopes of one evaluation share."""

    __slots__ = ("active", "compat", "compile", "context", "depth", "pattern_seconds", "steps")

    def __init__(
        self, context: EvaluationContext, compile_expression: Callable[[Expr, int], Code], *, compat: bool
    ) -> None:
        self.compile = compile_expression
        self.context = context
        self.compat = compat
        self.depth = 0
        self.steps = context.limits.steps
        self.pattern_seconds = context.limits.pattern_seconds
        self.active: set[tuple[int, int]] = set()

    def restart(self) -> None:
        """Forget what an evaluation that was broken off left behind."""
        self.depth = 0
        self.active.clear()

    def charge(self, steps: int) -> None:
        """Count work; too much of it ends the evaluation."""
        self.steps -= steps
        if self.steps < 0:
            raise EvaluationFailed("the evaluation takes too many steps")


class Scope:
    """An ad in its place. `other` is set on the two outermost ads of a match, `side` tells them apart."""

    __slots__ = ("ad", "closed", "constants", "evaluation", "other", "parent", "side")

    def __init__(
        self,
        ad: ClassAd,
        evaluation: Evaluation,
        parent: Scope | None = None,
        side: int = 0,
    ) -> None:
        self.ad = ad
        constants = ad.constants
        self.constants: dict[str, Inner] = constants_of(ad) if constants is None else constants  # type: ignore[assignment]
        self.evaluation = evaluation
        self.parent = parent
        self.side = side
        self.other: Scope | None = None
        # An ad out of `ad["name"]`: `.name` finds nothing in it.
        self.closed = False


class LazyList:
    """A list as a value; `scope` is where its items were written (None: they are all constants)."""

    __slots__ = ("index", "items", "scope")

    def __init__(self, items: tuple[Expr, ...], scope: Scope | None = None) -> None:
        self.items = items
        self.scope = scope
        self.index: object = None  # a look-up table that member() makes of constant items

    @classmethod
    def of(cls, values: list[Inner]) -> LazyList:
        """A list of values that are at hand already."""
        return cls(tuple(Literal(v) if not isinstance(v, Scope | LazyList) else Held(v) for v in values))


class Held(Expr):
    """A value that is no constant, in the place of an expression."""

    __slots__ = ("code", "column", "line", "value")

    def __init__(self, value: Scope | LazyList) -> None:
        self.value = value
        self.code = None
        self.line = self.column = 0


def as_expression(value: Inner) -> Expr:
    """The expression whose text stands for a value."""
    if isinstance(value, Scope):
        return value.ad
    if isinstance(value, LazyList):
        return ListExpression(value.items)
    return Literal(value)


Inner: TypeAlias = Scalar | Scope | LazyList
Run: TypeAlias = Callable[[Scope], Inner]


class Code:
    """A compiled expression: `height` is the depth it can need by itself, `size` its nodes."""

    __slots__ = ("height", "run", "size")

    def __init__(self, run: Run, height: int, size: int) -> None:
        self.run = run
        self.height = height
        self.size = size


_LITERAL = {Literal}
# Every use of a longer text is charged as work.
LONG_TEXT = 4096


def constants_of(ad: ClassAd) -> dict[str, Inner]:
    """The attributes whose value needs no evaluation: most of a resource's ad."""
    constants: dict[str, Inner] = {}
    for name, expr in ad.expressions.items():
        if type(expr) is Literal:
            if type(expr.value) is not str or len(expr.value) <= LONG_TEXT:
                constants[name] = expr.value
        elif isinstance(expr, Held):
            constants[name] = expr.value
        elif type(expr) is ListExpression and set(map(type, expr.items)) <= _LITERAL:
            constants[name] = LazyList(expr.items)
    object.__setattr__(ad, "constants", constants)
    return constants
