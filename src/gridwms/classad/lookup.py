"""Scoping: from a name to the value of the attribute it stands for."""

from __future__ import annotations

from gridwms.classad.ad import ClassAd
from gridwms.classad.parser import parse_ad
from gridwms.classad.scope import DEPTH_LIMIT, LONG_TEXT, EvaluationFailed, Held, Inner, LazyList, Scope, TooDeep
from gridwms.classad.tree import Expr, Literal
from gridwms.classad.values import ERROR, UNDEFINED

# HTCondor's MatchClassAd: what lies around the two ads of a match.
_MATCH = parse_ad(
    "[symmetricMatch = RIGHT.requirements && LEFT.requirements; leftMatchesRight = RIGHT.requirements;"
    " rightMatchesLeft = LEFT.requirements; leftRankValue = LEFT.rank; rightRankValue = RIGHT.rank]"
)
_SIDES = (
    parse_ad("[other = .RIGHT; target = .RIGHT; my = .LEFT; ad = .LEFT]"),
    parse_ad("[other = .LEFT; target = .LEFT; my = .RIGHT; ad = .RIGHT]"),
)
# The place of an expression that stands in no ad.
NOWHERE = ClassAd()
# The place of what was taken out of its ad.
LOST = ClassAd()
_SPECIAL = frozenset(("self", "parent", "toplevel", "root"))
_COMPAT_SPECIAL = frozenset(("self", "parent", "toplevel", "root", "my", "currenttime"))
_OTHER = frozenset(("other", "target"))
_MINE = frozenset(("my", "ad"))


def match_scopes(target: ClassAd, scope: Scope) -> None:
    """Put the ad of `scope` opposite `target`."""
    other = Scope(target, scope.evaluation, None, 1)
    scope.other = other
    other.other = scope


def around(scope: Scope) -> Scope | None:
    """The scope around this one; around the sides of a match lie two invisible ads."""
    if scope.parent is not None or scope.other is None:
        return scope.parent
    left, right = (scope, scope.other) if scope.side == 0 else (scope.other, scope)
    evaluation = scope.evaluation
    contexts = tuple(Scope(ad, evaluation) for ad in _SIDES)
    held = {"lCtx": contexts[0], "LEFT": left, "rCtx": contexts[1], "RIGHT": right}
    outer = Scope(_MATCH.with_({name: Held(value) for name, value in held.items()}), evaluation)
    for context in contexts:
        context.parent = outer
    return contexts[scope.side]


def outermost(scope: Scope) -> Scope:
    while (parent := around(scope)) is not None:
        scope = parent
    return scope


def look_up(scope: Scope, name: str, depth: int) -> Inner:
    """The value of a folded name seen from a scope; `depth` is how deep the reference stands."""
    found = find(scope, name)
    if found is None:
        return UNDEFINED
    if isinstance(found, tuple):
        return evaluate_in(found[0], found[1], depth)
    return found


def look_up_unscoped(scope: Scope, name: str, depth: int) -> Inner:
    """The value of a bare name. HTCondor's daemons look in the target ad for what their own lacks, though not
    from inside a nested ad."""
    found = find(scope, name)
    if found is None and scope.evaluation.compat and scope.other is not None:
        found = find(scope.other, name)
    if found is None:
        return UNDEFINED
    if isinstance(found, tuple):
        return evaluate_in(found[0], found[1], depth)
    return found


def look_up_absolute(scope: Scope, name: str, depth: int) -> Inner:
    """The value of `.name`."""
    outer = outermost(scope)
    if outer.ad is NOWHERE:
        raise EvaluationFailed("there is no outermost ad")
    return UNDEFINED if outer.ad is LOST else look_up(outer, name, depth)


def find(scope: Scope, name: str) -> tuple[Expr, Scope] | Scope | LazyList | None:
    """The expression that a name stands for and the scope it was found in, or an ad itself."""
    current: Scope | None = scope
    special = _COMPAT_SPECIAL if scope.evaluation.compat else _SPECIAL
    while current is not None:
        expr = current.ad.expressions.get(name)
        if expr is not None:
            return expr, current
        if name in special:
            return _special(current, name)
        parent = current.parent
        if parent is None and current.other is not None:
            if name in _OTHER:
                return current.other
            if name in _MINE:
                return current
            parent = around(current)
        current = parent
    return None


