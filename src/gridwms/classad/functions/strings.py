"""strcat(), join(), toUpper(), toLower(), substr(), strcmp(), stricmp()."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.classad.compiler import Compiler
from gridwms.classad.functions.conversions import bounded, to_text
from gridwms.classad.functions.registry import ANY, Body, builder, function
from gridwms.classad.lookup import item_values
from gridwms.classad.scope import EvaluationFailed, Inner, LazyList, Run, Scope
from gridwms.classad.text import decode, encode, fold, rejoined, upper
from gridwms.classad.tree import Call
from gridwms.classad.values import ERROR, UNDEFINED, wrap_32


@builder("strcat")
def _strcat(compiler: Compiler, node: Call, depth: int) -> Run:
    """Stops at the first UNDEFINED or ERROR, which is then the result; what follows is not evaluated."""
    arguments = [compiler.build(argument, depth) for argument in node.arguments]

    def run(scope: Scope) -> Inner:
        parts: list[str] = []
        for argument in arguments:
            value = argument(scope)
            if value is UNDEFINED or value is ERROR:
                return value
            parts.append(to_text(value, scope))
        return bounded(rejoined(parts), scope)

    return run


@function(0, ANY, "join")
def _join(scope: Scope, arguments: list[Inner]) -> Inner:
    """join(separator, a, b, ...), join(separator, list) or join(list); UNDEFINED items are left out."""
    if not arguments:
        return ""
    separator = arguments[0]
    if separator is ERROR:
        return ERROR
    items = arguments[1:]
    if len(arguments) == 1:
        if not isinstance(separator, LazyList):
            return UNDEFINED if separator is UNDEFINED else ""
        items = item_values(separator, scope, 0)
        separator = UNDEFINED
    elif len(arguments) == 2 and isinstance(items[0], LazyList):
        items = item_values(items[0], scope, 0)
    glue = "" if separator is UNDEFINED else to_text(separator, scope)
    parts: list[str] = []
    for item in items:
        if item is ERROR:
            return ERROR
        if item is not UNDEFINED:
            parts.append(to_text(item, scope))
    if items and not parts:
        return UNDEFINED
    if sum(map(len, parts)) + len(glue) * len(parts) > scope.evaluation.context.limits.string:
        raise EvaluationFailed("the string is too long")
    return bounded(rejoined([glue.join(parts)]), scope)


def _changed(change: Callable[[str], str]) -> Body:
    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        value = arguments[0]
        return value if value is UNDEFINED or value is ERROR else change(to_text(value, scope))

    return apply


function(1, 1, "toUpper")(_changed(upper))
function(1, 1, "toLower")(_changed(fold))


@function(2, 3, "substr")
def _substr(_scope: Scope, arguments: list[Inner]) -> Inner:
    """In bytes, and as in Perl: negative numbers count from the end."""
    if any(value is UNDEFINED for value in arguments):
        return UNDEFINED
    text, offset = arguments[0], arguments[1]
    length = arguments[2] if len(arguments) > 2 else None
    if not isinstance(text, str) or type(offset) is not int:
        return ERROR
    if length is not None and type(length) is not int:
        return ERROR
    offset = wrap_32(offset)  # HTCondor keeps 32 bits
    length = None if length is None else wrap_32(length)
    data = encode(text)
    start = max(len(data) + offset, 0) if offset < 0 else min(offset, len(data))
    end = len(data)
    if length is not None:
        end = len(data) + length if length < 0 else start + length
    return decode(data[start:end]) if end > start else ""


def _compared(key: Callable[[str], bytes]) -> Body:
    def apply(scope: Scope, arguments: list[Inner]) -> Inner:
        if any(value is UNDEFINED for value in arguments):
            return UNDEFINED
        if any(value is ERROR for value in arguments):
            return ERROR
        left, right = (key(to_text(value, scope)) for value in arguments)
        return (left > right) - (left < right)

    return apply


function(2, 2, "strcmp")(_compared(encode))
function(2, 2, "stricmp")(_compared(lambda text: encode(fold(text))))
