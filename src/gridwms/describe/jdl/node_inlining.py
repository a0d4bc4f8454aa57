"""Nodes that are files (`[ File = "b.jdl" ]`): their texts put into the text of the parent, by whoever has the files.

A node's text gets lines of its own, so that each line of the whole is a line of one file, with the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gridwms.classad import ClassAdSyntaxError, Literal, parse_expression
from gridwms.describe.inlined import Inlined, Parts, Unreadable
from gridwms.describe.jdl.duplicates import opens
from gridwms.describe.jdl.node_text import lift, split_strings
from gridwms.describe.problem import Problem, Severity

_FILE = re.compile(r"(?:^\[|;)\s*(file\s*=\s*)$", re.IGNORECASE)
_END = re.compile(r"(?:\s|;)+$")


def inline_files(text: str, read: Callable[[str], str]) -> Inlined:
    """Put the files of nodes into their places. `read` gives the text of one, or raises Unreadable."""
    if not re.search(r"\bfile\s*=", text, re.IGNORECASE):
        return Inlined(text)
    done: list[str] = []
    problems: list[Problem] = []
    parts = Parts()
    at = 0
    for node in lift(text).nodes or ():
        found = _file_of(text, node.start, node.end)
        if found is None:
            continue
        start, end, path = found
        try:
            content = read(path)
        except Unreadable as trouble:
            problems.append(_unreadable(text, start, path, str(trouble)))
            continue
        before, after = ("", "") if opens(content) else ("[", "]")
        own = f"{text[at:start]}Description = {before}\n"
        body = _END.sub("", content)
        column = end - text.rfind("\n", 0, end) - 1
        done += [own, body, "\n" + after.rjust(column)]
        parts.own(own)
        parts.file(path, body)
        at = end
    if not done:
        return Inlined(text, problems=tuple(problems))
    done.append(text[at:])
    parts.own("\n" + text[at:])
    return Inlined("".join(done), tuple(parts.found), tuple(problems))


def _file_of(text: str, start: int, end: int) -> tuple[int, int, str] | None:
    """Where a node says `File = "path"`, and the path; None when it does not."""
    code = ""
    for number, piece in enumerate(split_strings(text[start:end])):
        if number % 2 and piece[0] == '"':
            found = _FILE.search(code) if code.count("[") - code.count("]") == 1 else None
            path = _string(piece) if found else ""
            if found and path:
                return start + found.start(1), start + len(code) + len(piece), path
        code += piece if number % 2 == 0 else " " * len(piece)
    return None


def _string(piece: str) -> str:
    try:
        read = parse_expression(piece)
    except ClassAdSyntaxError:
        return ""
    return read.value if isinstance(read, Literal) and isinstance(read.value, str) else ""


def _unreadable(text: str, start: int, path: str, why: str) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="node_file",
        message=f"File: '{path}' {why}; accepted: the path of a description",
        line=text.count("\n", 0, start) + 1,
        column=start - text.rfind("\n", 0, start),
        attribute="File",
        found=path,
        accepted="the path of a description",
    )
