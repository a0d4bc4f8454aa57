"""The contract of an information source, and what is known of its health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gridwms.classad import ClassAd


class SourceError(Exception):
    """The source did not answer, or answered nonsense. The text is a sentence: which source, where, what is wrong."""


class Source(Protocol):
    """Somewhere to ask for resource ads. May block: it is asked in a thread of its own, by one thread at a time."""

    @property
    def name(self) -> str:
        """Unique among the sources."""

    @property
    def kind(self) -> str:
        """What it is: "bdii", "file", "site", ..."""

    @property
    def where(self) -> str:
        """What is asked: a URL, a path; "" when there is no such thing. Never with a secret in it."""

    @property
    def seconds(self) -> float:
        """How often to ask."""

    @property
    def timeout(self) -> float:
        """Seconds that an answer may take; 0: it needs no time worth limiting."""

    @property
    def complete(self) -> bool:
        """Whether what its answer does not mention is gone. If not, it stays until it expires: an index often
        forgets a site for a minute."""

    @property
    def exact(self) -> bool:
        """Whether it is right even when it suddenly tells of much less, or of nothing."""

    @property
    def notes(self) -> Sequence[str]:
        """What was wrong with parts of the last good answer, as sentences."""

    def fetch(self) -> list[ClassAd]:
        """All that it knows now: resources with GlueCEUniqueID, storage elements with GlueSEUniqueID alone.

        What has not changed since the last answer should be the same object. Raises SourceError.
        """


class Condition(StrEnum):
    """How a source is doing, in a word."""

    NEW = "new"
    """It was not asked yet."""
    GOOD = "good"
    FAILING = "failing"
    """Its last answer was none; what it said before is still believed."""
    DEAD = "dead"
    """The same, and nothing is left of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source is doing. Times in seconds since the epoch; `failures` counts since the last good answer.

    `resources`, `storage`: how many entries of it are in the market now; `oldest`: when it told of the one that it has
    been silent about longest; `expires`: when the first of them expires. `took`: seconds that the last answer took.
    `error`: what is wrong now; `last_error` is kept when it answers again. `notes`: what was wrong with single ads of
    the last good answer, as sentences.
    """

    source: str
    kind: str = ""
    where: str = ""
    seconds: float = 0.0
    timeout: float = 0.0
    last_try: float | None = None
    last_good: float | None = None
    took: float | None = None
    failures: int = 0
    error: str = ""
    last_error: str = ""
    last_error_at: float | None = None
    resources: int = 0
    storage: int = 0
    oldest: float | None = None
    expires: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """In a word."""
        if self.last_try is None:
            return Condition.NEW
        if not self.error:
            return Condition.GOOD
        return Condition.FAILING if self.resources or self.storage else Condition.DEAD
