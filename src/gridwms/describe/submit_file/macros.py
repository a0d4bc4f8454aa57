"""Macros of submit files: `$(name)`, `$(name:default)`. Expansion is bounded in depth and size."""

from __future__ import annotations

import re

MOST_DEEP = 50
MOST_CHARACTERS = 200_000
MOST_EXPANSIONS = 5_000

_MACRO = re.compile(r"\$(\$?)([A-Z_a-z]*)\(([^()]*)\)")
_NAME = re.compile(r"[A-Za-z_][\w.]*")

COUNTED = ("process", "procid", "step", "row", "itemindex", "node")
"""Macros that count the jobs of a file."""

FIRST = {**dict.fromkeys(COUNTED, "0"), "dollar": "$"}
"""Macros with the values that the first job of a file has."""

CLUSTER = ("cluster", "clusterid")
"""The number of the submission, which nobody knows before."""


class MacroTrouble(Exception):
    """A macro cannot be expanded; the text says why."""


class Macros:
    """The definitions of a file, and which of them were used."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.used: set[str] = set()
        self.missing: set[str] = set()
        self.left = MOST_EXPANSIONS
        self.given: dict[str, str] = {}
        """What a queue statement sets; it wins."""

    def define(self, name: str, value: str) -> None:
        """Set a macro. A reference to its own earlier value is replaced at once, as HTCondor does."""
        folded = name.lower()
        before = self.values.get(folded, "")

        def own(match: re.Match[str]) -> str:
            word = match[3].partition(":")[0].strip().lower()
            return before if not match[1] and not match[2] and word == folded else match[0]

        grown = _MACRO.sub(own, value)
        if len(grown) > MOST_CHARACTERS:
            raise MacroTrouble(f"it grows to more than {MOST_CHARACTERS:,} characters")
        self.values[folded] = grown

    def expand(self, text: str) -> str:
        """The text with all macros replaced. Raises MacroTrouble."""
        return self._expand(text, ())

    def _expand(self, text: str, trail: tuple[str, ...]) -> str:
        if "$" not in text:
            return text
        if len(trail) > MOST_DEEP:
            raise MacroTrouble(f"macros refer to each other more than {MOST_DEEP} deep")
        pieces: list[str] = []
        end = size = 0
        for match in _MACRO.finditer(text):
            pieces.append(text[end : match.start()])
            pieces.append(self._value(match, trail))
            end = match.end()
            size += len(pieces[-1]) + len(pieces[-2])
            if size > MOST_CHARACTERS:
                raise MacroTrouble(f"macros expand to more than {MOST_CHARACTERS:,} characters")
        return "".join(pieces) + text[end:]

    def _value(self, match: re.Match[str], trail: tuple[str, ...]) -> str:
        self.left -= 1
        if self.left < 0:
            raise MacroTrouble(f"there are more than {MOST_EXPANSIONS:,} macros to replace")
        if match[1]:
            raise MacroTrouble(f"{match[0][:60]} takes its value from the machine that is found, which is not served")
        if match[2]:
            raise MacroTrouble(f"the function {match[0][:60]} is not served; write its value")
        name, colon, default = match[3].partition(":")
        name = name.strip()
        if not _NAME.fullmatch(name):
            raise MacroTrouble(f"{match[0][:60]} names no macro")
        folded = name.lower()
        if folded in trail:
            raise MacroTrouble(f"the macro {name} refers to itself: {' -> '.join((*trail, folded))[:200]}")
        self.used.add(folded)
        if folded in self.given:
            return self.given[folded]
        if folded in self.values:
            return self._expand(self.values[folded], (*trail, folded))
        if folded in FIRST:
            return FIRST[folded]
        if folded in CLUSTER:
            return "0"
        if not colon:
            self.missing.add(name)
        return default


def protect(text: str) -> str:
    """The text with every `$` written so that expansion gives it back."""
    return text.replace("$", "$(DOLLAR)")
