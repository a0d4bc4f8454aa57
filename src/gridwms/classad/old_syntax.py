"""The old syntax: one `name = expression` a line, an empty line between ads, `#` for comments.

A backslash in a string means itself there, except before a quote that does not end the line.
"""

from __future__ import annotations

import re

from gridwms.classad.ad import ClassAd, Place
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.lexer import tokenize
from gridwms.classad.parser import TOKEN_LIMIT, Parser
from gridwms.classad.text import fold
from gridwms.classad.tree import Expr, Literal
from gridwms.classad.unparse import name_text, unparse

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
"""A quoted name, which is left as it is, or a string."""


def parse_ads_old(text: str, *, compat: bool = True) -> list[ClassAd]:
    """All ads of a text."""
    ads: list[ClassAd] = []
    items: list[tuple[str, Expr]] = []
    places: dict[str, Place] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if stripped:
            name, column, expr = _attribute(line, number, compat=compat)
            items.append((name, expr))
            places[fold(name)] = (number, column)
        elif items:
            ads.append(ClassAd(items, places=places, line=next(iter(places.values()))[0], column=1))
            items, places = [], {}
    if items:
        ads.append(ClassAd(items, places=places, line=next(iter(places.values()))[0], column=1))
    return ads


def parse_ad_old(text: str, *, compat: bool = True) -> ClassAd:
    """The one ad of a text; empty lines in it do not count."""
    merged: list[tuple[str, Expr]] = []
    places: dict[str, Place] = {}
    for ad in parse_ads_old(text, compat=compat):
        merged += ad.items()
        places |= {fold(name): ad.position(name) for name in ad}
    return ClassAd(merged, places=places, line=1, column=1)


def _attribute(line: str, number: int, *, compat: bool) -> tuple[str, int, Expr]:
    tokens = [token._replace(line=number) for token in tokenize(line, old=True, compat=compat, limit=TOKEN_LIMIT)]
    parser = Parser(line, tokens, compat=compat)
    column = tokens[0].column

    def read() -> tuple[str, int, Expr]:
        parser.at = parser.depth = 0
        name = parser.name("of an attribute at the start of the line")
        parser.expect("=", f"after the name {name}")
        expr = parser.expression("after '='")
        parser.expect_end()
        return name, column, expr

    return with_fresh_stack(read)


def unparse_old(ad: ClassAd) -> str:
    """The lines of an ad. A text that a line cannot hold is refused."""
    lines = []
    for name, expr in ad.items():
        text = _old_strings(unparse(expr)) if not isinstance(expr, Literal) else _literal(expr)
        if "\n" in text:
            raise ValueError(f"{name}: a line end cannot be written in the old syntax")
        lines.append(f"{name_text(name)} = {text}\n")
    return "".join(lines)


def _literal(expr: Literal) -> str:
    if not isinstance(expr.value, str):
        return unparse(expr)
    return _quoted(expr.value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _old_strings(text: str) -> str:
    """Rewrite the strings of an expression in the new syntax."""

    def replacement(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith("'") else _quoted(tokenize(match[0])[0].text)

    return _STRING.sub(replacement, text)
