"""Going through many rows from the newest to the oldest until a page is full or its time is up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from gridwms.flow.errors import FlowError
from gridwms.store.database import Database

R = TypeVar("R")
OWN, COMPOUNDS, OTHERS = PARTS = ("own", "compounds", "others")
"""The parts of an answer, in their order: our jobs, our compounds, jobs of other systems."""
SECONDS = 2.0
_FIRST_STRETCH, _LARGEST_STRETCH = 2_000, 100_000
_CURSOR = re.compile(rf"({'|'.join(PARTS)})-([0-9]{{1,18}})")


class BadCursor(FlowError):
    """The place to go on from is none that was given out."""

    code = "bad_request"


@dataclass(slots=True)
class Pages:
    """One page in the making: the consumer counts in `held` what it keeps.

    `cursor`: where to go on, "" at the end. `whole`: the page is full, or there is no more; else its time was up.
    """

    database: Database
    limit: int
    after: str = ""
    seconds: float = SECONDS
    held: int = 0
    cursor: str = ""
    whole: bool = True
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds
        if self.after and not _CURSOR.fullmatch(self.after):
            raise BadCursor(f"'{self.after[:50]}' is no place to go on from.", "Use `next` of the page before.")

    def walk(
        self,
        part: str,
        top: int,
        read: Callable[[Connection, int, int, int], list[R]],
        number: Callable[[R], int],
        at_once: int = 1000,
    ) -> Iterator[list[R]]:
        """Rows of a part of the answer, whose highest row number is `top`.

        `read` gives those from a number to below another, at most so many, the highest first.
        """
        high = self._begin(part, top)
        stretch = _FIRST_STRETCH
        while high > 1:
            want = max(1, min(at_once, self.limit - self.held))
            low = max(1, high - stretch)
            rows = self.database.read(lambda connection: read(connection, low, high, want))  # noqa: B023
            if len(rows) == want:
                high = number(rows[-1])
            else:
                high, stretch = low, min(stretch * 4, _LARGEST_STRETCH)
            if rows:
                yield rows
            full = self.held >= self.limit
            if full or time.monotonic() > self._ends:
                self.whole = full
                self.cursor = f"{part}-{high}" if high > 1 or part != OTHERS else ""
                return

    def _begin(self, part: str, top: int) -> int:
        if self.cursor:
            return 0
        known = _CURSOR.fullmatch(self.after)
        if known is None:
            return top + 1
        if known[1] == part:
            return min(top + 1, int(known[2]))
        return 0 if PARTS.index(part) < PARTS.index(known[1]) else top + 1
