"""How long a request is sent again whose answer was lost. Pure: the clients wait."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from gridwms.client.errors import ServiceUnreachable

_FIRST, _MOST = 0.2, 5.0


@dataclass(slots=True)
class Patience:
    """For one request that may be sent twice. `seconds`: from the first lost answer to giving up.

    `met`: the service has answered before, so one that is not there is starting again. One that was never there is not
    waited for.
    """

    clock: Callable[[], float]
    met: bool = False
    seconds: float = 60.0
    rng: random.Random = field(default_factory=random.Random)
    _end: float | None = None
    _pause: float = _FIRST

    def pause(self, error: ServiceUnreachable) -> float:
        """Seconds to wait before sending again. Raises `error` when that is of no use."""
        now = self.clock()
        if self._end is None:
            if not (error.sent or self.met):
                raise error
            self._end = now + self.seconds
        if now >= self._end:
            raise error
        pause, self._pause = self._pause, min(2 * self._pause, _MOST)
        return pause * self.rng.uniform(0.5, 1.0)
