"""What is wrong with a text, where, in a sentence that a person can act on."""

from __future__ import annotations


class ClassAdSyntaxError(Exception):
    """`found` is the offending text, `expected` what could stand there; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, found: str, expected: str, message: str = "") -> None:
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
        self.message = message or f"found {found}, expected {expected}"
        super().__init__(f"line {line}, column {column}: {self.message}")

    def __reduce__(self) -> tuple[type[ClassAdSyntaxError], tuple[int, int, str, str, str]]:
        return ClassAdSyntaxError, (self.line, self.column, self.found, self.expected, self.message)
