"""The immutable tree of an expression.

A node knows where it was written (`line`, `column`, from 1; 0 if it was not read from text). The place
takes no part in equality and hash. `code` holds the compiled form once the node has been evaluated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

from gridwms.classad.values import Scalar

if TYPE_CHECKING:
    from gridwms.classad.scope import Code


class Expr:
    """What can be evaluated. Every kind of node is a subclass."""

    __slots__ = ()
    line: int
    column: int
    code: Code | None

    def __reduce__(self) -> tuple[type[Expr], tuple[object, ...]]:
        """Pickled without its compiled form."""
        return type(self), tuple(getattr(self, part.name) for part in fields(self) if part.init)  # type: ignore[arg-type]

    def remember(self, code: Code) -> Code:
        """Keep the compiled form; the only thing that is ever set on a finished node."""
        object.__setattr__(self, "code", code)
        return code


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Expr):
    """A constant. Equal only to a constant of the same type: 1, 1.0 and true are three literals."""

    value: Scalar
    line: int = field(default=0, repr=False)
    column: int = field(default=0, repr=False)
    code: Code | None = field(default=None, init=False, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal) or type(self.value) is not type(other.value):
            return False
        if isinstance(self.value, float) and isinstance(other.value, float):
            if math.isnan(self.value):
                return math.isnan(other.value)
            return self.value == other.value and math.copysign(1, self.value) == math.copysign(1, other.value)
        return self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), "nan" if self.value != self.value else self.value))


@dataclass(frozen=True, slots=True)
class Reference(Expr):
    """`name`, `base.name`, or `.name` (absolute: looked up in the outermost ad)."""

    base: Expr | None
    name: str
    absolute: bool = False
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Group(Expr):
    """Parentheses. Kept, because printing an expression keeps them."""

    inner: Expr
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    operator: str
    operand: Expr
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)

    OPERATORS: ClassVar[tuple[str, ...]] = ("-", "+", "!", "~")


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """An operator with two sides, `?:` (elvis) included; `is` and `isnt` are stored as `=?=` and `=!=`."""

    operator: str
    left: Expr
    right: Expr
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    """`test ? yes : no`."""

    test: Expr
    yes: Expr
    no: Expr
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`base[index]`."""

    base: Expr
    index: Expr
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call(Expr):
    name: str
    arguments: tuple[Expr, ...]
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListExpression(Expr):
    """`{a, b}`; the items are evaluated when they are asked for."""

    items: tuple[Expr, ...]
    line: int = field(default=0, compare=False, repr=False)
    column: int = field(default=0, compare=False, repr=False)
    code: Code | None = field(default=None, init=False, compare=False, repr=False)
