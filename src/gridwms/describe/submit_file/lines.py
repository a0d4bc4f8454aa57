"""The statements of a submit file: logical lines, with continuations, comments and here-documents worked in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from gridwms.describe.convert.lost import Place
from gridwms.describe.convert.reading import error
from gridwms.describe.problem import Problem

_ASSIGNMENT = re.compile(r"(\+?[A-Za-z_][\w.]*)[ \t]*=(.*)", re.DOTALL)
_HERE = re.compile(r"(\+?[A-Za-z_][\w.]*)[ \t]*@=(\w+)\s*")
_WORD = re.compile(r"[A-Za-z_]+")
_CONTROL = frozenset({"if", "elif", "else", "endif", "include", "use"})


class Form(Enum):
    """What a statement is."""

    ASSIGNMENT = auto()
    QUEUE = auto()
    CONTROL = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """One logical line. `name` as written; `place` where it begins, `value_place` where its value does."""

    form: Form
    name: str
    value: str
    place: Place


def statements(text: str) -> Iterator[Statement | Problem]:
    """All statements in order; a Problem for a here-document that never ends."""
    lines = text.replace("\r\n", "\n").split("\n")
    number = 0
    while number < len(lines):
        first, line = number, lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        column = len(line) - len(line.lstrip()) + 1
        here = _HERE.fullmatch(line.strip())
        if here:
            end = next((at for at in range(number, len(lines)) if lines[at].strip() == f"@{here[2]}"), None)
            if end is None:
                yield error(
                    "syntax", here[1], f"the text that begins here never ends with @{here[2]}", (first + 1, column)
                )
                return
            yield Statement(Form.ASSIGNMENT, here[1], "\n".join(lines[number:end]), (first + 1, column))
            number = end + 1
            continue
        parts = [line]
        while parts[-1].rstrip().endswith("\\") and number < len(lines):
            parts[-1] = parts[-1].rstrip()[:-1]
            following = lines[number]
            number += 1
            parts.append("\\" if following.lstrip().startswith("#") else following)
        joined = parts[0] + "".join(part.lstrip() for part in parts[1:] if part != "\\")
        statement = _statement(joined.strip(), (first + 1, column))
        if statement.form is Form.QUEUE and statement.value.count("(") > statement.value.count(")"):
            end = next((at for at in range(number, len(lines)) if lines[at].lstrip().startswith(")")), None)
            if end is None:
                yield error("syntax", "queue", "the list that begins here never ends with )", statement.place)
                return
            items = "\n".join(lines[number:end])
            statement = replace(statement, value=f"{statement.value}\n{items}\n)")
            number = end + 1
        yield statement


def _statement(line: str, place: Place) -> Statement:
    assignment = _ASSIGNMENT.fullmatch(line)
    if assignment:
        return Statement(Form.ASSIGNMENT, assignment[1], assignment[2].strip(), place)
    word = _WORD.match(line)
    name = word[0] if word else ""
    rest = line[len(name) :].strip(" \t:")
    if name.lower() == "queue":
        return Statement(Form.QUEUE, name, rest, place)
    if name.lower() in _CONTROL:
        return Statement(Form.CONTROL, name, rest, place)
    return Statement(Form.UNKNOWN, name or line[:20], rest, place)
