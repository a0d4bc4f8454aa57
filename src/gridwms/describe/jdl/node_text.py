"""The nodes of a collection or a DAG as pieces of the text, found by their brackets before anything is parsed.

Nodes by the hundred thousand are mostly alike: whoever has their texts apart needs to parse one of a kind only. What
is left of the text has blanks where the nodes stood, so that every other place in it stays true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from gridwms.describe.jdl.duplicates import opens

_COMMENT = r"//[^\n]*+|/\*(?s:.*?)\*/|(?m:^)[ \t]*+\#[^\n]*+"
_STRING = r'"(?:[^"\\]|\\.|\\\n)*+"'
_PIECE = re.compile(rf'(?:{_COMMENT}|[^\[\]{{}}"/\n\#]++|{_STRING}|[\n/\#])++|[\[\]{{}}"]')
"""Everything between two brackets at once, strings and comments stepped over; or a bracket; or a quote without end."""

_STRING_OR_COMMENT = re.compile(rf"({_STRING}|{_COMMENT})")
_COMMA = re.compile(r"^\s*+,(?!\s*\})")
_TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
"""From the first blank of a row only: else a row without a line end is tried from each of its blanks."""
_NAME = re.compile(r"(?:^|[;\s])(?:([A-Za-z_]\w*+)|'((?:[^'\\]|\\.)*+)')\s*+=\s*+$")
_PAIR = {"]": "[", "}": "{"}


class NodeText(NamedTuple):
    """One node: its name in a DAG ("" in a collection), where that begins, and where its ad begins and ends."""

    name: str
    begin: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lifted:
    """A text without its nodes. `nodes` None: it has none, or they cannot be told by brackets."""

    text: str
    nodes: tuple[NodeText, ...] | None = None

    @property
    def taken(self) -> int:
        """How many characters the ads of the nodes have."""
        return sum(node.end - node.start for node in self.nodes or ())


def lift(text: str) -> Lifted:
    """Take the ads of the nodes out of a text."""
    start = find_value(text, "nodes")
    found = None if start is None else _items(text, start)
    if start is None or found is None:
        return Lifted(text)
    done, at = [], 0
    for node in found:
        between = text[at : node.begin]
        done += [between.replace(",", " ") if at and not node.name else between, blank(text[node.begin : node.end])]
        at = node.end
    rest = text[at:] if not found or found[-1].name else _COMMA.sub(" ", text[at:], count=1)
    return Lifted(_TRAILING.sub("", "".join([*done, rest])), tuple(found))


def padded(text: str, start: int, end: int) -> str:
    """A piece of a text, with so much before it that each of its places is what it is in the whole."""
    newline = text.rfind("\n", 0, start)
    return "\n" * text.count("\n", 0, start) + " " * (start - newline - 1) + text[start:end]


def split_strings(text: str) -> list[str]:
    """The text cut at its strings and comments, which are the odd ones."""
    return _STRING_OR_COMMENT.split(text)


def blank(text: str) -> str:
    """As many lines, and as many columns in the last."""
    return "\n" * text.count("\n") + " " * (len(text) - text.rfind("\n") - 1)


def find_value(text: str, name: str) -> int | None:
    """Where the list or ad begins that is the value of this attribute of the outermost ad."""
    if not re.search(rf"\b{name}\s*=", text, re.IGNORECASE):
        return None
    wanted = re.compile(rf"(?:^|[;\s]){name}\s*=\s*$", re.IGNORECASE)
    depth, outer, before = 0, 1 if opens(text) else 0, ""
    for piece in _PIECE.finditer(text):
        sign = piece[0]
        if sign in ("[", "{"):
            if depth == outer and wanted.search(_plain(before)):
                return piece.start()
            depth += 1
        elif sign in ("]", "}"):
            depth -= 1
        before = sign
    return None


def _items(text: str, start: int) -> list[NodeText] | None:
    """The ads in the list or ad that begins there; None when the brackets do not fit."""
    found: list[NodeText] = []
    stack: list[str] = []
    node = (-1, -1, "")
    before = _PIECE.match(text, start)
    for piece in _PIECE.finditer(text, start):
        sign = piece[0]
        if sign in ("[", "{"):
            stack.append(sign)
            if len(stack) == 2 and sign == "[":
                node = _begin(before, piece.start(), stack[0], first=not found)
                if node[0] < 0:
                    return None
        elif sign in ("]", "}"):
            if stack.pop() != _PAIR[sign]:
                return None
            if len(stack) == 1 and sign == "]":
                found.append(NodeText(node[2], node[0], node[1], piece.end()))
            if not stack:
                return found
        elif sign == '"':
            return None
        before = piece
    return None


def _begin(before: re.Match[str] | None, start: int, around: str, *, first: bool) -> tuple[int, int, str]:
    """Where a node and its ad begin, and its name; the first is -1 when it stands where none can stand."""
    plain = _plain(before[0]) if before else ""
    if not first and ("," if around == "{" else ";") not in plain:
        return -1, start, ""
    if around == "{":
        return start, start, ""
    name = _NAME.search(plain)
    if name is None or before is None:
        return -1, start, ""
    group = 1 if name[1] is not None else 2
    return before.start() + name.start(group) - (group - 1), start, re.sub(r"\\(.)", r"\1", name[group])


def _plain(text: str) -> str:
    """The text with blanks in place of comments and strings, nothing moved."""
    if not any(sign in text for sign in '"/#'):
        return text
    return _STRING_OR_COMMENT.sub(lambda found: " " * len(found[0]), text)
