"""What was measured of computing elements, for `successFraction` and `measuredResponseTime` in Requirements and Rank.

Both are gLite's functions (reference §1.7); there the first asked the L&B server at every evaluation, and the second
was never loaded. Here they read figures that are kept as events come (`flow/feedback.py`), added up every minute.
"""

from __future__ import annotations

from gridwms.flow.world import World
from gridwms.store import figures
from gridwms.store.figures import HOUR, MINUTE

_SUCCESS_SECONDS, _RESPONSE_SECONDS = 300.0, 86400.0


class Measures:
    """The figures of the last count; nothing is known before the first."""

    def __init__(self) -> None:
        self._success: dict[str, float] = {}
        self._response: dict[str, float] = {}

    def success_fraction(self, ce: str) -> float:
        """Attempts that ended well among those that ended in the last 300 s (whole minutes); 1 where none did."""
        return self._success.get(ce, 1.0)

    def response_time(self, ce: str, _mode: str, _seconds: int) -> float | None:
        """Mean seconds from submission to running over the last day; None where nothing ran."""
        return self._response.get(ce)

    def count(self, world: World) -> None:
        """Take over what is known now."""
        now = world.clock()
        lately, day = world.database.read(
            lambda connection: (
                figures.of_places(connection, MINUTE, now - _SUCCESS_SECONDS - MINUTE),
                figures.of_places(connection, HOUR, now - _RESPONSE_SECONDS),
            )
        )
        ended = {ce: tally.good + tally.bad + tally.other for ce, tally in lately.items()}
        self._success = {ce: lately[ce].good / count for ce, count in ended.items() if count}
        self._response = {ce: tally.response_seconds / tally.started for ce, tally in day.items() if tally.started}
