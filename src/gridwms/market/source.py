"""The contract of an information source, and what is known of its health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    def seconds(self) -> float:
        """How often to ask."""

    @property
    def complete(self) -> bool:
        """Whether what its answer does not mention is gone. If not, it stays until it expires: an index often
        forgets a site for a minute."""

    @property
    def notes(self) -> Sequence[str]:
        """What was wrong with parts of the last good answer, as sentences."""

    def fetch(self) -> list[ClassAd]:
        """All resources that it knows now, each with GlueCEUniqueID. Raises SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source is doing. Times in seconds since the epoch; `failures` counts since the last good answer.

    `resources`: how many of its resources are in the market now. `notes`: what was wrong with single ads of the last
    good answer, as sentences.
    """

    source: str
    last_try: float | None = None
    last_good: float | None = None
    failures: int = 0
    error: str = ""
    resources: int = 0
    notes: tuple[str, ...] = ()
