"""The table of functions, and how a call is compiled.

Most functions get the values of their arguments; a few (`ifThenElse`, `eval`, ...) decide themselves what to
evaluate and are compiled by a builder of their own. A wrong number of arguments and an unknown name are ERROR.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gridwms.classad.compiler import Compiler
from gridwms.classad.scope import Code, Inner, Run, Scope
from gridwms.classad.text import fold
from gridwms.classad.tree import Call, Expr
from gridwms.classad.values import ERROR

Body = Callable[[Scope, list[Inner]], Inner]
Builder = Callable[[Compiler, Call, int], Run]
ANY = 1_000_000


class Function(NamedTuple):
    minimum: int
    maximum: int
    body: Body


FUNCTIONS: dict[str, Function] = {}
BUILDERS: dict[str, Builder] = {}


def function(minimum: int, maximum: int, *names: str) -> Callable[[Body], Body]:
    """Offer a function of evaluated arguments under these names."""

    def register(body: Body) -> Body:
        for name in names:
            FUNCTIONS[fold(name)] = Function(minimum, maximum, body)
        return body

    return register


def builder(*names: str) -> Callable[[Builder], Builder]:
    """Offer a function that compiles its own call."""

    def register(build: Builder) -> Builder:
        for name in names:
            BUILDERS[fold(name)] = build
        return build

    return register


def build_call(compiler: Compiler, node: Call, depth: int) -> Run:
    name = fold(node.name)
    if (build := BUILDERS.get(name)) is not None:
        return build(compiler, node, depth)
    known = FUNCTIONS.get(name)
    count = len(node.arguments)
    if known is None or not known.minimum <= count <= known.maximum:
        return lambda _scope: ERROR
    body = known.body
    arguments = [compiler.build(argument, depth) for argument in node.arguments]
    if count == 1:
        only = arguments[0]
        return lambda scope: body(scope, [only(scope)])
    return lambda scope: body(scope, [argument(scope) for argument in arguments])


def compile_expression(node: Expr, depth: int = 0) -> Code:
    """The code of an expression; from depth 0 it is kept on the node."""
    compiler = Compiler(build_call)
    run = compiler.build(node, depth)
    code = Code(run, compiler.deepest, compiler.size)
    if depth == 0:
        node.remember(code)
    return code
