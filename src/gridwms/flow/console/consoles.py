"""All consoles of an instance, within bounds."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.flow.console.console import Console
from gridwms.flow.console.output import LIMIT
from gridwms.flow.errors import NotInState, Overloaded

MOST = 2000
"""Consoles at the same time."""
_BUDGET = 256 * 1024 * 1024
_LEAST = 64 * 1024
_IDLE_SECONDS = 600.0


class Consoles:
    """By the key of the job. Used from one thread alone, that of the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._open: dict[str, Console] = {}

    @property
    def limit(self) -> int:
        """Bytes of output that a console may keep: less when there are many."""
        return max(_LEAST, min(LIMIT, _BUDGET // max(1, len(self._open))))

    def of_attempt(self, key: str, attempt: int) -> Console:
        """For the wrapper of an attempt; an older attempt's console ends. NotInState: a newer one has it."""
        found = self.of_job(key, attempt)
        if found.attempt > attempt:
            raise NotInState(f"Attempt {attempt} of job {key} is closed.", "End: the job goes on elsewhere or is over.")
        return found

    def of_job(self, key: str, attempt: int) -> Console:
        """For those who attach; `attempt`: the job's last. Raises Overloaded."""
        found = self._open.get(key)
        if found is None or found.attempt < attempt:
            self._drop_idle()
            if len(self._open) >= MOST:
                raise Overloaded(f"{MOST} interactive jobs are open already.", "Try again when others have ended.")
            fresh = Console(attempt, self.clock())
            if found is not None:
                fresh.attached, fresh.writer = found.attached, found.writer
                for one in fresh.attached.values():
                    one.positions = dict.fromkeys(one.positions, 0)
                found.bell.ring()
            found = self._open[key] = fresh
        return found

    def _drop_idle(self) -> None:
        now = self.clock()
        for key, one in list(self._open.items()):
            one.forget(now)
            if not one.attached and now - one.heard_at > _IDLE_SECONDS:
                del self._open[key]
