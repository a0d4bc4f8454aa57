"""When a credential is renewed (gLite reference §7.7): ahead of its end, after a failed try a quarter of the way on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds. `target`: so much is left at the first try. `limit`: from there on it is tried again every `again`.
    `late`: what ended so long ago is not tried any more."""

    target: float
    limit: float
    again: float = 300.0
    late: float = 300.0


PROXY = Pace(target=0.25 * 10 * 3600.0, limit=1800.0 + 300.0)
"""A quarter of the ten hours that one from MyProxy has; no less than what batch systems want, and a clock's error."""


def pace_of_token(seconds: float) -> Pace:
    """Tokens live minutes or days: the same shape over `seconds`, which one lives."""
    return Pace(target=0.25 * seconds, limit=min(300.0, 0.05 * seconds), again=min(60.0, max(5.0, 0.02 * seconds)))


def next_try(ends: float, now: float, pace: Pace) -> float | None:
    """When to try, for what ends at `ends`; None: never again. Asked anew after each try that failed."""
    left = ends - now
    if left < -pace.late:
        return None
    extra = pace.target - pace.limit
    while extra >= 1.0 and left <= pace.limit + extra:
        extra *= 0.25
    if extra < 1.0:
        return now + pace.again
    return ends - pace.limit - extra
