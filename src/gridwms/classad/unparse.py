"""A tree back to text.

`unparse` writes for people and files: reals in their shortest exact form, UTF-8 kept, parentheses added where a
built tree needs them. `canonical` writes what HTCondor 25.14 writes, which programs can see through string(),
strcat(), join() and unparse().
"""

from __future__ import annotations

import math
import re

from gridwms.classad.ad import ClassAd, to_expression
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.parser import LEVELS, RESERVED
from gridwms.classad.scope import Held, as_expression
from gridwms.classad.text import encode
from gridwms.classad.time_text import write_absolute, write_relative
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
from gridwms.classad.values import AbsoluteTime, Error, RelativeTime, Scalar, Undefined, Value

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\\"'\ud800-\udfff\ufffe\uffff]")
_CONDITIONAL, _ELVIS, _UNARY, _POSTFIX, _PRIMARY = 0, 12, 11, 12, 13


def quote(text: str, mark: str = '"') -> str:
    """The text as a literal of the language."""

    def escape(match: re.Match[str]) -> str:
        character = match[0]
        if character in "\"'":
            return "\\" + character if character == mark else character
        return _ESCAPES.get(character) or "".join(f"\\{byte:03o}" for byte in encode(character))

    return mark + _SPECIAL.sub(escape, text) + mark


def quote_bytes(text: str, mark: str = '"') -> str:
    """As HTCondor prints a string inside a list or an ad: everything beyond ASCII as octal bytes."""
    quoted = quote(text, mark)
    if quoted.isascii():
        return quoted
    return "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in encode(quoted))


def name_text(name: str, *, canonical: bool = False) -> str:
    """A name, quoted where it must be. HTCondor 25.14 quotes `parent` too, without need."""
    if _IDENTIFIER.match(name) and name.lower() not in RESERVED and not (canonical and name.lower() == "parent"):
        return name
    return quote(name, "'")


def real_text(value: float) -> str:
    """HTCondor's form of a real: `%1.15E`."""
    if math.isnan(value):
        return 'real("NaN")'
    if math.isinf(value):
        return 'real("INF")' if value > 0 else 'real("-INF")'
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    return f"{value:.15E}"


def shortest_real_text(value: float) -> str:
    if not math.isfinite(value):
        return real_text(value)
    text = repr(value)
    return text if "." in text or "e" in text else f"{text}.0"


