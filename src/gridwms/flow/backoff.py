"""When to try again what failed before."""

from __future__ import annotations

import random

_FIRST, _MOST = 5.0, 3600.0


def retry_after(failures: int, rng: random.Random) -> float:
    """Seconds until the next try: twice as long each time, up to an hour, with a share of chance, so that what failed
    together is not tried together."""
    longest = min(_MOST, _FIRST * float(2 ** min(failures - 1, 20)))
    return longest * rng.uniform(0.5, 1.0)
