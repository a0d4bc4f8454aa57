"""Waking coroutines when the store has news, however many wait, with one call a burst."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from gridwms.flow.signal import Signal


class News:
    """Between a Signal that any thread sets and the coroutines of one event loop."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self._waiting: asyncio.Event | None = None
        self._announced = False
        self._unsubscribe: Callable[[], None] | None = None
        self.closed = False

    @property
    def count(self) -> int:
        """Changes with each piece of news."""
        return self._signal.count

    def open(self) -> None:
        """Begin to listen; to be called in the event loop."""
        loop = asyncio.get_running_loop()
        self._waiting = asyncio.Event()

        def tell() -> None:
            if not self._announced:
                self._announced = True
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._wake)

        self._unsubscribe = self._signal.subscribe(tell)
        self._tell = tell

    def close(self) -> None:
        """Let all who wait go, and those who come. From any thread, also more than once."""
        self.closed = True
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self._announced = False
            self._tell()

    async def wait(self, seen: int, seconds: float) -> None:
        """Return when the count differs from `seen`, after `seconds`, or when it is all over."""
        if self.closed or self._waiting is None or self._signal.count != seen:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.wait(), seconds)

    def _wake(self) -> None:
        self._announced = False
        if self._waiting is not None:
            self._waiting.set()
            self._waiting = asyncio.Event()
