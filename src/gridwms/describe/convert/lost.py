"""What a dialect could not carry over: named one by one, so that nothing is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]
"""Line and column, from 1; (0, 0) when it has no place in a text."""

NOWHERE: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class Lost:
    """One thing that the other side does not have, or has with another meaning.

    `what`: as the source calls it. `why`: the rest of the sentence. `place`: where the source says it.
    """

    what: str
    why: str
    place: Place = NOWHERE

    def __str__(self) -> str:
        where = f"line {self.place[0]}, column {self.place[1]}: " if self.place[0] else ""
        return f"{where}{self.what}: {self.why}"
