"""What is wrong with a file of rules: every finding with its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """`line`: counts from 1; 0: of the file as a whole."""

    line: int
    sentence: str


class BadRules(Exception):
    """A file cannot be used; all that is wrong with it."""

    def __init__(self, findings: Sequence[Finding], name: str = "") -> None:
        place = f"{name} " if name else ""
        super().__init__("; ".join(f"{place}line {one.line}: {one.sentence}" for one in findings))
        self.findings = tuple(findings)
