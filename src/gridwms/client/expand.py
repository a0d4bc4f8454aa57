"""Wildcards and leading `$VARIABLES` in InputSandbox: the client replaces them, for only it sees the user's files.

The text is changed in place, inside its lines, so that what the service says about lines stays true.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gridwms.client.errors import LocalFile

_SKIPPED = r'//[^\n]*|\#[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"'
_PART = re.compile(rf"({_SKIPPED})|([{{}};\]])", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_MAGIC = re.compile(r"[*?\[]")


def expand(text: str, directories: Sequence[Path], environment: Mapping[str, str]) -> str:
    """`text` with the local paths of InputSandbox expanded. Relative ones start in the first of `directories` that
    has a match. Raises LocalFile when a wildcard matches nothing, or a variable is not set.
    """
    if not (_MAGIC.search(text) or "$" in text):
        return text
    done, at = [], 0
    for found in re.finditer(rf"{_SKIPPED}|\bInputSandbox\s*=(?!=)\s*", text, re.DOTALL | re.IGNORECASE):
        if found.start() < at or not found[0][0].isalpha():
            continue
        end = _end_of_value(text, found.end())
        done += [text[at : found.end()], _value(text[found.end() : end], directories, environment)]
        at = end
    return "".join([*done, text[at:]])


def input_sandbox(text: str) -> list[str]:
    """The items of InputSandbox, as far as they are written as plain strings."""
    items: list[str] = []
    for found in re.finditer(rf"{_SKIPPED}|\bInputSandbox\s*=(?!=)\s*", text, re.DOTALL | re.IGNORECASE):
        if found[0][0].isalpha():
            value = text[found.end() : _end_of_value(text, found.end())]
            literals = [one[0] for one in re.finditer(_SKIPPED, value, re.DOTALL) if one[0].startswith('"')]
            items += [re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL) for literal in literals]
    return items


def _end_of_value(text: str, start: int) -> int:
    """Where the list or string that begins at `start` ends."""
    depth = 0
    for found in _PART.finditer(text, start):
        match found[2]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth <= 0:
                    return found.end()
            case ";" | "]" if depth == 0:
                return found.start()
    return len(text)


def _value(text: str, directories: Sequence[Path], environment: Mapping[str, str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        literal = found[0]
        if not literal.startswith('"'):
            return literal
        paths = _paths(re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL), directories, environment)
        return literal if paths is None else ", ".join(_quoted(path) for path in paths)

    return re.sub(_SKIPPED, replaced, text, flags=re.DOTALL)


def _paths(item: str, directories: Sequence[Path], environment: Mapping[str, str]) -> list[str] | None:
    """What stands for an item, or None when it stays as it is. Names are escaped: the service expands nothing."""
    path = item.removeprefix("file://")
    if "://" in path:
        return None
    variable = _VARIABLE.match(path)
    if variable:
        name = variable[1] or variable[2]
        if name not in environment:
            raise LocalFile(f"InputSandbox names ${name}, and that variable is not set.", "Set it, or give the path.")
        path = environment[name] + path[variable.end() :]
    if not _MAGIC.search(path):
        return [path] if variable else None
    for directory in directories:
        if (directory / path).exists():
            return [glob.escape(path)]
        matching = [found for found in sorted(glob.glob(path, root_dir=directory)) if (directory / found).is_file()]  # noqa: PTH207 (relative results)
        if matching:
            return [glob.escape(found) for found in matching]
    raise LocalFile(f"No file matches '{item}' of InputSandbox in {directories[0]}.", "Correct the wildcard.")


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
