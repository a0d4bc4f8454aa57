"""The tree that YAML, TOML and Python give: values with the place of each, and with numbers as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeAlias

from gridwms.describe.convert.lost import NOWHERE, Place
from gridwms.describe.problem import Problem

Scalar: TypeAlias = str | int | float | bool | datetime | date | time | None

MOST_DEEP = 20
MOST_VALUES = 20_000
MOST_BYTES = 200_000


class Unreadable(Exception):
    """The text is no YAML or TOML that is accepted here; `problem` says why, with its place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Node:
    """A value. `raw`: a scalar as it was written (`1.10`); `key`: where its name stands, when it has one."""

    value: Scalar | tuple[Node, ...] | dict[str, Node]
    place: Place = NOWHERE
    key: Place = NOWHERE
    raw: str = ""

    @property
    def at(self) -> Place:
        """Where to point at: the name, else the value."""
        return self.key if self.key != NOWHERE else self.place

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Names and values of a table."""
        if isinstance(self.value, dict):
            yield from self.value.items()


def kind(node: Node) -> str:
    """What a message calls the value."""
    if isinstance(node.value, dict):
        return "a table"
    if isinstance(node.value, tuple):
        return "a list"
    if node.value is None:
        return "nothing"
    names = {bool: "the truth value", int: "the number", float: "the number", str: "the text"}
    cut = node.raw if len(node.raw) <= 60 else node.raw[:60] + "…"
    return (
        f"{names.get(type(node.value), 'the time')} {cut!r}"
        if isinstance(node.value, str)
        else (f"{names.get(type(node.value), 'the time')} {cut}")
    )
