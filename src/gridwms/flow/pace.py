"""How fast a site may be given attempts: so many a minute, in portions of ten seconds."""

from __future__ import annotations

from dataclasses import dataclass

PORTION_SECONDS = 10.0


@dataclass(slots=True)
class Pace:
    """In memory: after a restart a site may get one portion at once. `per_minute` 0: any number."""

    per_minute: int
    began: float = 0.0
    """When the current portion began."""
    given: int = 0
    """How many of it were given."""

    @property
    def portion(self) -> int:
        """How many go in ten seconds; slow paces have longer portions of one."""
        return max(1, round(self.per_minute * PORTION_SECONDS / 60))

    @property
    def seconds(self) -> float:
        """How long a portion lasts."""
        return 60.0 * self.portion / self.per_minute if self.per_minute else 0.0

    def allowed(self, now: float) -> int:
        """How many may go now."""
        if now >= self.began + self.seconds or now < self.began:
            self.began, self.given = now, 0
        return max(0, self.portion - self.given)

    def later(self, ahead: int) -> float:
        """When one may go that has so many ahead of it which have to wait."""
        return self.began + self.seconds * (1 + ahead // self.portion)
