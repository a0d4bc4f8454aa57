"""What is wrong with a description, as data: all of it at once, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error refuses the description; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. Lines and columns count from 1; 0 means that it has no place in the text.

    `found`: what stands there; `accepted`: what may stand there; `code`: stable, for programs.
    """

    severity: Severity
    code: str
    message: str
    line: int = 0
    column: int = 0
    attribute: str = ""
    found: str = ""
    accepted: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.severity.value}: {self.message}"
