"""Waking who waits, across threads."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Signal:
    """Wakes who waits for a kind of news. A wake-up is never lost: waiting compares counts."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._callbacks: list[Callable[[], None]] = []

    @property
    def count(self) -> int:
        """How often it was set so far."""
        return self._count

    def set(self) -> None:
        """There is news."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def wait(self, seen: int, timeout: float | None) -> int:
        """Return the count as soon as it differs from `seen`, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, timeout)
            return self._count

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (quick, any thread) at each news; the result ends that."""
        with self._changed:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self._changed:
                self._callbacks.remove(callback)

        return unsubscribe