def _special(scope: Scope, name: str) -> tuple[Expr, Scope] | Scope | None:
    if name in ("self", "my"):
        return None if scope.ad is NOWHERE or scope.ad is LOST else scope
    if name == "parent":
        parent = around(scope)
        return None if parent is None or parent.ad is NOWHERE or parent.ad is LOST else parent
    if name == "currenttime":
        return Literal(int(scope.evaluation.context.now())), scope
    outer = outermost(scope)
    if outer.ad is not NOWHERE and outer.ad is not LOST:
        return outer
    if outer is scope or outer.ad is LOST:
        return None
    raise EvaluationFailed("there is no outermost ad")


def evaluate_in(expr: Expr, scope: Scope, depth: int) -> Inner:
    """The value of an attribute in the scope it was found in.

    An attribute that is being evaluated already is UNDEFINED to itself (HTCondor 25.14).
    """
    kind = type(expr)
    if kind is Literal:
        charge_text(expr.value, scope)  # type: ignore[attr-defined]
        return expr.value  # type: ignore[attr-defined,no-any-return]
    if kind is Held:
        return expr.value  # type: ignore[attr-defined,no-any-return]
    evaluation = scope.evaluation
    key = (id(expr), scope.side)
    if key in evaluation.active:
        return UNDEFINED
    evaluation.active.add(key)
    try:
        return run_in(expr, scope, depth)
    finally:
        evaluation.active.discard(key)


def charge_text(value: Inner, scope: Scope) -> None:
    """Work on a long text takes time in proportion: count it wherever one is fetched."""
    if type(value) is str and len(value) > LONG_TEXT:
        scope.evaluation.charge(len(value) >> 8)


def run_in(expr: Expr, scope: Scope, depth: int) -> Inner:
    """Run an expression one level below `depth`."""
    evaluation = scope.evaluation
    code = expr.code or evaluation.compile(expr, 0)
    evaluation.charge(code.size)
    outer = evaluation.depth
    inner = outer + depth + 1
    if inner + code.height > DEPTH_LIMIT:
        if inner > DEPTH_LIMIT:
            raise TooDeep("the evaluation is nested too deeply")
        # Part of the expression lies too deep: compile it so that only that part fails.
        code = evaluation.compile(expr, inner)
        inner = 0
    evaluation.depth = inner
    try:
        return code.run(scope)
    finally:
        evaluation.depth = outer


def item_value(items: LazyList, position: int, scope: Scope, depth: int) -> Inner:
    """One item of a list, evaluated where the list was written."""
    expr = items.items[position]
    kind = type(expr)
    if kind is Literal or kind is Held:
        charge_text(expr.value, scope)  # type: ignore[attr-defined]
        return expr.value  # type: ignore[attr-defined,no-any-return]
    return run_in(expr, items.scope or scope, depth)


def item_values(items: LazyList, scope: Scope, depth: int) -> list[Inner]:
    """All items of a list, evaluated."""
    if len(items.items) > scope.evaluation.context.limits.items:
        raise EvaluationFailed("the list is too long")
    scope.evaluation.charge(len(items.items))
    return [item_value(items, position, scope, depth) for position in range(len(items.items))]


def taken_out(value: Inner, scope: Scope) -> Inner:
    """An ad or list that comes out of a selection over a list: it has lost the ads around it (HTCondor 25.14)."""
    if type(value) is Scope:
        return Scope(value.ad, value.evaluation, Scope(LOST, value.evaluation), value.side)
    if type(value) is LazyList and value.scope is not None:
        return LazyList(value.items, Scope(LOST, scope.evaluation))
    return value


def named_item(ad: Scope, name: str, depth: int) -> Inner:
    """`ad["name"]`, of that ad only.

    An ad that comes out of it has lost the ads around it and, in HTCondor 25.14, shows nothing to `.name`.
    """
    if name not in ad.ad.expressions:
        return UNDEFINED
    value = taken_out(look_up(ad, name, depth), ad)
    if type(value) is Scope:
        value.closed = True
    return value


def select(base: Inner, name: str, scope: Scope, depth: int) -> Inner:
    """`base.name`: in an ad and the ads around it; over a list, item by item."""
    if type(base) is Scope:
        if base.closed:
            return UNDEFINED
        value = base.constants.get(name)
        if value is not None:
            return value
        return look_up(base, name, depth)
    if base is UNDEFINED:
        return UNDEFINED
    if type(base) is LazyList:
        values = (select(item, name, scope, depth) for item in item_values(base, scope, depth))
        return LazyList.of([taken_out(value, scope) for value in values])
    return ERROR
