"""Where things stand in a TOML file, which its parser does not tell: the lines of tables and keys."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

_HEADER = re.compile(r"^[ \t]*(\[\[?)[ \t]*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')")
_KEY = re.compile(r"^[ \t]*([A-Za-z0-9_-]+)[ \t]*=")


class Block(NamedTuple):
    """An element of an array of tables: from the line of its header to that behind its last one, counting from 0."""

    start: int
    end: int


def blocks(lines: list[str], name: str, count: int) -> list[Block]:
    """The `[[name]]` blocks of a file that has `count` of them; empty when they are written in another way."""
    placed = _placed(lines)
    ends = [place for place, _name, _array in placed[1:]] + [len(lines)]
    found = [Block(one[0], end) for one, end in zip(placed, ends, strict=bool(placed)) if one[1:] == (name, True)]
    return found if len(found) == count else []


def key_line(lines: list[str], block: Block, key: str) -> int:
    """The line of a key in a block, counting from 1; that of the block when it is not found."""
    for at in range(block.start, block.end):
        match = _KEY.match(lines[at])
        if match and match[1] == key:
            return at + 1
    return block.start + 1


def any_line(lines: list[str], name: str) -> int:
    """The first line, counting from 1, that a key or a table of this name has; 0 when there is none."""
    for at, line in enumerate(lines):
        header, key = _HEADER.match(line), _KEY.match(line)
        if (header and header[2].strip("\"'") == name) or (key and key[1] == name):
            return at + 1
    return 0


def _placed(lines: list[str]) -> list[tuple[int, str, bool]]:
    """The lines that begin a table. One within a text of several lines does not: what stands before it is no whole
    file then."""
    found = []
    suspicious = any(mark in line for line in lines for mark in ('"""', "'''"))
    for at, line in enumerate(lines):
        match = _HEADER.match(line)
        if match is None or (suspicious and not _whole("\n".join(lines[:at]))):
            continue
        found.append((at, match[2].strip("\"'"), match[1] == "[["))
    return found


def _whole(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
