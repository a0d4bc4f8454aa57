"""Partial evaluation: fold what an ad fixes by itself, keep what depends on the other side of a match.

Two jobs whose Requirements and Rank have the same residue match the same resources: matching classes stand on it.
"""

from __future__ import annotations

from gridwms.classad.ad import ClassAd, to_expression
from gridwms.classad.context import EvaluationContext
from gridwms.classad.evaluate import evaluate
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.references import AROUND, MATCH, OTHER, OWN, children, references, scope_of
from gridwms.classad.text import fold
from gridwms.classad.tree import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
)
from gridwms.classad.values import ERROR, UNDEFINED

# Not the same at every evaluation, or dependent on where they stand: never folded.
_CHANGING = frozenset(
    [
        "time",
        "currenttime",
        "daytime",
        "timezoneoffset",
        "random",
        "formattime",
        "eval",
        "unparse",
        "unresolved",
        "listattrregex",
        "evalineachcontext",
        "countmatches",
        "anymatch",
        "allmatch",
        "whichmatch",
        "retrieveclosesesinfo",
        "successfraction",
        "measuredresponsetime",
        "usermap",
        "userhome",
        "interval",
        "debug",
        "abstime",
    ]
)
# Their arguments are written for another place; nothing inside is folded.
_ELSEWHERE = frozenset(
    [
        "eval",
        "unparse",
        "unresolved",
        "listattrregex",
        "evalineachcontext",
        "countmatches",
        "anymatch",
        "allmatch",
        "whichmatch",
    ]
)
_VALUES_ONLY = frozenset(
    (
        *("member", "ismember", "identicalmember", "size", "sum", "avg", "min", "max"),
        *("anycompare", "allcompare", "regexpmember", "fqanmember", "islist"),
    )
)
_TRUTHS = frozenset(("&&", "||", "<", "<=", ">", ">=", "==", "!=", "=?=", "=!="))
_TRUTH_FUNCTIONS = frozenset(
    [
        "member",
        "identicalmember",
        "regexp",
        "isundefined",
        "iserror",
        "isstring",
        "isinteger",
        "isreal",
        "isboolean",
        "islist",
        "isclassad",
        "stringlistmember",
        "stringlistimember",
        "fqanmember",
        "anycompare",
        "allcompare",
    ]
)


def flatten(expr: Expr, my: ClassAd, *, context: EvaluationContext | None = None) -> tuple[Expr, frozenset[str]]:
    """The residue of an expression of `my`, and the names that it still reads of the other side ("*": any).

    Against every target the residue, standing in `my`, has the value of the expression. What it still reads of
    `my` itself (see `references`) is what could not be folded: a whole ad, a changing function.
    """
    residue = with_fresh_stack(lambda: _Flattener(my, context).fold(expr))
    return residue, references(residue)[1]


