"""The functions of the gLite broker, with the meaning that was intended (its plug-in had several broken returns)."""

from __future__ import annotations

import re

import regex

from gridwms.classad.ad import ClassAd
from gridwms.classad.compiler import Compiler
from gridwms.classad.functions.control import error
from gridwms.classad.functions.registry import builder, function
from gridwms.classad.functions.requirements import needed_names
from gridwms.classad.lookup import item_values, run_in
from gridwms.classad.scope import Inner, LazyList, Run, Scope
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Call, Conditional, Expr, Group, Reference, Unary
from gridwms.classad.values import ERROR, UNDEFINED

_OPERATIONS = (Unary, Binary, Conditional, Group, Call)


def _matching(scope: Scope, condition: Expr, container: Inner, depth: int) -> list[tuple[Scope, bool]] | None:
    """Every ad of the list and whether the condition holds for it; None if something is of the wrong kind.

    Inside the condition bare names and `my` are the current ad, `target` and `other` the ad of the list.
    """
    if not isinstance(container, LazyList):
        return None
    seen: list[tuple[Scope, bool]] = []
    for item in item_values(container, scope, depth):
        if not isinstance(item, Scope):
            return None
        mine = Scope(scope.ad, scope.evaluation, scope.parent, scope.side)
        opposite = Scope(item.ad, scope.evaluation, item.parent, item.side)
        mine.other, opposite.other = opposite, mine
        value = run_in(condition, mine, depth)
        if value is UNDEFINED:
            value = False
        if not isinstance(value, bool):
            return None
        seen.append((item, value))
    return seen


def _gang(compiler: Compiler, node: Call, depth: int, kind: str) -> Run:
    if len(node.arguments) != 2 or not isinstance(node.arguments[1], _OPERATIONS):
        return error
    ads, condition = compiler.build(node.arguments[0], depth), node.arguments[1]

    def run(scope: Scope) -> Inner:
        container = ads(scope)
        if container is UNDEFINED:
            return UNDEFINED
        seen = _matching(scope, condition, container, depth)
        if seen is None:
            return ERROR
        if kind == "any":
            return any(holds for _, holds in seen)
        if kind == "all":
            return all(holds for _, holds in seen)
        found: list[Inner] = [ad for ad, holds in seen if holds]
        return LazyList.of(found) if found else UNDEFINED

    return run


@builder("anyMatch")
def _any_match(compiler: Compiler, node: Call, depth: int) -> Run:
    return _gang(compiler, node, depth, "any")


@builder("allMatch")
def _all_match(compiler: Compiler, node: Call, depth: int) -> Run:
    return _gang(compiler, node, depth, "all")


@builder("whichMatch")
def _which_match(compiler: Compiler, node: Call, depth: int) -> Run:
    return _gang(compiler, node, depth, "which")


_FQAN = re.compile(r"(?P<group>(?:/[^/=]+)+)(?:/Role=(?P<role>[^/]*))?(?:/Capability=(?P<capability>[^/]*))?/?\Z")


def _fqan(text: str) -> tuple[str, str, str] | None:
    """Prefix (VOMS, DENY, VO), group path and role of an entry."""
    prefix, colon, rest = text.partition(":")
    if not colon:
        return None
    rest = re.sub(r"/VO=[^/]*(/GROUP=)?", "", rest, count=1, flags=re.IGNORECASE) if "/VO=" in rest else rest
    found = _FQAN.match(rest)
    if found is None:
        return None
    role = found["role"] or "NULL"
    return prefix, found["group"], role


def _like(pattern: str, text: str) -> bool:
    """`*` stands for any text."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in rest:  # the first place where a part fits leaves the most room for the others
        position = text.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def fqan_member(wanted: str, entries: list[str]) -> bool:
    """Whether an FQAN like VOMS:/vo/group/Role=r is granted (or denied) by an entry of a resource's list."""
    if (asked := _fqan(wanted)) is None:
        return wanted in entries
    for entry in entries:
        known = _fqan(entry)
        if known is None or known[0] != asked[0]:
            continue
        if _like(known[1], asked[1]) and _like(known[2], asked[2]):
            return True
    return False


@function(2, 2, "fqanMember")
def _fqan_member(scope: Scope, arguments: list[Inner]) -> Inner:
    """Either order of the arguments; whatever is of the wrong kind is no member."""
    first, second = arguments
    if isinstance(first, LazyList):
        first, second = second, first
    if not isinstance(first, str) or not isinstance(second, LazyList):
        return False
    entries = [item for item in item_values(second, scope, 0) if isinstance(item, str)]
    return fqan_member(first, entries)


@builder("listAttrRegEx")
def _list_attr_regex(compiler: Compiler, node: Call, depth: int) -> Run:
    """The names that an attribute needs and that match a pattern; UNDEFINED if there are none."""
    if len(node.arguments) != 2 or not isinstance(node.arguments[1], Reference):
        return error
    pattern = compiler.build(node.arguments[0], depth)
    reference = node.arguments[1]

    def run(scope: Scope) -> Inner:
        text = pattern(scope)
        if not isinstance(text, str):
            return UNDEFINED if text is UNDEFINED else ERROR
        expr = scope.ad.expressions.get(fold(reference.name))
        if expr is None:
            return UNDEFINED
        try:
            compiled = regex.compile(text, regex.POSIX)
            names = [name for name in needed_names(expr, scope) if compiled.search(name, timeout=0.1)]
        except (regex.error, TimeoutError):
            return ERROR
        return LazyList.of([*names]) if names else UNDEFINED

    return run


def own_ad(scope: Scope) -> ClassAd:
    """The outermost ad on the side of a scope."""
    while scope.parent is not None:
        scope = scope.parent
    return scope.ad


@function(1, 1, "retrieveCloseSEsInfo")
def _retrieve_close_ses_info(scope: Scope, arguments: list[Inner]) -> Inner:
    """In a resource's ad: the storage elements close to it, with the areas of a virtual organisation."""
    vo = arguments[0]
    if not isinstance(vo, str):
        return UNDEFINED if vo is UNDEFINED else ERROR
    ads = scope.evaluation.context.close_storage(own_ad(scope), vo)
    return LazyList.of([Scope(ad, scope.evaluation, None, scope.side) for ad in ads])


@function(1, 2, "successFraction")
def _success_fraction(scope: Scope, arguments: list[Inner]) -> Inner:
    resource = arguments[0]
    if not isinstance(resource, str):
        return UNDEFINED if resource is UNDEFINED else ERROR
    return scope.evaluation.context.success_fraction(resource)


@function(3, 3, "measuredResponseTime")
def _measured_response_time(scope: Scope, arguments: list[Inner]) -> Inner:
    resource, mode, seconds = arguments
    if not isinstance(resource, str) or not isinstance(mode, str) or type(seconds) is not int:
        return UNDEFINED if UNDEFINED in arguments else ERROR
    measured = scope.evaluation.context.response_time(resource, mode, seconds)
    return UNDEFINED if measured is None else measured
