"""Changes to the text of a policy file that leave all else in it as it is, comments too."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence

from gridwms.rights.lines import blocks

Value = str | bool | Sequence[str]


class CannotEdit(Exception):
    """The file is written in a way in which a single rule cannot be changed by itself."""


def added(text: str, table: str, values: Mapping[str, Value]) -> str:
    """The text with one more `[[table]]` behind all others."""
    before = text if not text or text.endswith("\n") else f"{text}\n"
    lines = [f"{key} = {_written(value)}" for key, value in values.items() if value not in ("", (), [], False)]
    gap = "\n" if before.strip() else ""
    return f"{before}{gap}[[{table}]]\n" + "".join(f"{line}\n" for line in lines)


def without(text: str, table: str, numbers: Sequence[int]) -> str:
    """The text without the `[[table]]` of these numbers, counted from 0. Raises CannotEdit, ValueError."""
    lines = text.split("\n")
    found = blocks(lines, table, len(tomllib.loads(text).get(table, [])))
    if not found:
        raise CannotEdit(f"the file has no [[{table}]] tables of their own")
    gone: set[int] = set()
    for number in numbers:
        block = found[number]
        last = max(at for at in range(block.start, block.end) if at == block.start or _says(lines[at]))
        gone |= set(range(block.start, last + 1))
        if last + 1 < len(lines) and not lines[last + 1].strip():
            gone.add(last + 1)
    return "\n".join(line for at, line in enumerate(lines) if at not in gone)


def _says(line: str) -> bool:
    """Whether a line belongs to the table above it: a comment may be about the one that follows."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    return "[" + ", ".join(map(_text, value)) + "]"


def _text(value: str) -> str:
    """A basic string of TOML; JSON's escapes are TOML's, but for the sign DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