class _Flattener:
    def __init__(self, my: ClassAd, context: EvaluationContext | None) -> None:
        self.my = my
        self.context = context
        self.nobody = ClassAd()
        self.closed_names: dict[str, bool] = {}
        self.open: set[str] = set()

    # -- what depends on nothing but the own ad

    def closed(self, node: Expr, inner: frozenset[str] = frozenset()) -> bool:
        """Whether the value of a node is fixed by `my`; `inner` are the names of the ads around the node."""
        if isinstance(node, Reference):
            if node.absolute:
                return False
            scope = scope_of(node)
            if node.base is None or (scope in OWN and scope not in self.my and scope not in inner):
                return self.closed_name(fold(node.name), inner if node.base is None else frozenset())
        elif isinstance(node, Call) and fold(node.name) in _CHANGING:
            return False
        elif isinstance(node, ClassAd):
            inner |= node.expressions.keys()
        return all(self.closed(child, inner) for child in children(node))

    def closed_name(self, name: str, inner: frozenset[str]) -> bool:
        if name in inner:
            return True  # checked where it is defined
        if name not in self.my:
            return name not in OTHER | OWN | AROUND | MATCH
        if name not in self.closed_names:
            self.closed_names[name] = True  # a circular reference is UNDEFINED, which is fixed
            self.closed_names[name] = self.closed(self.my[name])
        return self.closed_names[name]

    # -- folding

    def fold(self, node: Expr) -> Expr:
        if isinstance(node, Literal):
            return node
        if self.closed(node):
            return to_expression(evaluate(node, self.my, self.nobody, context=self.context))
        match node:
            case Group():
                inner = self.fold(node.inner)
                return inner if isinstance(inner, Literal | Reference | Call | Group) else Group(inner)
            case Reference():
                return self.reference(node)
            case Unary():
                return Unary(node.operator, self.fold(node.operand))
            case Binary():
                return self.binary(node)
            case Conditional():
                return self.conditional(node.test, node.yes, node.no, node)
            case Index():
                return Index(self.fold(node.base), self.fold(node.index))
            case Call():
                return self.call(node)
        # A list or ad with open parts stays: string() shows what is written in it, and an ad has names of its own.
        return node

    def reference(self, node: Reference) -> Expr:
        scope = scope_of(node)
        own = node.base is None or (scope in OWN and scope not in self.my)
        if own and not node.absolute:
            name = fold(node.name)
            value = self.my.get(name)
            if value is None or isinstance(value, ClassAd) or name in self.open:
                return node
            self.open.add(name)
            try:
                inner = self.fold(value)
            finally:
                self.open.discard(name)
            return inner if isinstance(inner, Literal | Reference | Call | Group) else Group(inner)
        if node.base is None or scope in OTHER:
            return node
        return Reference(self.fold(node.base), node.name, node.absolute)

    def binary(self, node: Binary) -> Expr:
        if node.operator not in ("&&", "||"):
            left, right = self.fold(node.left), self.fold(node.right)
            if node.operator == "?:" and isinstance(left, Literal):
                return right if left.value is UNDEFINED else left
            return Binary(node.operator, left, right)
        spine = [node]
        while isinstance(inner := spine[-1].left, Binary) and inner.operator == node.operator:
            spine.append(inner)
        result = self.fold(spine[-1].left)
        for part in reversed(spine):
            result = self.logic(node.operator, result, part.right)
        return result

    def logic(self, operator: str, left: Expr, right_side: Expr) -> Expr:
        deciding = operator == "||"
        seen = self.truth(left)
        if seen is deciding or seen is ERROR:
            return Literal(seen)
        right = self.fold(right_side)
        if seen is (not deciding):
            if yields_truth(right):
                return right
            left = Literal(not deciding)
        if self.truth(right) is (not deciding) and yields_truth(left):
            return left
        if isinstance(left, Literal) and isinstance(right, Literal):
            return to_expression(evaluate(Binary(operator, left, right)))
        return Binary(operator, left, right)

    def truth(self, node: Expr) -> object:
        """True, False, ERROR for a constant that counts as that; None for what is not known, and UNDEFINED."""
        if not isinstance(node, Literal) or node.value is UNDEFINED:
            return None
        return bool(node.value) if isinstance(node.value, bool | int | float) else ERROR

    def conditional(self, test_side: Expr, yes: Expr, no: Expr, node: Expr) -> Expr:
        test = self.fold(test_side)
        if isinstance(test, Literal):
            if test.value is UNDEFINED:
                return test
            seen = self.truth(test)
            return Literal(ERROR) if seen is ERROR else self.fold(yes if seen else no)
        parts = (test, self.fold(yes), self.fold(no))
        return Call(node.name, parts) if isinstance(node, Call) else Conditional(*parts)

    def call(self, node: Call) -> Expr:
        name = fold(node.name)
        if name in _ELSEWHERE:
            return node
        if name == "ifthenelse" and len(node.arguments) == 3:
            return self.conditional(*node.arguments, node)
        return Call(node.name, tuple(self.argument(argument, name) for argument in node.arguments))

    def argument(self, node: Expr, function: str) -> Expr:
        """A list stays as it is written unless the function looks at the values of its items only."""
        folded = self.fold(node)
        shown = isinstance(folded, ListExpression | ClassAd) and function not in _VALUES_ONLY
        return node if shown else folded


def yields_truth(node: Expr) -> bool:
    """Whether a node can only give TRUE, FALSE, UNDEFINED or ERROR, so that `true && node` is `node`."""
    match node:
        case Literal():
            return isinstance(node.value, bool) or node.value is UNDEFINED or node.value is ERROR
        case Group():
            return yields_truth(node.inner)
        case Unary():
            return node.operator == "!"
        case Binary():
            return node.operator in _TRUTHS
        case Conditional():
            return yields_truth(node.yes) and yields_truth(node.no)
        case Call():
            return fold(node.name) in _TRUTH_FUNCTIONS
    return False
