"""How fast a site may be given attempts: so many a minute, spread over it in portions of ten seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

PORTION_SECONDS = 10.0
_MINUTE = 60.0


@dataclass(slots=True)
class Pace:
    """No minute, wherever it begins, has more than `per_minute`; 0: any number.

    In memory: what went before a restart is not known, so the minute before it counts as full, and what was given last
    as given just now.
    """

    per_minute: int
    _given: list[tuple[float, int]] | None = field(default=None, init=False)
    """When how many were given, in the last minute."""

    @property
    def portion(self) -> int:
        """How many go in ten seconds; slow paces have longer portions of one."""
        return max(1, round(self.per_minute * PORTION_SECONDS / _MINUTE))

    @property
    def seconds(self) -> float:
        """How long a portion lasts."""
        return _MINUTE * self.portion / self.per_minute if self.per_minute else 0.0

    def allowed(self, now: float) -> int:
        """How many may go now."""
        recent = self._recent(now)
        latest = sum(count for time, count in recent if time > now - self.seconds)
        return max(0, min(self.portion - latest, self.per_minute - sum(count for _time, count in recent)))

    def give(self, now: float, count: int) -> None:
        """So many go now."""
        if count:
            self._recent(now).append((now, count))

    def later(self, now: float, ahead: int) -> float:
        """When one may go that has so many ahead of it which have to wait."""
        began = next((time for time, _count in self._recent(now) if time > now - self.seconds), now)
        return began + self.seconds * (1 + ahead // self.portion)

    def _recent(self, now: float) -> list[tuple[float, int]]:
        if self._given is None:
            portions = -(-self.per_minute // self.portion)
            self._given = [(now - back * self.seconds, self.portion) for back in reversed(range(portions))]
        # a clock that was set back forgets
        self._given = [one for one in self._given if now - _MINUTE < one[0] <= now]
        return self._given
