"""What was measured of computing elements, for `successFraction` and `measuredResponseTime` in Requirements and Rank.

Both are gLite's functions (reference §1.7); there the first asked the L&B server at every evaluation, and the second
was never loaded. Here they read figures that are counted anew every minute from what is stored.
"""

from __future__ import annotations

from gridwms.flow.world import World
from gridwms.store import statistics
from gridwms.store.statistics import Place

_SUCCESS_SECONDS, _RESPONSE_SECONDS = 300.0, 86400.0


class Measures:
    """The figures of the last count; nothing is known before the first."""

    def __init__(self) -> None:
        self._success: dict[str, float] = {}
        self._response: dict[str, float] = {}

    def success_fraction(self, ce: str) -> float:
        """Attempts that ended well among those that ended in the last 300 s; 1 where none did."""
        return self._success.get(ce, 1.0)

    def response_time(self, ce: str, _mode: str, _seconds: int) -> float | None:
        """Mean seconds from submission to running over the last day; None where nothing ran."""
        return self._response.get(ce)

    def count(self, world: World) -> None:
        """Count anew."""
        lately, day = _of_last(world, _SUCCESS_SECONDS), _of_last(world, _RESPONSE_SECONDS)
        self._success = {place.destination: share for place in lately if (share := _share(place)) is not None}
        self._response = {
            place.destination: place.took[statistics.UNTIL_RUNNING].mean
            for place in day
            if statistics.UNTIL_RUNNING in place.took
        }


def _of_last(world: World, seconds: float) -> list[Place]:
    now = world.clock()
    return world.database.read(lambda connection: statistics.of_ours(connection, now - seconds, now))


def _share(place: Place) -> float | None:
    good, bad = place.entered[statistics.DONE_OK], place.entered[statistics.DONE_FAILED]
    return good / (good + bad) if good + bad else None
