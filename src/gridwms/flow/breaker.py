"""The circuit breaker of a computing element: one that fails what it gets rests for a while, then gets a few to try.

An element that takes jobs and fails them at once would otherwise draw in all that wait (a "black hole").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from gridwms.store.standings import Standing

WINDOW = 20.0
"""How many outcomes are remembered; older ones fade."""
TRIAL = 3
"""How many attempts an element gets to show that it is well again."""


class Position(StrEnum):
    """As in the trade: a closed breaker lets all through."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When an element rests, and for how long. Times in seconds.

    `least`: below so many outcomes nothing is concluded. `failing`: the share of failures from which on it rests.
    `pause`: doubled each time that the trial fails, up to `longest_pause`. `share`: of the computing elements in the
    market that may be left alone at once; 0: none ever is. `silent_seconds`: how long a site may give no answer.
    """

    least: int = 10
    failing: float = 0.8
    pause: float = 300.0
    longest_pause: float = 3600.0
    share: float = 0.5
    silent_seconds: float = 60.0


def position(standing: Standing, now: float) -> Position:
    """Whether attempts may go there."""
    if standing.opened_at is None:
        return Position.CLOSED
    return Position.OPEN if now < rests_until(standing) else Position.TRIAL


def rests_until(standing: Standing) -> float:
    """When the trial begins."""
    return (standing.opened_at or 0.0) + standing.pause


def heard(
    standing: Standing, good: int, bad: int, why: str, now: float, settings: BreakerSettings | None = None
) -> Standing:
    """The standing after so many attempts that ended well, and so many by the fault of the place, `why` the last did.

    While it rests, those that were on their way do not count.
    """
    rules = settings or BreakerSettings()
    standing = replace(standing, changed_at=now, why=why if bad else standing.why)
    match position(standing, now):
        case Position.OPEN:
            return standing
        case Position.TRIAL if good and good >= bad:
            return replace(standing, opened_at=None, pause=0.0, good=0.0, bad=0.0)
        case Position.TRIAL:
            return (
                replace(standing, opened_at=now, pause=min(2 * standing.pause, rules.longest_pause))
                if bad
                else standing
            )
    new = min(1.0, WINDOW / (good + bad)) if good + bad else 0.0
    known = standing.good + standing.bad
    kept = min(1.0, max(0.0, WINDOW - good - bad) / known) if known else 0.0
    standing = replace(standing, good=standing.good * kept + good * new, bad=standing.bad * kept + bad * new)
    known = standing.good + standing.bad
    if known >= rules.least and standing.bad >= rules.failing * known:
        return replace(standing, opened_at=now, pause=rules.pause, good=0.0, bad=0.0)
    return standing
