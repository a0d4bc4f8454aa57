"""A thread that does one thing again and again, when woken or when time has passed, and outlives its faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from gridwms.flow.signal import Signal
from gridwms.store.database import StoreUnavailable

logger = structlog.get_logger(__name__)

_MOST_GATHER = 0.1


class Loop:
    """Calls `work` after each wake-up and at least every `seconds`; `work` returns whether to go on at once.

    `gather`: seconds for which news are left to gather before they are looked at; after work that took longer, as long
    as that, but for a tenth of a second at most: where much goes on, little is done often and much seldom.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        seconds: float,
        signal: Signal | None = None,
        gather: float = 0.01,
    ) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._gather = gather
        self._signal = signal or Signal()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end; whether it did within `timeout` seconds."""
        self._stopping = True
        self._signal.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            seen, began = self._signal.count, time.monotonic()
            again: object = False
            try:
                again = self._work()
            except StoreUnavailable as error:
                logger.error("store unavailable", loop=self._name, why=str(error))
            except Exception:
                logger.exception("loop failed", loop=self._name)
            if not again:
                took = time.monotonic() - began
                self._signal.wait(seen, self._seconds)
                time.sleep(0.0 if self._stopping else max(self._gather, min(took, _MOST_GATHER)))
