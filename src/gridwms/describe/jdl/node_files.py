"""Input files that a node has from its parent or from another node (gLite reference §1.6).

Users write `root.InputSandbox[2]` and `root.Nodes.first.Description.OutputSandbox[0]`. In the text of a node these are
made strings, so that nodes which differ in them only are still alike. In what is stored they are `root:/2/name` and
`node:/first/name`, which say all that is needed; nobody but the service may write those.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from gridwms.describe.description import SandboxFile

_WRITTEN = re.compile(
    r"\broot[ \t]*\.[ \t]*(?:InputSandbox"
    r"|Nodes[ \t]*\.[ \t]*(?P<node>\w+|'(?:[^'\\]|\\.)+')[ \t]*\.[ \t]*Description[ \t]*\.[ \t]*OutputSandbox)"
    r"[ \t]*\[[ \t]*(?P<index>\d{1,9})[ \t]*\]",
    re.IGNORECASE,
)
_SIGN = "\x1a"
"""Begins such a string; as a control character it is in no name that a user can give."""

_STORED = re.compile(r"(?:root:/(\d+)|node:/([^/]+))/(.+)", re.DOTALL)


class Pointer(NamedTuple):
    """Item `item` of the parent's InputSandbox, or of the OutputSandbox of `node`."""

    item: int
    node: str = ""


def as_strings(code: str) -> str:
    """A piece of text outside of strings and comments, with references as strings of the same length."""
    return _WRITTEN.sub(_string, code) if "root" in code.lower() else code


def pointer(item: str) -> Pointer | None:
    """What such a string points to; None for any other string."""
    if not item.startswith(_SIGN):
        return None
    index, _, node = item[1:].partition("/")
    return Pointer(int(index), node)


def pointer_text(index: int) -> str:
    """The string that points to an item of the parent's InputSandbox."""
    return f"{_SIGN}{index}/"


def shared_text(number: int, name: str) -> str:
    """The stored form of a file of the parent."""
    return f"root:/{number}/{quote(name, safe='')}"


def output_text(node: str, output: str) -> str:
    """The stored form of an output file of a node."""
    return f"node:/{quote(node, safe='')}/{quote(output)}"


def read_reference(item: str, target: str) -> SandboxFile | None:
    """The file that a stored form means; None for anything else. `target`: the name it gets, if not its own."""
    found = _STORED.fullmatch(item)
    if found is None:
        return None
    rest = unquote(found[3])
    name = target or rest.rsplit("/", 1)[-1]
    if found[1] is not None:
        return SandboxFile(name=name, shared=int(found[1]))
    return SandboxFile(name=name, node=unquote(found[2]), output=rest)


def is_stored_form(item: str) -> bool:
    """Whether it is written as only the service may write."""
    return _STORED.fullmatch(item) is not None


def _string(found: re.Match[str]) -> str:
    node = (found["node"] or "").strip("'")
    return f'"{_SIGN}{found["index"]}/{node}"'.ljust(len(found[0]))