class _Writer:
    """One run of unparsing. `canonical` is HTCondor's style."""

    def __init__(self, *, canonical: bool, indent: int | None = None) -> None:
        self.canonical = canonical
        self.indent = indent

    def name(self, name: str) -> str:
        return name_text(name, canonical=self.canonical)

    def literal(self, value: Scalar) -> str:
        match value:
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case float():
                return real_text(value) if self.canonical else shortest_real_text(value)
            case str():
                return quote_bytes(value) if self.canonical else quote(value)
            case Undefined():
                return "undefined"
            case Error():
                return "error"
            case AbsoluteTime():
                return f'absTime("{write_absolute(value)}")'
            case RelativeTime():
                return f'relTime("{write_relative(value, fraction=not self.canonical)}")'

    def write(self, node: Expr, lowest: int = _CONDITIONAL) -> str:
        """`lowest` is the weakest binding that may stand here without parentheses."""
        text, level = self.plain(node)
        return f"({text})" if level < lowest and not self.canonical else text

    def plain(self, node: Expr) -> tuple[str, int]:
        """The text and how tightly it binds."""
        match node:
            case Literal():
                return self.literal(node.value), _PRIMARY
            case Reference():
                if isinstance(node.base, Literal):  # "1.x" would be read as a bad number
                    return f"({self.literal(node.base.value)}).{self.name(node.name)}", _PRIMARY
                if node.base is not None:
                    return f"{self.write(node.base, _PRIMARY)}.{self.name(node.name)}", _PRIMARY
                return ("." if node.absolute else "") + self.name(node.name), _PRIMARY
            case Group():
                return f"({self.write(node.inner)})", _PRIMARY
            case Unary():
                blank = " " if self.canonical else ""
                operand = self.write(node.operand, _UNARY)
                if not self.canonical and operand[0] in "+-0123456789.":
                    operand = f" {operand}"  # "-1" would be read as one literal
                return f"{blank}{node.operator}{operand}", _UNARY
            case Binary():
                return self.binary(node)
            case Conditional():
                test, yes, no = self.write(node.test, 1), self.write(node.yes), self.write(node.no)
                return f"{test} ? {yes} : {no}", _CONDITIONAL
            case Index():
                return f"{self.write(node.base, _PRIMARY)}[{self.write(node.index)}]", _PRIMARY
            case Call():
                arguments = (",", ", ")[not self.canonical].join(self.write(a) for a in node.arguments)
                return f"{self.name(node.name)}({arguments})", _PRIMARY
            case ListExpression():
                items = (",", ", ")[not self.canonical].join(self.write(item) for item in node.items)
                return f"{{ {items} }}" if items or self.canonical else "{ }", _PRIMARY
            case ClassAd():
                return self.ad(node), _PRIMARY
            case Held():
                return self.plain(as_expression(node.value))
        raise TypeError(f"{type(node).__name__} is no part of an expression")

    def binary(self, node: Binary) -> tuple[str, int]:
        if node.operator == "?:":
            left, right = self.write(node.left, _PRIMARY), self.write(node.right, _POSTFIX)
            return f"{left} ?: {right}", _ELVIS
        level = LEVELS[node.operator]
        words = {"=?=": "is", "=!=": "isnt"} if self.canonical else {}
        parts: list[str] = []
        left_node: Expr = node
        lowest = level
        # The left side of a long chain is walked in a loop: thousands of terms are no depth. What stands to the left
        # of an operator must bind at least as tightly as that operator, not as the one that the chain began with.
        while isinstance(left_node, Binary) and LEVELS.get(left_node.operator, -1) >= lowest:
            lowest = LEVELS[left_node.operator]
            parts.append(self.write(left_node.right, lowest + 1))
            parts.append(words.get(left_node.operator, left_node.operator))
            left_node = left_node.left
        parts.append(self.write(left_node, lowest))
        return " ".join(reversed(parts)), level

    def ad(self, node: ClassAd) -> str:
        items = list(node.items())
        if self.canonical:
            items.sort(key=lambda item: (len(item[0]), item[0].lower()))
        if self.indent is None:
            inside = "; ".join(f"{self.name(name)} = {self.write(value)}" for name, value in items)
            return f"[ {inside} ]" if inside or self.canonical else "[ ]"
        if not items:
            return "[ ]"
        self.indent += 1
        blanks = "    " * self.indent
        lines = [f"{blanks}{self.name(name)} = {self.write(value)};\n" for name, value in items]
        self.indent -= 1
        return "[\n" + "".join(lines) + "    " * self.indent + "]"


def unparse(node: Expr, *, multiline: bool = False) -> str:
    """The text of an expression or ad; reading it gives an expression of the same meaning."""
    return with_fresh_stack(lambda: _Writer(canonical=False, indent=0 if multiline else None).write(node))


def as_text(value: Value) -> str:
    """A value as the language writes it."""
    return unparse(to_expression(value))


def canonical(node: Expr) -> str:
    """The text that HTCondor 25.14 prints; the attributes of an ad by length of name, then by name."""
    return with_fresh_stack(lambda: _Writer(canonical=True).write(node))


def pretty(node: Expr) -> str:
    """The text that HTCondor's unparse() function gives: ads and lists on lines of their own."""
    return with_fresh_stack(lambda: _PrettyWriter(canonical=True).write(node))


class _PrettyWriter(_Writer):
    """HTCondor's pretty printer: an ad indents by 4 and 4 more, a list by 3 and 3 more."""

    def __init__(self, *, canonical: bool) -> None:
        super().__init__(canonical=canonical)
        self.column = 0

    def block(self, step: int, opening: str, closing: str, items: list[tuple[str, Expr]], between: str) -> str:
        self.column += step
        start = "\n" + " " * self.column + opening
        self.column += step
        lines = ["\n" + " " * self.column + prefix + self.write(item) for prefix, item in items]
        self.column -= step
        end = "\n" + " " * self.column + closing
        self.column -= step
        return start + between.join(lines) + end

    def plain(self, node: Expr) -> tuple[str, int]:
        if isinstance(node, ListExpression):
            return self.block(3, "{", "}", [("", item) for item in node.items], ","), _PRIMARY
        return super().plain(node)

    def ad(self, node: ClassAd) -> str:
        items = sorted(node.items(), key=lambda item: (len(item[0]), item[0].lower()))
        named = [(f"{self.name(name)} = ", value) for name, value in items]
        return self.block(4, "[", "]", named, "; ")
