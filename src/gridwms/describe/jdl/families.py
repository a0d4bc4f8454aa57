"""Nodes that are alike: which of them have to be looked at, so that the rest need not be.

Two nodes are alike when their texts differ inside of strings only. What the checks make of a string depends on the
kind of its characters and on which strings of the node are equal; one node of each such pattern stands for all.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gridwms.describe.jdl.node_files import as_strings
from gridwms.describe.jdl.node_text import NodeText, split_strings

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,100}")
_SPECIAL = re.compile(r"[^A-Za-z0-9_\-]")
_NODE_NAME = re.compile(r"\bNodeName\s*=\s*$", re.IGNORECASE)
_WORD = re.compile(r"\w+$"), re.compile(r"^\w+")
_DIGITS = re.compile(r"\d+$"), re.compile(r"^\d+")
_NOTHING = re.compile(r"$^"), re.compile(r"$^")
_NUMBER = re.compile(r"-?\d{1,18}")


@dataclass(slots=True)
class Family:
    """Nodes whose texts are `code[0] "string" code[1] "string" ...`; `strings` as they are written, a row a node."""

    code: tuple[str, ...]
    members: list[int] = field(default_factory=list)
    strings: list[list[str]] = field(default_factory=list)

    @property
    def name_slot(self) -> int | None:
        """Which of the strings is the value of NodeName."""
        return next((at for at, code in enumerate(self.code[:-1]) if _NODE_NAME.search(code)), None)


class Variation(NamedTuple):
    """How one string of a family differs from node to node: `prefix`, something, `suffix`."""

    slot: int
    prefix: str
    suffix: str


def families(text: str, nodes: Sequence[NodeText]) -> list[Family]:
    """All nodes of a text by their families."""
    found: dict[tuple[str, ...], Family] = {}
    for number, node in enumerate(nodes):
        pieces = split_strings(text[node.start : node.end])
        if "root" in text[node.start : node.end].lower():
            pieces = _with_references(pieces)
        code: list[str] = []
        strings: list[str] = []
        for piece in pieces:
            if piece[:1] == '"':
                strings.append(piece[1:-1])
            elif len(code) > len(strings):
                code[-1] += piece
            else:
                code.append(piece)
        family = found.get(tuple(code))
        if family is None:
            family = found[tuple(code)] = Family(tuple(code))
        family.members.append(number)
        family.strings.append(strings)
    return list(found.values())


def _with_references(pieces: list[str]) -> list[str]:
    done: list[str] = []
    for at, piece in enumerate(pieces):
        done += [piece] if at % 2 else split_strings(as_strings(piece))
    return done


def variations(family: Family) -> tuple[list[Variation], list[str] | None]:
    """Which strings differ (NodeName apart), and the one value by which they all do: None when there is no such."""
    name = family.name_slot
    columns = {
        slot: column
        for slot, column in enumerate(zip(*family.strings, strict=True))
        if slot != name and len(set(column)) > 1
    }
    found: list[Variation] = []
    for trimmed in (_WORD, _DIGITS, _NOTHING):
        found = [Variation(slot, *_around(column, *trimmed)) for slot, column in columns.items()]
        values = _middles(columns[found[0].slot], found[0]) if found else []
        if all(_middles(columns[each.slot], each) == values for each in found[1:]):
            return found, values if found else None
    return found, None


def _around(column: Sequence[str], before: re.Pattern[str], after: re.Pattern[str]) -> tuple[str, str]:
    """What all texts begin and end with, without the ends that match the patterns."""
    prefix = before.sub("", _common(column)).rstrip("\\")
    rest = [each[: len(prefix) - 1 : -1] if prefix else each[::-1] for each in column]
    return prefix, after.sub("", _common(rest)[::-1])


def _common(texts: Sequence[str]) -> str:
    least, greatest = min(texts), max(texts)
    same = next((at for at, pair in enumerate(zip(least, greatest, strict=False)) if pair[0] != pair[1]), len(least))
    return least[:same]


def _middles(column: Sequence[str], variation: Variation) -> list[str]:
    first, last = len(variation.prefix), len(variation.suffix)
    return [each[first : len(each) - last] for each in column]


def representatives(family: Family, varying: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rows of the family that stand for all others, each with how many it stands for."""
    if not varying:
        yield 0, len(family.members)
        return
    rows: dict[Hashable, list[int]] = {}
    for row, strings in enumerate(family.strings):
        leaves = [each.rsplit("/", 1)[-1] for each in strings]
        key = (tuple(kind(strings[slot]) for slot in varying), tuple(map(leaves.index, leaves)))
        rows.setdefault(key, []).append(row)
    for alike in rows.values():
        yield alike[0], len(alike)


def kind(text: str) -> Hashable:
    """What the checks can tell of a text: its special characters, and how it begins and ends."""
    if _PLAIN.fullmatch(text):
        return ""
    if not text:
        return None
    begins = "a" if text[0].isalpha() else "0" if text[0].isdigit() else text[0]
    ends = "a" if text[-1].isalnum() else text[-1]
    special = frozenset(_SPECIAL.findall(text))
    return begins, ends, special, len(text) > 100 and len(text), ".." in text, "//" in text, ":/" in text


def number(text: str) -> int | None:
    """The whole number that a value is."""
    return int(text) if _NUMBER.fullmatch(text) else None
