"""The client's part of InputSandbox: globs, `~` and `$NAME` in local paths, and whether the files are there.

Pure: what the file system says comes in as a `Files`. The client sends the text of `expanded` to the service, which
checks it again; `uploads` are the files to send after it, in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gridwms.classad import ClassAd, unparse
from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl.attributes import ATTRIBUTES
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.inputs import Trouble, is_url, read_inputs
from gridwms.describe.jdl.names import escape, has_wildcard, literal
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
    """`ad`: the ad with InputSandbox expanded; `uploads`: local files by name on the worker node and path."""

    ad: ClassAd
    uploads: tuple[SandboxFile, ...]
    problems: tuple[Problem, ...]

    @property
    def text(self) -> str:
        """The JDL to send."""
        return unparse(self.ad, multiline=True)


_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def expand_inputs(ad: ClassAd, files: Files, *, environment: Mapping[str, str], home: str) -> Expansion:
    """Expand and check the local items of InputSandbox; every other rule is left to `read_jdl`."""
    draft = _draft(ad)
    given = draft.texts("InputSandbox")
    if not given or not draft.good("InputSandbox"):
        return Expansion(ad, (), ())
    based = bool(draft.text("InputSandboxBaseURI")) and not draft.text("InputSandboxBaseURI").startswith("file:")
    items: list[str] = []
    for index, item in enumerate(given):
        try:
            found = _expand(item, based, files, environment, home)
        except Trouble as trouble:
            draft.error(
                trouble.code,
                "InputSandbox",
                f"{shown(item)} {trouble.message}",
                found=item,
                accepted=trouble.accepted,
                item=index,
            )
            continue
        items += found
    expanded = ad if tuple(items) == given else ad.with_({"InputSandbox": tuple(items)})
    if draft.refused:
        return Expansion(expanded, (), tuple(draft.problems))
    uploads = tuple(file for file in read_inputs(_draft(expanded))[0] if file.local)
    _check_files(draft, uploads, files)
    return Expansion(expanded, uploads, tuple(p for p in draft.problems if p.severity is Severity.ERROR))


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
