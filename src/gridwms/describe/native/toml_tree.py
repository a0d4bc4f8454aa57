"""TOML to a tree: the standard reader for the values, and a second look at the (then valid) text for the places."""

from __future__ import annotations

import re
import tomllib
from typing import Any, TypeAlias

from gridwms.describe.convert.lost import NOWHERE, Place
from gridwms.describe.convert.reading import error
from gridwms.describe.native.tree import MOST_DEEP, MOST_VALUES, Node, Unreadable

Path: TypeAlias = tuple[str | int, ...]

MOST_DOTS = 20
"""In one name: the standard reader's time grows with their square."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_BARE = re.compile(r"[^,\]}\n#]*")
_DOTTED = re.compile(rf"^[^\n#\"'=]*(?:\.[^\n#\"'=.]*){{{MOST_DOTS + 1}}}", re.MULTILINE)
_WHERE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")


def parse_toml(text: str) -> Node:
    """The whole document, a table. Raises Unreadable."""
    text = text.replace("\r\n", "\n")
    deep = _too_deep(text)
    if deep is not None:
        before = text[:deep]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise Unreadable(error("too_large", "", f"nested more than {MOST_DEEP} deep", place))
    try:
        data = tomllib.loads(text)
        places = _Places(text)
    except tomllib.TOMLDecodeError as wrong:
        found = _WHERE.search(str(wrong))
        place = (int(found[1]), int(found[2])) if found and found[1] else (text.count("\n") + 1, 1)
        sentence = _WHERE.sub("", str(wrong)).strip()
        raise Unreadable(error("syntax", "", f"this is no TOML: {sentence}", place)) from None
    except (RecursionError, ValueError) as wrong:
        raise Unreadable(error("syntax", "", f"this is no TOML: {wrong}", NOWHERE)) from None
    return places.node(data, (), (1, 1))


def _too_deep(text: str) -> int | None:
    """Where brackets or dots go too deep for the standard reader; quotes are not looked at, so this is generous."""
    dotted = _DOTTED.search(text)
    if dotted:
        return dotted.start()
    run = re.search(rf"(?:[\[{{][ \t\n]*){{{MOST_DEEP + 1}}}", text)
    return run.start() if run else None


class _Places:
    """Walks through a valid document and notes where each name and item stands, and how it is written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line, self.start, self.counted = 1, 0, 0
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, tuple[Place, str]] = {}
        self.arrays: dict[Path, int] = {}
        self.count = 0
        self.document()

    def place(self) -> Place:
        self.line += self.text.count("\n", self.counted, self.at)
        newest = self.text.rfind("\n", self.counted, self.at)
        self.start = newest + 1 if newest >= 0 else self.start
        self.counted = self.at
        return self.line, self.at - self.start + 1

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def document(self) -> None:
        prefix: Path = ()
        while True:
            self.blank()
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                prefix = self.header()
            else:
                self.assignment(prefix)

    def header(self) -> Path:
        place = self.place()
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        path = self.resolve(self.name())
        self.at += 2 if array else 1
        if array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            self.keys.setdefault(path, place)
            path = (*path, self.arrays[path])
        self.keys.setdefault(path, place)
        return path

    def resolve(self, names: list[str]) -> Path:
        """A name below an array of tables belongs to the table that was begun last."""
        path: Path = ()
        for name in names:
            if path in self.arrays:
                path = (*path, self.arrays[path])
            path = (*path, name)
        return path

    def name(self) -> list[str]:
        names: list[str] = []
        while True:
            found = _KEY.match(self.text, self.at)
            if found is None:
                return names
            self.at = found.end()
            quoted = found[1]
            plain = found[2] if found[2] is not None else found[3]
            names.append(str(tomllib.loads(f'x = "{quoted}"')["x"]) if quoted is not None else plain)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def assignment(self, prefix: Path) -> None:
        place = self.place()
        names = self.name()
        path = (*prefix, *names)
        for end in range(len(prefix) + 1, len(path) + 1):
            self.keys.setdefault(path[:end], place)
        self.blank()
        self.at += 1  # the sign =
        self.blank()
        before = self.at
        self.value(path)
        if self.at == before:  # not understood: rather no places than no end
            self.at = len(self.text)

    def value(self, path: Path) -> None:
        place, start = self.place(), self.at
        if len(self.values) > MOST_VALUES:
            raise Unreadable(error("too_large", "", f"the text has more than {MOST_VALUES:,} values", place))
        sign = self.text[self.at : self.at + 1]
        if sign == "[":
            self.enclosed("]", lambda number: self.value((*path, number)))
        elif sign == "{":
            self.enclosed("}", lambda _: self.assignment(path))
        else:
            found = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            self.at = found.end() if found else self.at + 1
        self.values[path] = (place, self.text[start : self.at].strip() if sign not in "[{" else "")

    def enclosed(self, closing: str, inner: Any) -> None:
        self.at += 1
        number = 0
        while True:
            self.blank()
            if self.at >= len(self.text):
                return
            if self.text[self.at] == closing:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            inner(number)
            number += 1

    def node(self, value: Any, path: Path, place: Place, depth: int = 1) -> Node:
        """The tree of a value of the standard reader."""
        self.count += 1
        key = self.keys.get(path, NOWHERE)
        here, raw = self.values.get(path, (key if key != NOWHERE else place, ""))
        if depth > MOST_DEEP or self.count > MOST_VALUES:
            what = f"nested more than {MOST_DEEP} deep" if depth > MOST_DEEP else f"more than {MOST_VALUES:,} values"
            raise Unreadable(error("too_large", "", f"the text has {what}", here))
        if isinstance(value, dict):
            table = {name: self.node(inner, (*path, name), here, depth + 1) for name, inner in value.items()}
            return Node(table, here, key)
        if isinstance(value, list):
            items = tuple(self.node(inner, (*path, at), here, depth + 1) for at, inner in enumerate(value))
            return Node(items, here, key)
        return Node(value, here, key, value if isinstance(value, str) else raw or str(value))
