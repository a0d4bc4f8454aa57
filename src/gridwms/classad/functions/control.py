"""Functions that decide themselves what is evaluated, and where: ifThenElse(), eval(), evalInEachContext()..."""

from __future__ import annotations

from gridwms.classad.compiler import Compiler, conditional
from gridwms.classad.functions.conversions import bounded, to_text
from gridwms.classad.functions.patterns import matches
from gridwms.classad.functions.registry import builder, function
from gridwms.classad.functions.requirements import referred, unresolved_names
from gridwms.classad.lookup import item_values, run_in
from gridwms.classad.operators import truth
from gridwms.classad.parser import parse_eval
from gridwms.classad.scope import EvaluationFailed, Inner, LazyList, Run, Scope
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.text import fold
from gridwms.classad.tree import Call, Expr, Reference
from gridwms.classad.unparse import pretty
from gridwms.classad.values import ERROR, UNDEFINED


def error(_scope: Scope) -> Inner:
    return ERROR


@builder("ifThenElse")
def _if_then_else(compiler: Compiler, node: Call, depth: int) -> Run:
    if len(node.arguments) != 3:
        return error
    return conditional(*(compiler.build(argument, depth) for argument in node.arguments))


@function(1, 1, "debug")
def _debug(_scope: Scope, arguments: list[Inner]) -> Inner:
    return arguments[0]


@builder("eval")
def _eval(compiler: Compiler, node: Call, depth: int) -> Run:
    """Reads its argument as text and evaluates that in the current ad."""
    if len(node.arguments) != 1:
        return error
    argument = compiler.build(node.arguments[0], depth)

    def run(scope: Scope) -> Inner:
        value = argument(scope)
        if value is UNDEFINED or value is ERROR:
            return ERROR
        text = to_text(value, scope)
        scope.evaluation.charge(10 + len(text))
        if len(text) > 100_000:
            raise EvaluationFailed("the text for eval() is too long")
        try:
            tree = parse_eval(text, compat=scope.evaluation.compat)
        except ClassAdSyntaxError:
            return ERROR
        return run_in(tree, scope, depth)

    return run


def _bare_name(node: Expr) -> str | None:
    """The folded name of an unscoped reference."""
    if isinstance(node, Reference) and node.base is None and not node.absolute:
        return fold(node.name)
    return None


@builder("unparse")
def _unparse(_compiler: Compiler, node: Call, _depth: int) -> Run:
    """The text of the named attribute of the current ad, "" if there is none."""
    if len(node.arguments) != 1 or not isinstance(node.arguments[0], Reference):
        return error
    name = _bare_name(node.arguments[0])

    def run(scope: Scope) -> Inner:
        expr = scope.ad.expressions.get(name) if name is not None else None
        if expr is None:
            return ""
        text = pretty(expr)
        scope.evaluation.charge(len(text) >> 3)
        return bounded(text, scope)

    return run


@builder("unresolved")
def _unresolved(compiler: Compiler, node: Call, depth: int) -> Run:
    """The names that an attribute needs and nothing defines; with a pattern, whether one of them matches."""
    if not 1 <= len(node.arguments) <= 2 or not isinstance(node.arguments[0], Reference):
        return error
    attribute = node.arguments[0]
    pattern = compiler.build(node.arguments[1], depth) if len(node.arguments) == 2 else None

    def run(scope: Scope) -> Inner:
        found = referred(attribute, scope)
        if found is None:
            return UNDEFINED
        wanted = pattern(scope) if pattern else ""
        if not isinstance(wanted, str):
            raise EvaluationFailed("unresolved() with a pattern that is no string")
        names = unresolved_names(*found)
        if pattern is None:
            return ",".join(names)
        for candidate in names:
            seen = matches(scope, wanted, candidate, "i")
            if seen is not False:
                return seen
        return False

    return run


def _expression_for(node: Expr, scope: Scope) -> Expr:
    """An attribute reference is replaced by the expression that it names in the current ad."""
    name = _bare_name(node)
    current: Scope | None = scope
    while name is not None and current is not None:
        if (found := current.ad.expressions.get(name)) is not None:
            return found
        current = current.parent
    return node


def evaluate_in_ad(expr: Expr, ad: Scope, depth: int) -> Inner:
    """Evaluate an expression as if it stood in another ad."""
    key = (id(expr), id(ad.ad))
    if key in ad.evaluation.active:
        return UNDEFINED
    ad.evaluation.active.add(key)
    try:
        return run_in(expr, ad, depth)
    finally:
        ad.evaluation.active.discard(key)


@builder("evalInEachContext")
def _eval_in_each_context(compiler: Compiler, node: Call, depth: int) -> Run:
    if len(node.arguments) != 2:
        return error
    ads = compiler.build(node.arguments[1], depth)

    def run(scope: Scope) -> Inner:
        container = ads(scope)
        if not isinstance(container, LazyList):
            return UNDEFINED if container is UNDEFINED else ERROR
        expr = _expression_for(node.arguments[0], scope)
        values: list[Inner] = []
        for item in item_values(container, scope, depth):
            if isinstance(item, Scope):
                values.append(evaluate_in_ad(expr, item, depth))
            else:
                values.append(UNDEFINED if item is UNDEFINED else ERROR)
        return LazyList.of(values)

    return run


@builder("countMatches")
def _count_matches(compiler: Compiler, node: Call, depth: int) -> Run:
    if len(node.arguments) != 2:
        return error
    ads = compiler.build(node.arguments[1], depth)

    def run(scope: Scope) -> Inner:
        container = ads(scope)
        if not isinstance(container, LazyList):
            return 0 if container is UNDEFINED else ERROR
        expr = _expression_for(node.arguments[0], scope)
        items = item_values(container, scope, depth)
        return sum(truth(evaluate_in_ad(expr, item, depth)) is True for item in items if isinstance(item, Scope))

    return run


@function(2, 4, "userMap")
def _user_map(scope: Scope, arguments: list[Inner]) -> Inner:
    """userMap(table, user [, preferred [, default]]): tables come from the evaluation context."""
    if any(value is ERROR for value in arguments[:2]):
        return ERROR
    default = arguments[3] if len(arguments) == 4 else UNDEFINED
    table, user = arguments[0], arguments[1]
    if not isinstance(table, str) or not isinstance(user, str):
        return UNDEFINED if UNDEFINED in (table, user) else ERROR
    mapped = scope.evaluation.context.user_maps.get(table, {}).get(user)
    if mapped is None:
        return default
    if len(arguments) < 3:
        return mapped
    groups = [group.strip() for group in mapped.split(",") if group.strip()]
    preferred = arguments[2]
    for group in groups:
        if isinstance(preferred, str) and fold(group) == fold(preferred):
            return group
    return groups[0] if groups else default


@function(1, 2, "userHome")
def _user_home(scope: Scope, arguments: list[Inner]) -> Inner:
    """userHome(user [, default]); HTCondor reads the password file, here the evaluation context has a table."""
    user = arguments[0]
    default = arguments[1] if len(arguments) == 2 else UNDEFINED
    if not isinstance(user, str):
        return ERROR if user is ERROR else default
    return scope.evaluation.context.homes.get(user, default)
