"""The part of XPath that parameter sweeps use: steps by name, `//`, positions, attributes compared with a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gridwms.describe.jsdl.xml_tree import Element

_STEP = re.compile(
    r"(?P<deep>//|/)(?:(?P<prefix>[\w.-]+):)?(?P<name>[\w.-]+|\*)"
    r"(?:\[(?:(?P<position>\d{1,6})|@(?P<attribute>[\w.-]+)\s*=\s*(?P<quote>['\"])(?P<value>[^'\"]*)(?P=quote))\])?"
)
ACCEPTED = "a path such as /JobDefinition/JobDescription/..., //p:Argument[2] or //p:Environment[@name='A']"


class PathTrouble(Exception):
    """The path is none of those that are read here."""


def find(root: Element, path: str, prefixes: Mapping[str, str]) -> list[Element]:
    """The elements that a path leads to. `prefixes`: what stands for a namespace there, to the usual prefix; a name
    whose prefix is not bound is looked for in every namespace. Raises PathTrouble.
    """
    path = path.strip().removesuffix("/text()")
    if not path.startswith("/"):
        path = f"//{path}"
    steps = list(_STEP.finditer(path))
    if not steps or "".join(step[0] for step in steps) != path:
        raise PathTrouble(f"the path {path[:100]!r} is not read here")
    found = [Element("", {}, (0, 0), [root])]
    for step in steps:
        found = [each for place in found for each in _step(place, step, prefixes)]
    return list({id(each): each for each in found}.values())


def _step(place: Element, step: re.Match[str], prefixes: Mapping[str, str]) -> list[Element]:
    places = _within(place) if step["deep"] == "//" else iter([place])
    found = []
    for each in places:
        named = [child for child in each.children if _is_named(child, step, prefixes)]
        if step["position"]:
            at = int(step["position"]) - 1
            named = named[at : at + 1] if at >= 0 else []
        found += named
    return found


def _is_named(element: Element, step: re.Match[str], prefixes: Mapping[str, str]) -> bool:
    if step["name"] not in ("*", element.local):
        return False
    prefix = prefixes.get(step["prefix"] or "", "")
    if prefix and element.name.partition(":")[0] != prefix:
        return False
    return not step["attribute"] or element.attributes.get(step["attribute"]) == step["value"]


def _within(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _within(child)
