"""Results for programs: JSON on one line, on many, or lines of names and values (gLite reference §8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from typing import Any


def write(data: Mapping[str, Any], *, json: bool, pretty: bool, spaced: bool = False) -> str:
    """One line of JSON with `json`, on many lines with `pretty` too; with `pretty` alone lines as the original wrote
    them, which are no JSON. `spaced`: blanks inside braces, so that words of the line have the places they had."""
    if not json:
        return "{\n" + _lines(data, 1) + "}\n"
    if pretty:
        return dumps(data, indent=2) + "\n"
    return (_spaced(data) if spaced else dumps(data)) + "\n"


def _spaced(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{dumps(str(name))}: {_spaced(one)}" for name, one in value.items()) + " }"
    return dumps(value)


def _lines(data: Mapping[str, Any], depth: int) -> str:
    text, indent = "", "  " * depth
    for name, value in data.items():
        if isinstance(value, Mapping):
            text += f"{indent}{name}: {{\n{_lines(value, depth + 1)}{indent}}}\n"
        elif isinstance(value, list):
            text += f"{indent}{name}: {' '.join(map(str, value))}\n"
        else:
            text += f"{indent}{name}: {value}\n"
    return text
