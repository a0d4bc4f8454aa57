"""The client's part of InputSandbox: globs, `~` and `$NAME` in local paths, and whether the files are there.

Pure: what the file system says comes in as a `Files`. The client sends the expanded text to the service, which checks
it again, and after it the files. Only the items that change are replaced in the text, so that the lines the service
speaks of are those of the user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, parse_ad_tolerant, quote, unparse
from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl.attributes import ATTRIBUTES
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.inputs import Trouble, is_url, read_inputs
from gridwms.describe.jdl.names import escape, has_wildcard, leaf, literal
from gridwms.describe.jdl.text import decode, has_too_many_tokens
from gridwms.describe.jdl.values import read_value
from gridwms.describe.problem import Problem, Severity


class FileKind(StrEnum):
    """What a path leads to, symbolic links followed; the text is the end of an error message."""

    REGULAR = "is a regular file"
    DIRECTORY = "is a directory"
    DEVICE = "is a device"
    SOCKET = "is a socket or a named pipe"
    MISSING = "does not exist"
    DANGLING = "is a symbolic link to something that does not exist"
    UNREADABLE = "cannot be read by you"


class Files(Protocol):
    """The user's file system."""

    def glob(self, pattern: str) -> Sequence[str]:
        """The paths that match a shell pattern, in order of name; relative ones stay relative."""

    def kind(self, path: str) -> FileKind:
        """What the path leads to."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """`text`: the text to send. `uploads`: the local files, by name on the worker node and path. `problems`: errors."""

    text: bytes
    uploads: tuple[SandboxFile, ...] = ()
    problems: tuple[Problem, ...] = ()


_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', re.DOTALL)
"""A string as it is written; neighbours make one."""


def expand_inputs(text: bytes, files: Files, *, environment: Mapping[str, str], home: str) -> Expansion:
    """Expand and check the local items of InputSandbox; everything else, syntax included, is left to the service."""
    defaults = JdlDefaults()
    decoded, unreadable = decode(text, defaults.max_bytes)
    if unreadable or has_too_many_tokens(decoded, defaults.max_tokens):
        return Expansion(text)
    try:
        ad, wrong = parse_ad_tolerant(decoded, jdl=True)
    except RecursionError:
        return Expansion(text)
    draft = _draft(ad)
    given = draft.texts("InputSandbox")
    if wrong or not given or not draft.good("InputSandbox"):
        return Expansion(text)
    base = draft.text("InputSandboxBaseURI")
    based = bool(base) and not base.lower().startswith("file:")
    items: list[list[str]] = []
    for index, item in enumerate(given):
        try:
            items.append(_expand(item, based, files, environment, home))
        except Trouble as trouble:
            message, accepted = f"{shown(item)} {trouble.message}", trouble.accepted
            draft.error(trouble.code, "InputSandbox", message, found=item, accepted=accepted, item=index)
    if draft.refused:
        return Expansion(text, problems=tuple(draft.problems))
    flat = tuple(item for several in items for item in several)
    if flat != given:
        ad = ad.with_({"InputSandbox": flat})
        text = _replace(decoded, draft.ad["InputSandbox"], given, items) or unparse(ad, multiline=True).encode()
    uploads = tuple(file for file in read_inputs(_draft(ad))[0] if file.local)
    if not draft.given("InputSandboxDestFileName"):
        _check_names(draft, items)
    _check_files(draft, uploads, files)
    return Expansion(text, uploads, tuple(p for p in draft.problems if p.severity is Severity.ERROR))


def _replace(text: str, sandbox: Expr, given: Sequence[str], items: Sequence[Sequence[str]]) -> bytes:
    """The text with the strings that changed replaced; nothing when one of them is not written as a plain string."""
    nodes = sandbox.items if isinstance(sandbox, ListExpression) else (sandbox,)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for node, old, new in reversed(list(zip(nodes, given, items, strict=True))):
        if list(new) == [old]:
            continue
        offset = starts[node.line - 1] + node.column - 1
        written = _STRINGS.match(text, offset)
        if not written or not isinstance(node, Literal):
            return b""
        strings = ", ".join(quote(item) for item in new)
        if not isinstance(sandbox, ListExpression):
            strings = f"{{ {strings} }}"
        text = text[:offset] + strings + text[written.end() :]
    return text.encode()


def _draft(ad: ClassAd) -> Draft:
    draft = Draft(ad=ad, defaults=JdlDefaults(), now=0.0)
    for name in ("InputSandbox", "InputSandboxDestFileName", "InputSandboxBaseURI"):
        if name in ad:
            read_value(draft, ATTRIBUTES[name.lower()])
    return draft


def _expand(item: str, based: bool, files: Files, environment: Mapping[str, str], home: str) -> list[str]:
    """The items that one item stands for. Raises Trouble."""
    if not item or is_url(item) or (based and not item.startswith(("/", "~", "$"))):
        return [item]
    path = _leading(item, environment, home)
    if not has_wildcard(path):
        return [path]
    matching = [name for name in files.glob(path) if files.kind(name) is not FileKind.DIRECTORY]
    if not matching:
        raise Trouble("missing_file", "matches no file", "a pattern that matches files, or their names")
    return [escape(name) for name in matching]


def _leading(item: str, environment: Mapping[str, str], home: str) -> str:
    """`~/x`, `$NAME/x` and `${NAME}/x` with the value put in; only in front, as the gLite client does."""
    if item == "~" or item.startswith("~/"):
        return escape(home) + item[1:]
    variable = _VARIABLE.match(item)
    if not variable:
        return item
    name = variable[1] or variable[2]
    if name not in environment:
        raise Trouble(
            "unset_variable",
            f"begins with the variable {name}, which is not set",
            f"a variable that is set, or './{item}' for a file of that name",
        )
    return escape(environment[name]) + item[variable.end() :]


def _check_names(draft: Draft, items: Sequence[Sequence[str]]) -> None:
    """Two paths that end in the same name, wherever they come from."""
    first: dict[str, str] = {}
    for index, item in ((index, item) for index, several in enumerate(items) for item in several):
        if not item or is_url(item):
            continue
        name, path = leaf(literal(item)), literal(item)
        if name in first:
            message = f"{shown(path)} and {shown(first[name])} would both be called {shown(name)} on the worker node"
            accepted = "different names; InputSandboxDestFileName can give them"
            draft.error("duplicate", "InputSandbox", message, found=path, accepted=accepted, item=index)
        first.setdefault(name, path)


def _check_files(draft: Draft, uploads: tuple[SandboxFile, ...], files: Files) -> None:
    items = draft.texts("InputSandbox")
    for file in uploads:
        kind = files.kind(file.local)
        if kind is FileKind.REGULAR:
            continue
        index = next((i for i, item in enumerate(items) if literal(item) == file.local), None)
        draft.error(
            "missing_file" if kind in (FileKind.MISSING, FileKind.DANGLING) else "not_a_file",
            "InputSandbox",
            f"{shown(file.local)} {kind.value}",
            found=file.local,
            accepted="regular files that you can read (pack a directory into an archive)"
            if kind is FileKind.DIRECTORY
            else "regular files that you can read",
            item=index,
        )
