"""Event streams to any number of listeners, whatever they are sent by: what came, that it was all, a sign of life."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Collection

from anyio import to_thread

from gridwms.flow.signal import Signal
from gridwms.flow.tail import Part, Tail
from gridwms.jobs.interest import Interest

SIGN_OF_LIFE = 15.0
"""Seconds of silence after which a listener is told that the connection lives."""


class Streams:
    """The tail of the log, for the coroutines of one event loop. Only those are woken for whom there is something."""

    def __init__(self, tail: Tail, access: Signal | None = None) -> None:
        """`access`: with each of its news all listeners are told something, so that it is looked whether they may."""
        self._tail = tail
        self._access = access or Signal()
        self._waiting: dict[Interest, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: list[Callable[[], None]] = []
        self.closed = False

    def open(self) -> None:
        """Begin; in the event loop."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = [self._tail.subscribe(self._heard), self._access.subscribe(lambda: self._heard(None))]

    def close(self) -> None:
        """End all streams; from any thread, also more than once."""
        self.closed = True
        leave, self._unsubscribe = self._unsubscribe, []
        for unsubscribe in leave:
            unsubscribe()
        if leave:
            self._heard(None)

    async def follow(self, cursor: int, interest: Interest) -> AsyncGenerator[tuple[Part, bool]]:
        """What comes after `cursor`, part by part, and whether with this all has been told that had not been before.

        After each silence comes a part with nothing in it. Raises StoreUnavailable.
        """
        quiet_since, told_all, access = time.monotonic(), False, self._access.count
        with self._tail.listening(interest):
            while not self.closed:
                waiting = self._waiting.setdefault(interest, asyncio.Event())
                part = await self.look(cursor, interest)
                cursor = part.cursor
                now = time.monotonic()
                caught_up = part.whole and (bool(part.told) or not told_all)
                changed = self._access.count != access
                if part.told or caught_up or changed or now >= quiet_since + SIGN_OF_LIFE:
                    quiet_since, told_all, access = now, part.whole, self._access.count
                    yield part, caught_up
                if part.whole:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(waiting.wait(), quiet_since + SIGN_OF_LIFE - now)

    async def look(self, cursor: int, interest: Interest) -> Part:
        """What came after `cursor`, now. Raises StoreUnavailable."""
        part = self._tail.recent(cursor, interest)
        return await to_thread.run_sync(self._tail.read, cursor, interest) if part is None else part

    def _heard(self, interests: Collection[Interest] | None) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, interests)

    def _wake(self, interests: Collection[Interest] | None) -> None:
        for interest in list(self._waiting) if interests is None else interests:
            waiting = self._waiting.pop(interest, None)
            if waiting is not None:
                waiting.set()
