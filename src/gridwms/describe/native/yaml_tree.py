"""YAML to a tree, hardened: events only, no tags, no aliases, plain words as YAML 1.2 has them (`no` is a text)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from gridwms.describe.convert.lost import NOWHERE, Place
from gridwms.describe.convert.reading import error
from gridwms.describe.native.tree import MOST_DEEP, MOST_VALUES, Node, Scalar, Unreadable

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def parse_yaml(text: str) -> Node:
    """The one document of the text. Raises Unreadable."""
    try:
        return _Composer(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else NOWHERE
        raise Unreadable(error("syntax", "", f"this is no YAML: {wrong.problem or wrong.context}", place)) from None
    except yaml.reader.ReaderError as wrong:
        before = text[: wrong.position] if isinstance(wrong.position, int) else ""
        place = (before.count("\n") + 1, len(before) - before.rfind("\n")) if before else NOWHERE
        raise Unreadable(
            error("encoding", "", f"this is no YAML: {wrong.reason}", place, accepted="printable characters")
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as wrong:
        raise Unreadable(error("syntax", "", f"this is no YAML: {wrong}", NOWHERE)) from None


def resolve(text: str) -> Scalar:
    """The value of a plain word: YAML 1.2, core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


class _Composer:
    """Builds the tree from events, without recursion of the library's own."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.count = 0

    def document(self) -> Node:
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise Unreadable(
                        error("unsupported", "", "a second document begins", _place(event), accepted="one job a file")
                    )
                root = self.node(next(self.events), 1)
        return root if root is not None else Node(None)

    def node(self, event: Any, depth: int) -> Node:
        self.count += 1
        place = _place(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = "anchors and aliases (& and *) are not accepted"
            raise Unreadable(error("unsupported", "", message, place, accepted="values written out, texts in quotes"))
        if getattr(event, "tag", None) not in (None, "!"):
            message = f"the tag {event.tag[:60]} is not accepted"
            raise Unreadable(error("unsupported", "", message, place, accepted="values without tags"))
        if depth > MOST_DEEP or self.count > MOST_VALUES:
            what = f"nested more than {MOST_DEEP} deep" if depth > MOST_DEEP else f"more than {MOST_VALUES:,} values"
            raise Unreadable(error("too_large", "", f"the text has {what}", place))
        if isinstance(event, yaml.ScalarEvent):
            value = resolve(event.value) if event.implicit[0] and not event.style else event.value
            return Node(value, place, raw=event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(tuple(self.items(depth)), place)
        return Node(self.table(depth), place)

    def items(self, depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, depth + 1)

    def table(self, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            name = self.node(event, depth + 1)
            if isinstance(name.value, tuple | dict):
                raise Unreadable(
                    error("wrong_type", "", "a list or a table stands as a name", name.place, accepted="a word")
                )
            if name.raw in found:
                first = found[name.raw].key[0]
                message = f"stands a second time; the first is in line {first}"
                raise Unreadable(error("duplicate", name.raw[:60], message, name.place, accepted="each name once"))
            inner = self.node(next(self.events), depth + 1)
            found[name.raw] = Node(inner.value, inner.place, name.place, inner.raw)
        return found


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1
