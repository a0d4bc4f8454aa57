"""The circuit breaker of a site: one that fails what it is given gets no more for a while, then a few to try.

A site that takes jobs and fails them at once would otherwise draw in all that wait (a "black hole").
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

WINDOW = 20
"""How many attempts that ended are remembered."""
LEAST = 10
"""Below so many nothing is concluded."""
FAILING = 0.8
"""It opens when so many of them failed by the site's fault."""
PAUSE, LONGEST_PAUSE = 300.0, 3600.0
"""Seconds for which it is open; doubled each time that the trial fails."""
TRIAL = 3
"""How many attempts a site gets to show that it is well again."""


class Position(StrEnum):
    """As in the trade: a closed breaker lets all through."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


@dataclass(slots=True)
class Breaker:
    """Kept in memory by each instance: after a restart a site is believed again."""

    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))
    opened_at: float | None = None
    pause: float = PAUSE
    last: str = ""
    """Why the last of those attempts failed."""

    def position(self, now: float) -> Position:
        """Whether attempts may go through."""
        if self.opened_at is None:
            return Position.CLOSED
        return Position.OPEN if now < self.opened_at + self.pause else Position.TRIAL

    def heard(self, well: bool, why: str, now: float) -> None:
        """An attempt ended: well, or by the fault of the site. While it is open, those on their way do not count."""
        position = self.position(now)
        if not well:
            self.last = why
        if position is Position.OPEN:
            return
        if position is Position.TRIAL:
            if well:
                self.opened_at, self.pause = None, PAUSE
                self.outcomes.clear()
            else:
                self.opened_at, self.pause = now, min(2 * self.pause, LONGEST_PAUSE)
            return
        self.outcomes.append(well)
        if len(self.outcomes) >= LEAST and self.outcomes.count(False) >= FAILING * len(self.outcomes):
            self.opened_at = now
            self.outcomes.clear()

    def reset(self) -> None:
        """Believe the site again."""
        self.opened_at, self.pause = None, PAUSE
        self.outcomes.clear()

    def room(self, held: int, now: float) -> int | None:
        """How many attempts more it lets through to a site that holds `held`; None: any number."""
        match self.position(now):
            case Position.CLOSED:
                return None
            case Position.OPEN:
                return 0
        return max(0, TRIAL - held)
