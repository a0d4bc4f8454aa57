"""A description in the making: the ad, its values as far as they are good, and the problems found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gridwms.classad import ClassAd, Expr, ListExpression, unparse
from gridwms.describe.jdl.attributes import ATTRIBUTES
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.problem import Problem, Severity

MAX_PROBLEMS = 200
"""A hostile text must not make a hostile answer."""

Place = tuple[int, int]


class Part(StrEnum):
    """What the ad is: a job by itself, the parent of a compound, or one of its nodes."""

    WHOLE = "whole"
    PARENT = "parent"
    NODE = "node"


@dataclass(slots=True)
class Draft:
    """What the checks share. `values`: checked constants by lower-case name; a bad one is left out and is in `bad`."""

    ad: ClassAd
    defaults: JdlDefaults
    now: float
    values: dict[str, object] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    dropped: int = 0
    refused: bool = False
    part: Part = Part.WHOLE
    node: str = ""
    """How messages call the node of a compound that this is."""

    def given(self, name: str) -> bool:
        """Whether the text has the attribute, with a good value or not."""
        return name in self.ad or name.lower() in self.bad

    def good(self, name: str) -> bool:
        """False when the attribute is there with a value that was refused: then nothing can be concluded from it."""
        return name.lower() not in self.bad

    def text(self, name: str) -> str:
        """A string attribute; empty when it is missing."""
        value = self.values.get(name.lower(), "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty when it is missing."""
        value = self.values.get(name.lower(), ())
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> int | None:
        """A whole number, or None when it is missing."""
        value = self.values.get(name.lower())
        return value if isinstance(value, int) else None

    def flag(self, name: str) -> bool:
        """A truth value; false when it is missing."""
        return self.values.get(name.lower()) is True

    def place(self, name: str, item: int | None = None) -> Place:
        """Where the attribute, or one item of its list, is written; else (0, 0), or where the node begins."""
        if name not in self.ad:
            return (self.ad.line, self.ad.column) if self.part is Part.NODE else (0, 0)
        if item is not None:
            expr = self.ad[name]
            if isinstance(expr, ListExpression) and item < len(expr.items) and expr.items[item].line:
                return (expr.items[item].line, expr.items[item].column)
        return self.ad.position(name)

    def spelling(self, name: str) -> str:
        """The name of the attribute as messages show it: as the user wrote it, else as the table does."""
        if name in self.ad:
            return self.ad.spelling(name)
        known = ATTRIBUTES.get(name.lower())
        return known.name if known else name

    def error(
        self,
        code: str,
        name: str,
        message: str,
        *,
        found: str = "",
        accepted: str = "",
        item: int | None = None,
        at: Place | None = None,
    ) -> None:
        """Note an error about an attribute, its item number `item`, or the place `at`; it counts as bad from now on."""
        self._note(Severity.ERROR, code, name, message, found, accepted, at or self.place(name, item))
        self.bad.add(name.lower())
        self.refused = True

    def warning(
        self,
        code: str,
        name: str,
        message: str,
        *,
        found: str = "",
        accepted: str = "",
        item: int | None = None,
        at: Place | None = None,
    ) -> None:
        """Note something that does not refuse the description; arguments as for `error`."""
        self._note(Severity.WARNING, code, name, message, found, accepted, at or self.place(name, item))

    def _note(
        self, severity: Severity, code: str, name: str, message: str, found: str, accepted: str, place: Place
    ) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            self.dropped += 1
            return
        spelling = one_line(self.spelling(name))
        sentence = one_line(f"{f'node {self.node}: ' if self.node else ''}{spelling}: {message}")
        if accepted:
            sentence += f"; accepted: {accepted}"
        self.problems.append(
            Problem(
                severity=severity,
                code=code,
                message=sentence,
                line=place[0],
                column=place[1],
                attribute=spelling,
                found=found.encode("utf-8", "backslashreplace").decode(),
                accepted=accepted,
            )
        )


def shown(value: Expr | str, limit: int = 60) -> str:
    """A value as a message shows it, on one line, cut when long: text in quotes, an expression in JDL's own writing."""
    if isinstance(value, str):
        cut = value[:limit] + ("…" if len(value) > limit else "")
        return f"'{one_line(cut)}'"
    text = " ".join(unparse(value)[: 4 * limit].split())
    return text if len(text) <= limit else text[:limit] + "…"


def one_line(text: str) -> str:
    """The text with everything that cannot be printed on one line written as an escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
