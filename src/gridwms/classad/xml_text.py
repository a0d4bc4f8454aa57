"""Ads as XML, in the form of HTCondor: <c><a n="Name"><i>1</i></a>...</c>."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from gridwms.classad.ad import ClassAd
from gridwms.classad.fresh_stack import with_fresh_stack
from gridwms.classad.parser import parse_eval
from gridwms.classad.syntax_error import ClassAdSyntaxError
from gridwms.classad.text import fold
from gridwms.classad.time_text import literal_time, write_absolute, write_relative
from gridwms.classad.tree import Expr, ListExpression, Literal
from gridwms.classad.unparse import shortest_real_text, unparse
from gridwms.classad.values import ERROR, UNDEFINED, AbsoluteTime, RelativeTime, Undefined


def ads_to_xml(ads: list[ClassAd]) -> str:
    """A whole document."""
    body = "".join(f"{_element(ad)}\n" for ad in ads)
    return f'<?xml version="1.0"?>\n<!-- HTCondor ClassAds -->\n<classads>\n{body}</classads>\n'


def _element(node: Expr) -> str:
    if isinstance(node, ClassAd) and all(map(_fits, node)):
        inside = "".join(f"<a n={quoteattr(name)}>{_element(expr)}</a>" for name, expr in node.items())
        return f"<c>{inside}</c>"
    if isinstance(node, ListExpression):
        return f"<l>{''.join(_element(item) for item in node.items)}</l>"
    if isinstance(node, Literal):
        value = node.value
        if isinstance(value, bool):
            return f'<b v="{"t" if value else "f"}"/>'
        if isinstance(value, int):
            return f"<i>{value}</i>"
        if isinstance(value, float):
            return f"<r>{shortest_real_text(value)}</r>"
        if isinstance(value, str) and _fits(value):
            return f"<s>{escape(value)}</s>"
        if value is UNDEFINED or value is ERROR:
            return "<un/>" if value is UNDEFINED else "<er/>"
        if isinstance(value, AbsoluteTime):
            return f"<at>{write_absolute(value)}</at>"
        if isinstance(value, RelativeTime):
            return f"<rt>{write_relative(value, fraction=True)}</rt>"
    return f"<e>{escape(unparse(node))}</e>"


def _fits(text: str) -> bool:
    """Whether XML can hold a text unchanged."""
    return all(
        character in "\t\n" or " " <= character < "\ud800" or "\ue000" <= character < "\ufffe" for character in text
    )


def ads_from_xml(text: str) -> list[ClassAd]:
    """The ads of a document."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ClassAdSyntaxError(1, 1, "a document type", "plain elements", "a document type is not allowed here")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - see above
    except ElementTree.ParseError as problem:
        line, column = problem.position
        raise ClassAdSyntaxError(line, column + 1, "this", "XML", f"this is no XML: {problem}") from None
    elements = [root] if root.tag == "c" else list(root.iter("c")) if root.tag != "classads" else list(root)
    return with_fresh_stack(lambda: [_ad(element) for element in elements if element.tag == "c"])


def _ad(element: ElementTree.Element) -> ClassAd:
    return ClassAd((_name(a), _tree(a[0])) for a in element if a.tag == "a" and len(a) == 1)


def _name(element: ElementTree.Element) -> str:
    name = element.get("n")
    if not name:
        raise ClassAdSyntaxError(1, 1, "<a> without a name", "<a n=...>")
    return name


def _tree(element: ElementTree.Element) -> Expr:
    text = element.text or ""
    match element.tag:
        case "c":
            return _ad(element)
        case "l":
            return ListExpression(tuple(_tree(item) for item in element))
        case "b":
            return Literal(fold(element.get("v", "f"))[:1] == "t")
        case "s":
            return Literal(text)
        case "un":
            return Literal(UNDEFINED)
        case "er":
            return Literal(ERROR)
        case "i" | "r" | "e":
            return parse_eval(text.strip())
        case "at" | "rt":
            value = literal_time("abstime" if element.tag == "at" else "reltime", text.strip())
            if value is not None and not isinstance(value, Undefined):
                return Literal(value)
    raise ClassAdSyntaxError(1, 1, f"<{element.tag}>{text[:40]}", "a value of a ClassAd")
