"""Patterns of names: `*` stands for any signs, also none and also slashes; a backslash takes the next sign as it is.

Matched from part to part without going back, so that no pattern and no name can make it slow.
"""

from __future__ import annotations

from typing import NamedTuple


class Pattern(NamedTuple):
    """`parts`: what stands between the stars; a single one: the name itself."""

    parts: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether it fits one name alone."""
        return len(self.parts) == 1

    @property
    def text(self) -> str:
        """As it is written."""
        return "*".join(map(literal, self.parts))

    def fits(self, name: str) -> bool:
        """Whether the whole name is of this form."""
        first, last = self.parts[0], self.parts[-1]
        if len(self.parts) == 1:
            return name == first
        end = len(name) - len(last)
        if end < len(first) or not name.startswith(first) or not name.endswith(last):
            return False
        at = len(first)
        for part in self.parts[1:-1]:
            found = name.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


def read_pattern(text: str) -> Pattern:
    """The pattern that a text writes."""
    parts: list[str] = []
    part: list[str] = []
    signs = iter(text)
    for sign in signs:
        if sign == "*":
            parts.append("".join(part))
            part = []
        else:
            part.append(next(signs, "\\") if sign == "\\" else sign)
    return Pattern((*parts, "".join(part)))


def literal(name: str) -> str:
    """The text of a pattern that fits this name alone."""
    return name.replace("\\", "\\\\").replace("*", "\\*")
