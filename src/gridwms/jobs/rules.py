"""Retry rules as data: which failure, where, leads to which kind of another try.

The first rule that fits decides. Those of the operator come before the ones here, and what none fits goes by the
registry of reasons: never where it would fail again wherever it runs, else shallow before the payload and deep after
(gLite reference §5.8, §7.5).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType

from gridwms.jobs.reasons import KINDS, Reason


class Step(StrEnum):
    """Where an attempt failed."""

    DELIVERY = "delivery"
    """The site did not take it."""
    SITE = "site"
    """The site lost it, or ended it."""
    PREPARATION = "preparation"
    INPUT = "input"
    EXECUTABLE = "executable"
    PROLOGUE = "prologue"
    TOKEN = "token"  # noqa: S105 - no password
    EPILOGUE = "epilogue"
    OUTPUT = "output"


class Then(StrEnum):
    """What a failure leads to."""

    AGAIN = "again"
    """Shallow before the payload started, deep after."""
    SHALLOW = "shallow"
    DEEP = "deep"
    ELSEWHERE = "elsewhere"
    """As `again`, and never more at this site."""
    MORE_MEMORY = "more_memory"
    """As `again`, and more memory is asked for; at the limit it is given up."""
    NEVER = "never"


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        code: step
        for step, codes in (
            (Step.DELIVERY, "site_refused site_silent description_lost"),
            (Step.SITE, "site_lost wrapper_died killed_at_site out_of_memory terminated withdrawn"),
            (Step.PREPARATION, "work_dir hook_failed shell_failed no_transport no_console spread_failed"),
            (Step.INPUT, "input_failed credential_failed"),
            (Step.EXECUTABLE, "executable_missing mpi_missing image_missing image_failed no_container_runtime"),
            (Step.PROLOGUE, "prologue_missing prologue_failed"),
            (Step.TOKEN, "token_refused token_unreachable"),
            (Step.EPILOGUE, "epilogue_missing epilogue_failed"),
            (Step.OUTPUT, "output_failed target_failed"),
        )
        for code in codes.split()
    }
)
"""The step that a reason of the registry tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table: it fits when all that it names does. `site`: a pattern (`*`, `?`). `text`: a regular
    expression, searched for in the sentence of the reason, whatever the case. `steps`, `reasons`: any when empty.
    `payload`: whether it had started.

    `factor`, `most_mb`: for more memory, how much more and how much at most.
    """

    then: Then
    site: str = "*"
    steps: frozenset[Step] = frozenset()
    reasons: frozenset[str] = frozenset()
    text: str = ""
    payload: bool | None = None
    factor: float = 2.0
    most_mb: int = 16384

    def __post_init__(self) -> None:
        unknown = sorted(self.reasons - KINDS.keys())
        if unknown:
            raise ValueError(f"'{unknown[0]}' is not in the registry of reasons")
        try:
            re.compile(self.text)
        except re.error as error:
            raise ValueError(f"the text '{self.text}' is no regular expression: {error}") from error
        if self.steps and self.reasons and not self._codes():
            code = min(self.reasons)
            raise ValueError(f"it never fits: '{code}' is of the step '{STEPS.get(code, 'none')}', and not of its own")

    def _codes(self) -> set[str]:
        return {code for code in self.reasons or KINDS if not self.steps or STEPS.get(code) in self.steps}

    def covers(self, other: Rule) -> bool:
        """Whether it fits wherever the other one does; of patterns of sites and texts only what is sure."""
        plain = not set("*?[") & set(other.site)
        return (
            other._codes() <= self._codes()
            and self.payload in (None, other.payload)
            and self.text in ("", other.text)
            and (self.site in ("*", other.site) or (plain and fnmatchcase(other.site, self.site)))
        )

    def fits(self, site: str, failure: Reason, *, payload: bool) -> bool:
        """Whether this failure of an attempt at `site` is one that the rule is about."""
        return (
            (not self.reasons or failure.code in self.reasons)
            and (not self.steps or STEPS.get(failure.code) in self.steps)
            and (self.payload is None or self.payload == payload)
            and fnmatchcase(site, self.site)
            and (not self.text or re.search(self.text, failure.sentence, re.IGNORECASE) is not None)
        )


DEFAULT_RULES = (
    Rule(
        then=Then.MORE_MEMORY,
        steps=frozenset({Step.SITE}),
        text=r"out[ _-]?of[ _-]?memory|\boom\b|memory (limit|usage|cgroup)|(limit|exceed\w*|more).{0,40}memory"
        r"|memory.{0,40}(limit|exceed)|\b(h_vmem|h_rss)\b",
    ),
)
"""In the words of Slurm, HTCondor, Grid Engine and PBS. All else is as the registry of reasons has it."""


def idle(rules: Sequence[Rule], sites: Collection[str]) -> list[str]:
    """Sentences about those of an operator's rules that never decide; they are counted from 1."""
    found = []
    for number, rule in enumerate(rules, 1):
        before = next((other for other, earlier in enumerate(rules[: number - 1], 1) if earlier.covers(rule)), 0)
        if before:
            found.append(f"[[retry]] number {number} never decides: number {before} fits wherever it does")
        elif not any(fnmatchcase(site, rule.site) for site in sites):
            found.append(f"[[retry]] number {number} never decides: no site is called '{rule.site}'")
    return found
