"""Elements to XML text, and which texts XML can hold at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gridwms.describe.jsdl.namespaces import PREFIXES

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
_IN_TEXT = re.compile("[&<>\r]")
_IN_ATTRIBUTE = re.compile('[&<>"\n\t\r]')


@dataclass(slots=True)
class Node:
    """An element to be written: with text, or with elements in it."""

    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def add(self, name: str, text: str = "", /, **attributes: str) -> Node:
        """Append an element; returns it."""
        child = Node(name, text, attributes)
        self.children.append(child)
        return child


def can_hold(text: str) -> bool:
    """Whether XML 1.0 has all characters of the text (it lacks most control characters, even as numbers)."""
    return _FORBIDDEN.search(text) is None


def is_plain(text: str) -> bool:
    """Whether the text survives where XML readers collapse blanks: it is not empty and has none to collapse."""
    return bool(text) and can_hold(text) and text == re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def is_exact(text: str) -> bool:
    """Whether the text survives where readers turn tabs and line breaks into blanks."""
    return can_hold(text) and re.search(r"[\t\r\n]", text) is None


def document(root: Node) -> str:
    """The whole document, indented; namespaces are declared at the root."""
    used = {node.name.split(":", 1)[0] for node in _all(root)}
    declared = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in PREFIXES.items() if prefix in used)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_lines(root, 0, declared))


def _all(node: Node) -> Iterable[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _lines(node: Node, depth: int, declared: str = "") -> Iterable[str]:
    pad = "  " * depth
    attributes = "".join(f' {name}="{_escape(_IN_ATTRIBUTE, value)}"' for name, value in node.attributes.items())
    head = f"{node.name}{declared}{attributes}"
    if node.children:
        yield f"{pad}<{head}>\n"
        for child in node.children:
            yield from _lines(child, depth + 1)
        yield f"{pad}</{node.name}>\n"
    elif node.text:
        yield f"{pad}<{head}>{_escape(_IN_TEXT, node.text)}</{node.name}>\n"
    else:
        yield f"{pad}<{head}/>\n"


def _escape(signs: re.Pattern[str], text: str) -> str:
    return signs.sub(lambda match: _ESCAPES[match[0]], text)
