"""isUndefined(), isError(), isString() and the like: never UNDEFINED or ERROR themselves."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.classad.functions.registry import Body, function
from gridwms.classad.scope import Inner, LazyList, Scope
from gridwms.classad.values import ERROR, UNDEFINED, AbsoluteTime, RelativeTime


def _test(accepts: Callable[[Inner], bool]) -> Body:
    return lambda _scope, arguments: accepts(arguments[0])


function(1, 1, "isUndefined")(_test(lambda value: value is UNDEFINED))
function(1, 1, "isError")(_test(lambda value: value is ERROR))
function(1, 1, "isString")(_test(lambda value: isinstance(value, str)))
function(1, 1, "isInteger")(_test(lambda value: type(value) is int))
function(1, 1, "isReal")(_test(lambda value: isinstance(value, float)))
function(1, 1, "isBoolean")(_test(lambda value: isinstance(value, bool)))
function(1, 1, "isList")(_test(lambda value: isinstance(value, LazyList)))
function(1, 1, "isClassAd")(_test(lambda value: isinstance(value, Scope)))
function(1, 1, "isAbsTime")(_test(lambda value: isinstance(value, AbsoluteTime)))
function(1, 1, "isRelTime")(_test(lambda value: isinstance(value, RelativeTime)))
