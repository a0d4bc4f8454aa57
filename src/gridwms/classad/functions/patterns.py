"""regexp(), regexpMember(), regexps(), replace(), replaceAll(): searches with the meaning of PCRE."""

from __future__ import annotations

import re

from gridwms.classad.compiler import Compiler
from gridwms.classad.functions.conversions import bounded
from gridwms.classad.functions.registry import Body, builder, function
from gridwms.classad.lookup import item_values
from gridwms.classad.pattern import Found, Pattern, compiled
from gridwms.classad.scope import Inner, LazyList, Run, Scope
from gridwms.classad.text import decode
from gridwms.classad.tree import Call, Expr, Literal
from gridwms.classad.values import ERROR, UNDEFINED, Error

_GROUP = re.compile(r"\\(\d)", re.ASCII)


def pattern_for(pattern: str, text: str, options: str) -> Pattern | None:
    return compiled(pattern, options, not (pattern.isascii() and text.isascii()))


def search(scope: Scope, pattern: Pattern, text: str, position: int = 0) -> Found | Error | None:
    """One search on the time that the evaluation has left for searching; ERROR when it runs out."""
    evaluation = scope.evaluation
    if evaluation.pattern_seconds <= 0:
        return ERROR
    ticks = evaluation.context.ticks
    start = ticks()
    try:
        return pattern.search(text, position, evaluation.pattern_seconds)
    except (TimeoutError, MemoryError):
        return ERROR
    finally:
        evaluation.pattern_seconds -= ticks() - start
        evaluation.charge(1)


def matches(scope: Scope, pattern: str, text: str, options: str) -> Inner:
    if (ready := pattern_for(pattern, text, options)) is None:
        return ERROR
    if ready.plain is not None:
        return ready.plain in text
    if ready.simple is not None:
        return ready.simple.search(text) is not None
    found = search(scope, ready, text)
    return ERROR if isinstance(found, Error) else found is not None


def strict_strings(arguments: list[Inner]) -> Inner | list[str]:
    """The arguments if all are strings; else ERROR, or UNDEFINED if one is and none is ERROR."""
    if any(argument is ERROR for argument in arguments):
        return ERROR
    if any(argument is UNDEFINED for argument in arguments):
        return UNDEFINED
    strings = [argument for argument in arguments if isinstance(argument, str)]
    return strings if len(strings) == len(arguments) else ERROR


def _regexp(scope: Scope, arguments: list[Inner]) -> Inner:
    strings = strict_strings(arguments)
    if not isinstance(strings, list):
        return strings
    return matches(scope, strings[0], strings[1], strings[2] if len(strings) > 2 else "")


def _constant_text(node: Expr) -> str | None:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


@builder("regexp")
def _build_regexp(compiler: Compiler, node: Call, depth: int) -> Run:
    """With a constant pattern and constant options, which is nearly always, the pattern is compiled once."""
    if not 2 <= len(node.arguments) <= 3:
        return lambda _scope: ERROR
    parts = [compiler.build(argument, depth) for argument in node.arguments]
    pattern = _constant_text(node.arguments[0])
    options = _constant_text(node.arguments[2]) if len(parts) == 3 else ""
    if pattern is not None and options is not None:
        subject = parts[1]
        ready = compiled(pattern, options, False) if pattern.isascii() else None
        if ready is not None and ready.plain is not None:
            plain = ready.plain

            def contains(scope: Scope) -> Inner:
                text = subject(scope)
                return plain in text if type(text) is str else _regexp(scope, [pattern, text, options])

            return contains
        if ready is not None and ready.simple is not None:
            quick = ready.simple.search

            def searches(scope: Scope) -> Inner:
                text = subject(scope)
                if type(text) is str and text.isascii():
                    return quick(text) is not None
                return _regexp(scope, [pattern, text, options])

            return searches
        return lambda scope: _regexp(scope, [pattern, subject(scope), options])
    return lambda scope: _regexp(scope, [part(scope) for part in parts])


@function(2, 3, "regexpMember")
def _regexp_member(scope: Scope, arguments: list[Inner]) -> Inner:
    pattern, items = arguments[0], arguments[1]
    options = arguments[2] if len(arguments) > 2 else ""
    if pattern is ERROR or items is ERROR or options is ERROR:
        return ERROR
    if pattern is UNDEFINED or items is UNDEFINED or options is UNDEFINED:
        return UNDEFINED
    if not isinstance(pattern, str) or not isinstance(items, LazyList) or not isinstance(options, str):
        return ERROR
    result: Inner = False
    bad = compiled(pattern, options, True) is None  # and matches nothing, in HTCondor 25.14
    for item in item_values(items, scope, 0):
        if item is UNDEFINED:
            result = UNDEFINED
            continue
        if not isinstance(item, str):
            return ERROR
        seen = False if bad else matches(scope, pattern, item, options)
        if seen is not False:
            return seen
    return result


def _group(found: Found, number: int) -> str:
    part = found[number] if number else found[0]
    if part is None:
        return ""
    return decode(part) if isinstance(part, bytes) else part


def _substitution(default_options: str) -> Body:
    def substitute(scope: Scope, arguments: list[Inner]) -> Inner:
        strings = strict_strings(arguments)
        if not isinstance(strings, list):
            return strings
        pattern, text, replacement = strings[:3]
        options = default_options + (strings[3] if len(strings) > 3 else "")
        return replaced(scope, pattern, text, replacement, options)

    return substitute


def _filled(replacement: str, found: Found) -> str:
    return _GROUP.sub(lambda match: _group(found, int(match[1])), replacement)


def replaced(scope: Scope, pattern: str, text: str, replacement: str, options: str) -> Inner:
    """Without `f` only the filled-in replacement of the first match; with `f` in place, with `g` everywhere."""
    ready = pattern_for(pattern, text, options)
    if ready is None:
        return ERROR
    whole, everywhere = "f" in options, "g" in options
    out: list[str] = []
    position = 0
    data = text if ready.is_text else None
    raw = b"" if ready.is_text else text.encode("utf-8", "surrogateescape")
    size = len(text) if ready.is_text else len(raw)
    while position <= size:
        found = search(scope, ready, text, position)
        if isinstance(found, Error):
            return ERROR
        if found is None:
            break
        groups = len(found.groups())
        if any(int(number) > groups for number in _GROUP.findall(replacement)):
            return ERROR
        filled = _filled(replacement, found)
        if everywhere and found.end() == found.start():
            return ERROR
        if whole:
            out.append(data[position : found.start()] if data is not None else decode(raw[position : found.start()]))
        out.append(bounded(filled, scope))
        position = found.end()
        if not everywhere:
            break
    if whole:
        out.append(data[position:] if data is not None else decode(raw[position:]))
    return bounded("".join(out), scope)


function(3, 4, "regexps")(_substitution(""))
function(3, 4, "replace")(_substitution("f"))
function(3, 4, "replaceAll")(_substitution("fg"))
